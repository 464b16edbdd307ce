import Anthropic from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Script, sendJson } from '../fakes/scripted-upstream.ts';
import { secret, sentLast, withCheckpoint } from './dialect-fixture.ts';

const on = withCheckpoint((policy) =>
  policy
    .replace('dialect: openai-compatible', 'dialect: anthropic')
    .replace(/baseUrl: (http:\S+)\/v1\n/, 'baseUrl: $1\n'),
);
let client: Anthropic;

beforeAll(() => {
  const { url, key } = on.checkpoint;
  client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
});

const base = {
  model: 'first-model',
  max_tokens: 2_000,
  messages: [{ role: 'user' as const, content: 'Good morning.' }],
};

/** Answers with these blocks, whole or as the events of a stream. */
function answer(blocks: readonly Record<string, unknown>[]): Script {
  return (seen, response) => {
    const usage = { input_tokens: 7, output_tokens: 11, cache_read_input_tokens: 3 };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage };
    const end = { stop_reason: 'end_turn', stop_sequence: null };
    if (seen.body['stream'] !== true) {
      sendJson(response, { ...message, ...end, content: blocks });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type: string, members: object): void => {
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
    };
    send('message_start', { message: { ...message, content: [], stop_reason: null } });
    for (const [index, block] of blocks.entries()) {
      const { thinking, text, signature } = block;
      const empty = thinking === undefined ? { text: '' } : { thinking: '', signature: '' };
      send('content_block_start', { index, content_block: { type: block['type'], ...empty } });
      const deltas = [
        ...(thinking === undefined ? [] : [{ type: 'thinking_delta', thinking }]),
        ...(signature === undefined ? [] : [{ type: 'signature_delta', signature }]),
        ...(text === undefined ? [] : [{ type: 'text_delta', text }]),
      ];
      for (const delta of deltas) send('content_block_delta', { index, delta });
      send('content_block_stop', { index });
    }
    send('message_delta', { delta: end, usage });
    send('message_stop', {});
    response.end();
  };
}

const thought = [
  { type: 'thinking', thinking: 'A greeting.', signature: 'c2lnbmVk' },
  { type: 'text', text: 'Hello.' },
];

describe('an upstream of the same dialect', () => {
  test('gets all that the caller said, headers of the dialect included', async () => {
    on.upstream.play(answer([{ type: 'text', text: 'Hello.' }]));
    const cached = [
      { type: 'text' as const, text: 'Be kind.', cache_control: { type: 'ephemeral' as const } },
    ];
    const more: object = { top_k: 3, system: cached };
    const { data, response } = await client.messages
      .create({ ...base, ...more }, { headers: { 'anthropic-beta': 'some-feature-2026-01-01' } })
      .withResponse();
    expect(data.content).toEqual([{ type: 'text', text: 'Hello.' }]);
    expect(data.usage).toMatchObject({ input_tokens: 7, cache_read_input_tokens: 3 });
    expect(response.headers.get('x-sekisho-not-carried')).toBeNull();
    expect(sentLast(on)).toMatchObject({ top_k: 3, system: cached });
    expect(on.upstream.seen.at(-1)?.headers['anthropic-beta']).toBe('some-feature-2026-01-01');
    expect(on.upstream.seen.at(-1)?.headers['x-api-key']).toBeUndefined();
  });

  test('sees its reasoning again as it gave it, signature and all', async () => {
    on.upstream.play(answer(thought));
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const whole = await client.messages.create({ ...base, thinking });
    const streamed = await client.messages.stream({ ...base, thinking }).finalMessage();
    for (const { content } of [whole, streamed]) expect(content).toEqual(thought);
    const { content } = streamed;
    await client.messages.create({
      ...base,
      thinking,
      messages: [...base.messages, { role: 'assistant', content }, ...base.messages],
    });
    expect(sentLast(on)['messages']).toMatchObject([{}, { content: thought }, {}]);
  });

  test('loses a signed block of which a word is masked, since it would be signed no more', async () => {
    on.upstream.play(answer([{ type: 'text', text: 'Hello.' }]));
    const block = {
      type: 'thinking' as const,
      thinking: 'Ask hanako@example.jp.',
      signature: 'eA==',
    };
    await client.messages.create({
      ...base,
      messages: [
        ...base.messages,
        { role: 'assistant', content: [block, { type: 'text', text: 'Hm.' }] },
        ...base.messages,
      ],
    });
    expect(sentLast(on)['messages']).toMatchObject([{}, { content: [{ type: 'text' }] }, {}]);
  });

  test('gets masks where a rule says so, and its secrets do not leave', async () => {
    on.upstream.play(answer([{ type: 'text', text: `The key is ${secret}.` }]));
    const messages = [{ role: 'user' as const, content: 'Write to hanako@example.jp.' }];
    const stopped = await client.messages.stream({ ...base, messages }).finalMessage();
    expect(stopped.stop_reason).toBe('refusal');
    expect(JSON.stringify(stopped)).not.toContain('sk-proj');
    expect(on.upstream.seen.at(-1)?.text).not.toContain('hanako@example.jp');
  });
});
