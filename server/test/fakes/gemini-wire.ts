import type { FakeAnswer, FakeBlock } from './fake-answer.ts';
import { sseEvent } from './sse-wire.ts';

const reasons = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
  function_call: 'STOP',
} as const;

/** An answer as a server of the Gemini dialect streams it; this one ends lines as some do. */
export function geminiStream(answer: FakeAnswer): readonly Uint8Array[] {
  const events: object[] = [];
  for (const [index, { blocks }] of answer.choices.entries()) {
    for (const part of blocks.flatMap(parts)) {
      events.push({ candidates: [{ index, content: { role: 'model', parts: [part] } }] });
    }
  }
  // The reason may come in an event of its own, and the figures with it.
  const ends = answer.choices.map(({ reason }, index) => ({
    index,
    content: { role: 'model', parts: [{ text: '' }] },
    finishReason: reasons[reason],
  }));
  events.push({ candidates: ends, usageMetadata: usageOf(answer) });
  return events.map((event) => sseEvent(event, undefined, '\r\n'));
}

/** The same, not streamed. */
export function geminiWhole(answer: FakeAnswer): object {
  return {
    candidates: answer.choices.map(({ blocks, reason }, index) => ({
      // The first candidate's index is 0, which this dialect leaves out.
      ...(index === 0 ? {} : { index }),
      content: { role: 'model', parts: blocks.flatMap(parts) },
      finishReason: reasons[reason],
    })),
    usageMetadata: usageOf(answer),
  };
}

function usageOf({ usage }: FakeAnswer): object {
  return {
    promptTokenCount: usage.input,
    cachedContentTokenCount: usage.cached,
    candidatesTokenCount: usage.output - usage.reasoning,
    thoughtsTokenCount: usage.reasoning,
    totalTokenCount: usage.input + usage.output,
  };
}

function parts(block: FakeBlock): readonly object[] {
  switch (block.type) {
    case 'content':
      return block.pieces.map((text) => ({ text }));
    case 'reasoning':
      return [
        ...block.pieces.map((text) => ({ text, thought: true })),
        ...(block.signature === undefined
          ? []
          : [{ text: '', thought: true, thoughtSignature: block.signature }]),
      ];
    case 'tool': {
      const { id, name, signature } = block;
      const args = JSON.parse(block.pieces.join('')) as object;
      const sealed = signature === undefined ? {} : { thoughtSignature: signature };
      return [{ functionCall: { id, name, args }, ...sealed }];
    }
    case 'sealed':
    case 'refusal':
      throw new Error('the Gemini dialect has no such part');
  }
}
