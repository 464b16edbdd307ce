import type { FakeAnswer, FakeBlock } from './fake-answer.ts';
import { sseEvent } from './sse-wire.ts';

const reasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  function_call: 'tool_use',
} as const;

/** An answer as a server of the Messages dialect streams it: one piece for each event. */
export function anthropicStream(answer: FakeAnswer): readonly Uint8Array[] {
  const [choice] = answer.choices;
  const { blocks, reason, stopSequence } = choice;
  const { input_tokens, output_tokens, ...cache } = usageOf(answer);
  const events: object[] = [
    {
      type: 'message_start',
      message: {
        id: 'msg_fake',
        type: 'message',
        role: 'assistant',
        model: 'fake',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens,
          ...cache,
          output_tokens: 1,
        },
      },
    },
    { type: 'ping' },
  ];
  for (const [index, block] of blocks.entries()) {
    const { start, deltas } = pieces(block);
    events.push({ type: 'content_block_start', index, content_block: start });
    for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index });
  }
  events.push({
    type: 'message_delta',
    delta: {
      stop_reason: stopSequence === undefined ? reasons[reason] : 'stop_sequence',
      stop_sequence: stopSequence ?? null,
    },
    usage: { output_tokens },
  });
  events.push({ type: 'message_stop' });
  return events.map((event) => sseEvent(event, (event as { type: string }).type));
}

/** The same, not streamed. */
export function anthropicWhole(answer: FakeAnswer): object {
  const [choice] = answer.choices;
  const { blocks, reason, stopSequence } = choice;
  return {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model: 'fake',
    content: blocks.map(whole),
    stop_reason: stopSequence === undefined ? reasons[reason] : 'stop_sequence',
    stop_sequence: stopSequence ?? null,
    usage: usageOf(answer),
  };
}

function usageOf({ usage }: FakeAnswer): Record<string, number> & {
  input_tokens: number;
  output_tokens: number;
} {
  return {
    input_tokens: usage.input - usage.cached - usage.written,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: usage.written,
    output_tokens: usage.output,
  };
}

function whole(block: FakeBlock): object {
  switch (block.type) {
    case 'content':
      return { type: 'text', text: block.pieces.join('') };
    case 'reasoning':
      return {
        type: 'thinking',
        thinking: block.pieces.join(''),
        signature: block.signature ?? '',
      };
    case 'sealed':
      return { type: 'redacted_thinking', data: block.signature };
    case 'tool': {
      const { id, name } = block;
      return { type: 'tool_use', id, name, input: JSON.parse(block.pieces.join('')) as object };
    }
    case 'refusal':
      throw new Error('the Messages dialect has no refusal text');
  }
}

function pieces(block: FakeBlock): { start: object; deltas: readonly object[] } {
  switch (block.type) {
    case 'content':
      return {
        start: { type: 'text', text: '' },
        deltas: block.pieces.map((text) => ({ type: 'text_delta', text })),
      };
    case 'reasoning':
      return {
        start: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          ...block.pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
          ...(block.signature === undefined
            ? []
            : [{ type: 'signature_delta', signature: block.signature }]),
        ],
      };
    case 'tool': {
      const { id, name } = block;
      return {
        start: { type: 'tool_use', id, name, input: {} },
        deltas: ['', ...block.pieces].map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      };
    }
    case 'sealed':
    case 'refusal':
      return { start: whole(block), deltas: [] };
  }
}
