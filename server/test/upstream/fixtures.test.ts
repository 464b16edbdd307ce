import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatEvent } from '#upstream';
import { eventFrame } from '../fakes/bedrock-wire.ts';
import { type DialectName, collect, cutAt, dialects, response } from './wire.ts';

const folder = fileURLToPath(new URL('fixtures/', import.meta.url));
const read = (name: string): Buffer => readFileSync(`${folder}${name}`);

/** Streams as servers send them, written by hand; beside each stands what it means. */
const recordings = readdirSync(folder)
  .map((name) => /^(.+)\.(sse|frames\.json)$/.exec(name))
  .filter((match) => match !== null)
  .map(([file, name]) => ({ file, name: name }));

function dialectOf(name: string): DialectName {
  const [first] = name.split('-');
  return first === 'anthropic' || first === 'gemini' || first === 'bedrock' ? first : 'openai';
}

function bytesOf(file: string): Buffer {
  if (file.endsWith('.sse')) return read(file);
  const frames = JSON.parse(read(file).toString('utf8')) as [string, object][];
  return Buffer.concat(frames.map(([type, payload]) => eventFrame(type, payload)));
}

describe('a recorded stream', () => {
  test('exists for every dialect and every server that differs', () => {
    expect(recordings.map(({ name }) => name).toSorted()).toEqual([
      'anthropic-late-usage',
      'anthropic-tools',
      'azure-filter',
      'bedrock-tools',
      'gemini-blocked',
      'gemini-logprobs',
      'gemini-tools',
      'llama-cpp-timings',
      'ollama-tools',
      'openai-full',
      'sglang-stop',
      'vllm-reasoning',
    ]);
  });

  test.each(recordings)('means what stands beside it, however it is cut: $name', async (one) => {
    const { read: events, contentType } = dialects[dialectOf(one.name)];
    const expected = JSON.parse(read(`${one.name}.json`).toString('utf8')) as ChatEvent[];
    const bytes = bytesOf(one.file);
    const from = (pieces: readonly Uint8Array[]): Promise<ChatEvent[]> =>
      collect(events(response(pieces, contentType)));
    expect(await from([bytes])).toEqual(expected);
    expect(await from([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), async (cuts) => {
        expect(await from(cutAt(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
