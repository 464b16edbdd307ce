import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { type Supervisor, allDetectors, createPlaceholders, createSupervisor } from '#supervisor';
import { type ChatEvent, ServerSentEventReader } from '#upstream';
import { Caller } from '../../src/gateway/caller.ts';
import { anthropicMessages } from '../../src/gateway/dialect-anthropic.ts';
import { openAiChat } from '../../src/gateway/dialect-openai-chat.ts';
import { openAiResponses } from '../../src/gateway/dialect-responses.ts';
import type { Dialect } from '../../src/gateway/dialect.ts';
import { SupervisedAnswer } from '../../src/gateway/supervised-answer.ts';

let supervisor: Supervisor;
let server: Server;
let play: { dialect: Dialect; wire: object; events: readonly ChatEvent[] };

beforeAll(async () => {
  const policy = parsePolicy(defaultPolicyYaml());
  const rules = policy.document.supervision;
  supervisor = createSupervisor({ rules, detectors: allDetectors, classes: policy.classIds });
  server = createServer((request, response) => {
    const caller = new Caller(request, response);
    const answer = new SupervisedAnswer(supervisor, createPlaceholders([]));
    const writer = play.dialect.createWriter!(caller, {
      head: { id: 'abc', created: 1, model: 'm' },
      request: play.dialect.parse(play.wire as Record<string, never>),
      answer,
      headers: () => ({}),
    });
    const run = async (): Promise<void> => {
      for (const event of play.events) {
        for (const released of answer.accept(event)) await writer.release(released);
      }
      const usage = answer.usage ?? { inputTokens: 3, outputTokens: 4, estimated: true };
      await writer.finish(answer, { usage, refusal: undefined });
    };
    void run().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function played(
  dialect: Dialect,
  wire: object,
  events: readonly ChatEvent[],
): Promise<readonly Record<string, unknown>[]> {
  play = { dialect, wire, events };
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const reader = new ServerSentEventReader(1_000_000);
  return reader
    .push(new Uint8Array(await response.arrayBuffer()))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Record<string, unknown>);
}

interface Said {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly string[];
}

/** Pieces of one answer in an order in which an upstream may send them. */
const answers = fc
  .record({
    content: fc.array(fc.string({ maxLength: 12 }), { maxLength: 4 }),
    reasoning: fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }),
    calls: fc.array(fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 4 }), { maxLength: 3 }),
    order: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
  })
  .map(({ content, reasoning, calls, order }) => {
    const queues: ChatEvent[][] = [
      reasoning.map((text) => ({ type: 'delta', choice: 0, channel: 'reasoning', text })),
      content.map((text) => ({ type: 'delta', choice: 0, channel: 'content', text })),
      ...calls.map((numbers, index) => [
        { type: 'tool' as const, choice: 0, index, id: `c${index}`, name: 'f', arguments: '' },
        ...['{"a":[', numbers.join(), ']}'].map((text) => ({
          type: 'tool' as const,
          choice: 0,
          index,
          arguments: text,
        })),
      ]),
    ];
    const events: ChatEvent[] = [];
    for (const pick of order) {
      const open = queues.filter((queue) => queue.length > 0);
      if (open.length === 0) break;
      events.push(open[pick % open.length].shift()!);
    }
    events.push(...queues.flat());
    events.push({ type: 'finish', choice: 0, reason: calls.length > 0 ? 'tool_calls' : 'stop' });
    const said: Said = {
      content: content.join(''),
      reasoning: reasoning.join(''),
      calls: calls.map((numbers) => `{"a":[${numbers.join()}]}`),
    };
    return { events, said };
  });

const user = [{ role: 'user', content: 'x' }];

