import { asObject } from './json.ts';

/** A chunk that adds text to one choice and says nothing else. */
export interface PlainChunk {
  readonly choice: number;
  readonly text: string;
}

/** Members of a chunk that carry nothing on; whatever else one has is for the schema to read. */
const framing = new Set([
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'obfuscation',
  'choices',
]);

/**
 * Nearly every chunk of a stream is a piece of text, and reading it by the schema would cost more
 * than all else that is done with it. This reads only what it knows whole.
 * @returns undefined for every chunk that is not plainly that: the schema reads it
 */
export function plainChunk(value: unknown): PlainChunk | undefined {
  const chunk = asObject(value);
  if (chunk === undefined || chunk['object'] !== 'chat.completion.chunk') return undefined;
  for (const name in chunk) {
    if (!framing.has(name) && chunk[name] !== null) return undefined;
  }
  const { choices } = chunk;
  if (!Array.isArray(choices) || choices.length !== 1) return undefined;
  const choice = asObject(choices[0]);
  if (choice === undefined) return undefined;
  for (const name in choice) {
    if (name !== 'index' && name !== 'delta' && choice[name] !== null) return undefined;
  }
  const { index } = choice;
  const isIndex = typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < 128;
  const delta = asObject(choice['delta']);
  if (!isIndex || delta === undefined) return undefined;
  for (const name in delta) {
    if (name !== 'content' && name !== 'role' && delta[name] !== null) return undefined;
  }
  const text = delta['content'];
  return typeof text === 'string' ? { choice: index, text } : undefined;
}

/** How often a stream may show another form before its chunks are parsed one by one for good. */
const formsTried = 4;

/**
 * Plain chunks of one stream differ in their text only. Once one was parsed, what stands before and
 * after its text is known, and the next is read by comparing: between the same marks a text
 * without quotes and escapes can mean nothing but itself.
 */
export class ChunkForm {
  #before = '';
  #after = '';
  #choice = 0;
  #tried = 0;

  /** @returns undefined for every chunk that has another form */
  read(data: string): PlainChunk | undefined {
    const end = data.length - this.#after.length;
    if (this.#before === '' || end < this.#before.length) return undefined;
    if (!data.startsWith(this.#before) || !data.endsWith(this.#after)) return undefined;
    const text = data.slice(this.#before.length, end);
    return isItself(text) ? { choice: this.#choice, text } : undefined;
  }

  /** @param data of an event that means `chunk` */
  learn(data: string, { choice, text }: PlainChunk): void {
    if (this.#tried >= formsTried || text === '' || !isItself(text)) return;
    this.#tried++;
    const literal = `"${text}"`;
    const at = data.indexOf(literal);
    if (at === -1 || data.includes(literal, at + 1)) return;
    const before = data.slice(0, at + 1);
    const after = data.slice(at + literal.length - 1);
    // The same words may stand elsewhere: only a parser can tell that this place is the text.
    const proof = plainChunk(JSON.parse(`${before}${text}?${after}`));
    if (proof?.text !== `${text}?` || proof.choice !== choice) return;
    this.#before = before;
    this.#after = after;
    this.#choice = choice;
  }
}

/** Whether JSON writes a text as it is. */
function isItself(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- JSON has no other way to write them than escapes
  return !/["\\\u0000-\u001f]/.test(text);
}
