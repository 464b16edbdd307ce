import type { ChatEvent } from '#upstream';
import { readAnswer } from '../../src/upstream/answer-reader.ts';
import { anthropicAnswer } from '../../src/upstream/anthropic-answer.ts';
import { converseAnswer } from '../../src/upstream/bedrock-answer.ts';
import type { ExchangeResponse } from '../../src/upstream/exchange.ts';
import { geminiAnswer } from '../../src/upstream/gemini-answer.ts';
import { openAiAnswer } from '../../src/upstream/openai-answer.ts';
import { anthropicStream, anthropicWhole } from '../fakes/anthropic-wire.ts';
import { bedrockStream, bedrockWhole } from '../fakes/bedrock-wire.ts';
import type { FakeAnswer } from '../fakes/fake-answer.ts';
import { geminiStream, geminiWhole } from '../fakes/gemini-wire.ts';
import { openAiStream, openAiWhole } from '../fakes/openai-wire.ts';

export type DialectName = 'openai' | 'anthropic' | 'gemini' | 'bedrock';

interface WireDialect {
  readonly contentType: string;
  readonly read: (response: ExchangeResponse) => AsyncIterable<ChatEvent>;
  readonly stream: (answer: FakeAnswer) => readonly Uint8Array[];
  readonly whole: (answer: FakeAnswer) => object;
}

const sse = 'text/event-stream; charset=utf-8';

/** Each dialect with its reader, and with a writer that shares nothing with it. */
export const dialects: Readonly<Record<DialectName, WireDialect>> = {
  openai: {
    contentType: sse,
    read: (answer) => readAnswer(answer, openAiAnswer),
    stream: openAiStream,
    whole: openAiWhole,
  },
  anthropic: {
    contentType: sse,
    read: (answer) => readAnswer(answer, anthropicAnswer),
    stream: anthropicStream,
    whole: anthropicWhole,
  },
  gemini: {
    contentType: sse,
    read: (answer) => readAnswer(answer, geminiAnswer),
    stream: geminiStream,
    whole: geminiWhole,
  },
  bedrock: {
    contentType: 'application/vnd.amazon.eventstream',
    read: (answer) => readAnswer(answer, converseAnswer),
    stream: bedrockStream,
    whole: bedrockWhole,
  },
};

/** An answer with status 200 that arrives in these pieces. */
export function response(pieces: readonly Uint8Array[], contentType: string): ExchangeResponse {
  return {
    status: 200,
    contentType,
    header: () => undefined,
    // oxlint-disable-next-line require-await -- it stands for a network, which is asynchronous
    chunks: (async function* () {
      yield* pieces;
    })(),
    cancel: () => undefined,
    release: () => undefined,
  };
}

export async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const collected: ChatEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** Bytes cut at these places, which are taken modulo the length. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))];
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    pieces.push(bytes.subarray(from, cut));
    from = cut;
  }
  return [...pieces, bytes.subarray(from)];
}
