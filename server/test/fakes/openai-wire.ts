import type { FakeAnswer, FakeBlock } from './fake-answer.ts';
import { chunk } from './scripted-upstream.ts';
import { sseEvent } from './sse-wire.ts';

/** An answer as a server of the OpenAI chat dialect streams it: one piece for each event. */
export function openAiStream(answer: FakeAnswer): readonly Uint8Array[] {
  const events: object[] = [];
  for (const [index, { blocks, reason }] of answer.choices.entries()) {
    events.push(chunk({ role: 'assistant', content: '' }, null, index));
    let calls = 0;
    for (const block of blocks) {
      for (const delta of deltas(block, calls)) events.push(chunk(delta, null, index));
      if (block.type === 'tool') calls++;
    }
    events.push(chunk({}, reason, index));
  }
  events.push({ object: 'chat.completion.chunk', choices: [], usage: usageOf(answer) });
  return [...events.map((event) => sseEvent(event)), Buffer.from('data: [DONE]\n\n')];
}

/** The same, not streamed. */
export function openAiWhole(answer: FakeAnswer): object {
  const text = (blocks: readonly FakeBlock[], type: string): string =>
    blocks
      .filter((block) => block.type === type)
      .flatMap((block) => ('pieces' in block ? block.pieces : []))
      .join('');
  return {
    object: 'chat.completion',
    choices: answer.choices.map(({ blocks, reason }, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text(blocks, 'content'),
        refusal: text(blocks, 'refusal'),
        reasoning_content: text(blocks, 'reasoning'),
        tool_calls: blocks.flatMap((block) =>
          block.type === 'tool' ? [call(block, block.pieces.join(''))] : [],
        ),
      },
      finish_reason: reason,
    })),
    usage: usageOf(answer),
  };
}

function usageOf({ usage }: FakeAnswer): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.written },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}

function call(block: FakeBlock & { type: 'tool' }, args: string): object {
  const { id, name, signature } = block;
  const sealed = { extra_content: { google: { thought_signature: signature } } };
  return {
    id,
    type: 'function',
    function: {
      name,
      arguments: args,
    },
    ...(signature === undefined ? {} : sealed),
  };
}

function deltas(block: FakeBlock, index: number): readonly object[] {
  switch (block.type) {
    case 'content':
      return block.pieces.map((content) => ({ content }));
    case 'refusal':
      return block.pieces.map((refusal) => ({ refusal }));
    case 'reasoning':
      return block.pieces.map((reasoning_content) => ({ reasoning_content }));
    case 'tool': {
      const first = { tool_calls: [{ index, ...call(block, '') }] };
      const rest = block.pieces.map((piece) => ({
        tool_calls: [{ index, function: { arguments: piece } }],
      }));
      return [first, ...rest];
    }
    case 'sealed':
      throw new Error('the OpenAI dialect has no sealed reasoning');
  }
}
