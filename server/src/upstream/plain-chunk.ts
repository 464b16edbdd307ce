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