describe('a stream in the Messages dialect', () => {
  test('has one block after the other and says all that was said, in any order it came', async () => {
    const wire = {
      model: 'm',
      messages: user,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 1_024 },
    };
    await fc.assert(
      fc.asyncProperty(answers, async ({ events, said }) => {
        let open: { index: number; type: string } | undefined;
        let next = 0;
        const texts: Record<string, string> = { text: '', thinking: '' };
        const calls: Record<string, string> = {};
        let call = '';
        for (const event of await played(anthropicMessages, wire, events)) {
          if (event['type'] === 'content_block_start') {
            expect(open).toBeUndefined();
            expect(event['index']).toBe(next++);
            const block = event['content_block'] as { type: string; id?: string };
            open = { index: event['index'] as number, type: block.type };
            if (block.type === 'tool_use') calls[(call = block.id!)] = '';
          } else if (event['type'] === 'content_block_delta') {
            expect(event['index']).toBe(open?.index);
            const delta = event['delta'] as Record<string, string>;
            if (delta['type'] === 'input_json_delta') calls[call] += delta['partial_json'];
            else texts[open!.type] += delta[open!.type];
          } else if (event['type'] === 'content_block_stop') {
            expect(event['index']).toBe(open?.index);
            open = undefined;
          } else if (event['type'] === 'message_delta') expect(open).toBeUndefined();
        }
        expect({
          content: texts['text'],
          reasoning: texts['thinking'],
          calls: Object.keys(calls)
            .toSorted()
            .map((id) => calls[id]),
        }).toEqual(said);
      }),
    );
  });
});

describe('a stream in the Responses dialect', () => {
  test('says in its last event what its pieces said, numbered without a gap', async () => {
    const wire = { model: 'm', input: 'x', stream: true };
    await fc.assert(
      fc.asyncProperty(answers, async ({ events, said }) => {
        const got = await played(openAiResponses, wire, events);
        expect(got.map((event) => event['sequence_number'])).toEqual(got.map((_, i) => i));
        const joined = (type: string): string =>
          got
            .filter((event) => event['type'] === type)
            .map((event) => event['delta'] as string)
            .join('');
        expect(joined('response.output_text.delta')).toBe(said.content);
        expect(joined('response.reasoning_text.delta')).toBe(said.reasoning);
        const { output } = got.at(-1)!['response'] as { output: Record<string, unknown>[] };
        const calls = output
          .filter((item) => item['type'] === 'function_call')
          .toSorted((a, b) => String(a['call_id']).localeCompare(String(b['call_id'])));
        expect(calls.map((item) => item['arguments'])).toEqual(said.calls);
        const done = got.filter((event) => event['type'] === 'response.output_item.done');
        expect(done.length).toBe(output.length);
      }),
    );
  });
});

describe('a stream of chat completions', () => {
  test('says all that was said', async () => {
    const wire = { model: 'm', messages: user, stream: true };
    await fc.assert(
      fc.asyncProperty(answers, async ({ events, said }) => {
        let content = '';
        let reasoning = '';
        const calls: string[] = said.calls.map(() => '');
        for (const chunk of await played(openAiChat, wire, events)) {
          const [choice] = chunk['choices'] as { delta: Record<string, unknown> }[];
          const { delta } = choice;
          content += (delta['content'] as string | undefined) ?? '';
          reasoning += (delta['reasoning_content'] as string | undefined) ?? '';
          for (const piece of (delta['tool_calls'] ?? []) as {
            index: number;
            function: { arguments: string };
          }[]) {
            calls[piece.index] += piece.function.arguments;
          }
        }
        expect({ content, reasoning, calls }).toEqual(said);
      }),
    );
  });
});

describe.each([anthropicMessages, openAiChat, openAiResponses])('$name', (dialect) => {
  test('accepts or refuses any JSON, with a code', () => {
    const part = fc.record({
      type: fc.constantFrom('text', 'image', 'image_url', 'tool_use', 'input_image', 'message'),
      text: fc.string(),
      image_url: fc.oneof(fc.webUrl(), fc.record({ url: fc.string() })),
      source: fc.record({ type: fc.constantFrom('base64', 'url'), data: fc.base64String() }),
    });
    const turn = fc.record({
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }), fc.jsonValue()),
    });
    const members = { model: fc.string(), messages: fc.array(turn), input: fc.array(turn) };
    const wire = fc.oneof(fc.record(members), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(wire, (value) => {
        try {
          const { body } = dialect.parse(value as Record<string, never>);
          expect(body.messages.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: expect.any(String), code: expect.any(String) });
        }
      }),
    );
  });
});
