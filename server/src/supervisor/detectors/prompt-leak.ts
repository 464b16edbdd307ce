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

/** From common to rare, as letters and digits stand in what models say. */
const byFrequency = 'etaoinsrhldcumfpgwybvk0123456789xjqz';
const frequency = (unit: string): number => (byFrequency.indexOf(unit) + 37) % 37;

/** What stands in every form: its rarest unit, of those with half of the form behind it. */
interface Tail {
  readonly unit: string;
  readonly form: Form;
}

function tailOf({ units }: Form): Tail {
  const half = Math.ceil(units.length / 2);
  let rarest = 0;
  for (let at = 1; at < half; at++) {
    if (frequency(units.charAt(at)) > frequency(units.charAt(rarest))) rarest = at;
  }
  return { unit: units.charAt(rarest), form: { units: units.slice(rarest) } };
}

/** Whether the end of some form stands there: nearly never, and the runtime searches fastest. */
function mayHold({ tails }: Table, text: string, from: number): boolean {
  return tails.some(({ unit, form }) => {
    let at = text.indexOf(unit, from);
    for (; at >= 0; at = text.indexOf(unit, at + 1)) {
      if (readForm(text, at, form) !== undefined) return true;
    }
    return false;
  });
}

/** Forms by their first units, and what tells quickly that none begins at a place. */
interface Table {
  readonly byFirst: ReadonlyMap<number, readonly Form[]>;
  /** One for each unit that a form begins with. */
  readonly first: Uint8Array;
  /** One bit for each pair of units that a form begins with. */
  readonly pairs: Uint32Array;
  /** One for each form. */
  readonly tails: readonly Tail[];
}

function pairOf(first: number, second: number): number {
  return ((first << 7) ^ second) & 0x3fff;
}

function tableOf(canaries: readonly string[]): Table {
  const byFirst = new Map<number, Form[]>();
  const first = new Uint8Array(0x10000);
  const pairs = new Uint32Array(0x4000 / 32);
  const forms = [
    ...formsOf(everywhere, true),
    ...canaries.flatMap((canary) => formsOf(canary, false)),
  ];
  for (const form of forms) {
    const unit = form.units.charCodeAt(0);
    byFirst.set(unit, [...(byFirst.get(unit) ?? []), form]);
    first[unit] = 1;
    const pair = pairOf(unit, form.units.charCodeAt(1));
    pairs[pair >>> 5] = (pairs[pair >>> 5] ?? 0) | (1 << (pair & 31));
  }
  return { byFirst, first, pairs, tails: forms.map(tailOf) };
}

/** The first place at or after `from` at which a form may begin; the text's length when nowhere. */
function placeFrom({ first, pairs }: Table, text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (first[unit] === 0) continue;
    let second = at + 1;
    while (second - at <= widestGap + 1 && second < text.length && !isUnit(text, second)) second++;
    if (second === text.length) return at;
    const pair = pairOf(unit, text.charCodeAt(second));
    if (((pairs[pair >>> 5] ?? 0) & (1 << (pair & 31))) !== 0) return at;
  }
  return text.length;
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
    (table().byFirst.get(text.charCodeAt(at)) ?? []).some(
      (form) => readForm(text, at, form) === 'open',
    );
  const beginsAt = (text: string, at: number): boolean =>
    (table().byFirst.get(text.charCodeAt(at)) ?? []).some(
      (form) => leakEnd(text, at, form) !== undefined,
    );
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
        if (!mayHold(table(), lower, from)) return false;
        let at = placeFrom(table(), lower, from);
        for (; at < lower.length; at = placeFrom(table(), lower, at + 1)) {
          if (beginsAt(lower, at)) return true;
        }
        return false;
      },
      openFrom({ lower }, from) {
        let at = placeFrom(table(), lower, Math.max(from, lower.length - maxSpan));
        while (at < lower.length && !openAt(lower, at)) at = placeFrom(table(), lower, at + 1);
        return at;
      },
    } satisfies Anchor,
    detect: (text) => [...leaks(text, table())],
  };
}

function* leaks(text: NormalText, table: Table): Generator<Finding> {
  const { lower } = text;
  let at = placeFrom(table, lower, 0);
  for (; at < lower.length; at = placeFrom(table, lower, at + 1)) {
    for (const form of table.byFirst.get(lower.charCodeAt(at)) ?? []) {
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
