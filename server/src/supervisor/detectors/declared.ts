import { vocabulary, wordAfter, wordBefore } from '../context.ts';
import { hasDigits } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { Reader } from '../names/reader.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';
import type { PolicyDocument } from '#policy';

type Declared = NonNullable<PolicyDocument['identifiers']>[number];

/** Units behind a number that may name it. */
const labelAfter = 20;

/** A number that the institution describes in its rule book: a form, and words before it. */
export function declaredDetector({ kind, title, labels, form, alone }: Declared): Detector {
  const id = `declared-${kind.replaceAll(/[^a-z0-9]+/g, '-')}`;
  const name = detectorName({ id, version: 1 });
  const words = vocabulary(...labels);
  const least = form.split('').filter((unit) => unit === '9').length;
  return {
    id,
    version: 1,
    kinds: [{ kind, title }],
    maxSpan: form.length + labelAfter + 1,
    contest: 'number',
    anchor: {
      present: (text, from) => hasDigits(text, from, least),
      openFrom({ text }, from) {
        const reader = new Reader(text);
        for (
          let at = Math.max(from, text.length - form.length - labelAfter - 1);
          at < text.length;
          at++
        ) {
          reader.rewind();
          const end = formEnd(reader, at, form);
          if (end !== undefined) reader.slice(end, end + labelAfter + 1);
          if (reader.atEnd) return at;
        }
        return text.length;
      },
    },
    detect: (text) => [...numbers(text)],
  };

  function* numbers(text: NormalText): Generator<Finding> {
    const reader = new Reader(text.text);
    for (let start = 0; start + form.length <= reader.text.length; start++) {
      const end = formEnd(reader, start, form);
      if (end === undefined) continue;
      const labelled = wordBefore(text, start, words) ?? wordAfter(text, end, words, labelAfter);
      if (labelled === undefined && !alone) continue;
      const score = labelled === undefined ? 60 : 90;
      yield { ...spanOf(text, { start, end }), kind, score, detector: name };
    }
  }
}

/** Where the form ends that begins here, when it is whole and no letter or digit goes on. */
function formEnd(reader: Reader, start: number, form: string): number | undefined {
  if (isWord(reader.text.charCodeAt(start - 1))) return undefined;
  for (let at = 0; at < form.length; at++) {
    if (!fits(reader.code(start + at), form.charAt(at))) return undefined;
  }
  return isWord(reader.code(start + form.length)) ? undefined : start + form.length;
}

function fits(code: number, wanted: string): boolean {
  if (wanted === '9') return isDigit(code);
  if (wanted === 'A') return isLetter(code);
  return wanted === '*' ? isWord(code) : code === wanted.charCodeAt(0);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isWord(code: number): boolean {
  return isDigit(code) || isLetter(code);
}
