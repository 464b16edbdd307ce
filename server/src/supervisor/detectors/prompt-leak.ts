import { atbash, reversed, rot13 } from '../decoding/ciphers.ts';
import type { Encoding } from '../decoding/encoding.ts';
import { isLetter } from '../decoding/spacing.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { lazily } from '../lexicon.ts';
import { type NormalText, normalise } from '../normalise.ts';
import { spanOf } from '../number.ts';

const name = detectorName({ id: 'prompt-leak', version: 1 });
export const leak = 'attack.system_prompt_leak';
/** A canary that needs no declaration; what follows it tells one prompt from another. */
const everywhere = 'SEKISHO-CANARY-';
/** Marks that may stand between two letters of a canary, as in `c a n a r y`. */
const widestGap = 3;
const longestTail = 64;
const leastUnits = 8;

/** A canary as it may be written: letters and digits only, in lower case. */
interface Form {
  readonly units: string;
  readonly through?: Encoding;
  /** Letters and digits behind it belong to it. */
  readonly goesOn?: true;
}

function isUnit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || isLetter(text, at);
}

export function compact(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; at++) if (isUnit(text, at)) out += text.charAt(at);
  return out;
}

function formsOf(canary: string, goesOn: boolean): readonly Form[] {
  const plain = compact(normalise(canary).lower);
  const bytes = Buffer.from(canary, 'utf8');
  const forms: readonly Form[] = [
    { units: plain, ...(goesOn ? { goesOn } : {}) },
    { units: reversed(plain), through: 'reversed' },
    { units: rot13(plain), through: 'rot13' },
    { units: atbash(plain), through: 'atbash' },
    { units: bytes.toString('hex'), through: 'hex' },
    ...[0, 1, 2].map((shift): Form => {
      // Bytes before and behind it change the first and last units of their groups of four.
      const written = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
      const whole = Math.floor(((shift + bytes.length) * 8) / 6);
      const inner = written.slice(Math.ceil((shift * 8) / 6), whole);
      return { units: compact(inner.toLowerCase()), through: 'base64' };
    }),
  ];
  return forms.filter(({ units }) => units.length >= leastUnits);
}

/** @returns the end of a form that begins here, or `open` when the text ends before it does */
function readForm(text: string, from: number, form: Form): number | 'open' | undefined {
  let at = from;
  for (let unit = 0; unit < form.units.length; unit++) {
    let gap = 0;
    const widest = unit === 0 ? -1 : widestGap;
    while (at < text.length && gap <= widest && !isUnit(text, at)) {
      at++;
      gap++;
    }
    if (at === text.length) return 'open';
    if (text.charCodeAt(at) !== form.units.charCodeAt(unit)) return undefined;
    at++;
  }
  if (form.goesOn !== true) return at;
  const end = at + longestTail;
  while (at < end && at < text.length && (isUnit(text, at) || text[at] === '-')) at++;
  return at === text.length && at < end ? 'open' : at;
}

/** Forms by their first units. */
function tableOf(canaries: readonly string[]): ReadonlyMap<number, readonly Form[]> {
  const byFirst = new Map<number, Form[]>();
  for (const form of [
    ...formsOf(everywhere, true),
    ...canaries.flatMap((canary) => formsOf(canary, false)),
  ]) {
    const first = form.units.charCodeAt(0);
    byFirst.set(first, [...(byFirst.get(first) ?? []), form]);
  }
  return byFirst;
}

/**
 * Canaries in what a model says: as they are, in other case, spaced out, reversed, exchanged, in
 * hexadecimal or in base64 at any place of its groups.
 * @param canaries beside the one that is known everywhere
 */
export function promptLeak(canaries: readonly string[] = []): Detector {
  const table = lazily(() => tableOf(canaries));
  // No form is longer than two units a byte, as hexadecimal has it.
  const longest = 2 * Math.max(...[everywhere, ...canaries].map((one) => Buffer.byteLength(one)));
  const maxSpan = longest * (widestGap + 1) + longestTail;
  const openAt = (text: string, at: number): boolean =>
    (table().get(text.charCodeAt(at)) ?? []).some((form) => readForm(text, at, form) === 'open');
  const beginsAt = (text: string, at: number): boolean =>
    table()
      .get(text.charCodeAt(at))
      ?.some((form) => leakEnd(text, at, form) !== undefined) === true;
  return {
    id: 'prompt-leak',
    version: 1,
    kinds: [
      {
        kind: leak,
        title: { en: 'Instructions of the model in its answer', ja: 'モデルへの指示の漏えい' },
      },
    ],
    maxSpan,
    anchor: {
      // Asked for every piece of every answer, so only where a form has really begun.
      present({ lower }, from) {
        for (let at = from; at < lower.length; at++) if (beginsAt(lower, at)) return true;
        return false;
      },
      openFrom({ lower }, from) {
        let at = Math.max(from, lower.length - maxSpan);
        while (at < lower.length && !openAt(lower, at)) at++;
        return at;
      },
    } satisfies Anchor,
    detect: (text) => [...leaks(text, table())],
  };
}

function* leaks(
  text: NormalText,
  byFirst: ReadonlyMap<number, readonly Form[]>,
): Generator<Finding> {
  const { lower } = text;
  for (let at = 0; at < lower.length; at++) {
    for (const form of byFirst.get(lower.charCodeAt(at)) ?? []) {
      const end = leakEnd(lower, at, form);
      if (end === undefined) continue;
      const through = form.through === undefined ? {} : { through: form.through };
      yield {
        ...spanOf(text, { start: at, end }),
        kind: leak,
        score: 95,
        detector: name,
        ...through,
      };
      break;
    }
  }
}

/** Where a form ends that is all there; at the end of a text what could go on has ended. */
function leakEnd(lower: string, at: number, form: Form): number | undefined {
  const read = readForm(lower, at, form);
  if (read !== 'open') return read;
  return form.goesOn === true && isWhole(lower, at, form) ? lower.length : undefined;
}

function isWhole(lower: string, at: number, { units }: Form): boolean {
  return readForm(lower, at, { units }) !== 'open';
}
