import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalChat } from '#upstream';
import { writeMessages } from '../../src/upstream/anthropic.ts';
import { writeConverse } from '../../src/upstream/bedrock.ts';
import { writeGenerateContent } from '../../src/upstream/gemini.ts';

/** One thing that somebody says in a conversation, before any dialect has said it. */
type Said =
  | { readonly who: 'system' | 'user' | 'model'; readonly text: string }
  | { readonly who: 'user'; readonly image: string }
  | { readonly who: 'model'; readonly thought: string; readonly signature: string }
  | { readonly who: 'model'; readonly call: string; readonly name: string; readonly input: object }
  | { readonly who: 'user'; readonly answers: string; readonly output: string; failed: boolean };

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
const name = fc.stringMatching(/^[a-z_]{1,12}$/);
const base64 = fc.base64String({ minLength: 4, maxLength: 40 });

const user = fc.array(
  fc.oneof(
    text.map((said): Said => ({ who: 'user', text: said })),
    base64.map((image): Said => ({ who: 'user', image })),
  ),
  { minLength: 1, maxLength: 3 },
);
const call = fc.record({
  name,
  // Through JSON once, where -0 is 0.
  input: fc
    .dictionary(text, fc.jsonValue(), { maxKeys: 2 })
    .map((input) => JSON.parse(JSON.stringify(input)) as object),
  output: text,
  failed: fc.boolean(),
});
const model = fc.record({
  thought: fc.option(fc.record({ thought: text, signature: base64 })),
  said: fc.option(text),
  calls: fc.array(call, { maxLength: 3 }),
});

/** Rounds of a person who asks, a model that answers, and tools that are asked in between. */
const conversation = fc
  .record({
    system: fc.array(text, { maxLength: 2 }),
    rounds: fc.array(fc.tuple(user, model), { minLength: 1, maxLength: 4 }),
  })
  .map(({ system, rounds }) => {
    const all: Said[] = system.map((said) => ({ who: 'system', text: said }));
    let count = 0;
    for (const [asked, { thought, said, calls }] of rounds) {
      all.push(...asked);
      if (thought !== null) all.push({ who: 'model', ...thought });
      if (said !== null) all.push({ who: 'model', text: said });
      const named = calls.map((one) => ({ ...one, id: `call_${count++}` }));
      for (const one of named) {
        all.push({ who: 'model', call: one.id, name: one.name, input: one.input });
      }
      for (const { id, output, failed } of named) {
        all.push({ who: 'user', answers: id, output, failed });
      }
    }
    return all;
  });

/** The conversation in the OpenAI chat dialect, one message for each turn and each answer. */
function openAiBody(all: readonly Said[]): object {
  const messages: Record<string, unknown>[] = [];
  const assistant = (): Record<string, unknown> => {
    const last = messages.at(-1);
    if (last?.['role'] === 'assistant') return last;
    const made = { role: 'assistant', content: null };
    messages.push(made);
    return made;
  };
  const push = (to: Record<string, unknown>, member: string, value: object): void => {
    to[member] = [...((to[member] as object[] | undefined) ?? []), value];
  };
  for (const said of all) {
    if ('answers' in said) {
      const { answers, output, failed } = said;
      messages.push({ role: 'tool', tool_call_id: answers, content: output, is_error: failed });
    } else if ('call' in said) {
      const made = { name: said.name, arguments: JSON.stringify(said.input) };
      push(assistant(), 'tool_calls', { id: said.call, type: 'function', function: made });
    } else if ('thought' in said) {
      const { thought: thinking, signature } = said;
      push(assistant(), 'thinking_blocks', { type: 'thinking', thinking, signature });
    } else if ('image' in said) {
      const url = `data:image/png;base64,${said.image}`;
      messages.push({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] });
    } else if (said.who === 'model') assistant()['content'] = said.text;
    else messages.push({ role: said.who, content: said.text });
  }
  return { model: 'm', messages };
}

type Json = Record<string, unknown>;
const list = (value: unknown): Json[] => (value as Json[] | undefined) ?? [];
const inside = (value: unknown): Json => value as Json;
const string = (value: unknown): string => value as string;

/** What each dialect's own words mean; these share nothing with the writers. */
const readers: Readonly<Record<string, (body: Json) => Said[]>> = {
  anthropic: (body) => [
    ...list(body['system']).map((block): Said => ({ who: 'system', text: string(block['text']) })),
    ...list(body['messages']).flatMap(({ role, content }) =>
      list(content).map((block): Said => {
        const who = role === 'assistant' ? 'model' : 'user';
        switch (block['type']) {
          case 'text':
            return { who, text: string(block['text']) };
          case 'image':
            return { who: 'user', image: string(inside(block['source'])['data']) };
          case 'thinking': {
            const thought = string(block['thinking']);
            return { who: 'model', thought, signature: string(block['signature']) };
          }
          case 'tool_use': {
            const { id, name: of, input } = block;
            return { who: 'model', call: string(id), name: string(of), input: inside(input) };
          }
          default: {
            const [only] = list(block['content']);
            const answers = string(block['tool_use_id']);
            const failed = block['is_error'] === true;
            return { who: 'user', answers, output: string(only?.['text']), failed };
          }
        }
      }),
    ),
  ],
  gemini: (body) => [
    ...list((body['systemInstruction'] as Json | undefined)?.['parts']).map((part): Said => ({
      who: 'system',
      text: string(part['text']),
    })),
    ...list(body['contents']).flatMap(({ role, parts }) =>
      list(parts).map((part): Said => {
        if (part['inlineData']) {
          return { who: 'user', image: string(inside(part['inlineData'])['data']) };
        }
        if (part['functionCall']) {
          const { id, name: of, args } = inside(part['functionCall']);
          return { who: 'model', call: string(id), name: string(of), input: inside(args) };
        }
        if (part['functionResponse']) {
          const { id, response } = inside(part['functionResponse']);
          const { output, error } = inside(response);
          const failed = error !== undefined;
          return { who: 'user', answers: string(id), output: string(error ?? output), failed };
        }
        if (part['thought'] === true) {
          const thought = string(part['text']);
          return { who: 'model', thought, signature: string(part['thoughtSignature']) };
        }
        return { who: role === 'model' ? 'model' : 'user', text: string(part['text']) };
      }),
    ),
  ],
  bedrock: (body) => [
    ...list(body['system']).map((block): Said => ({ who: 'system', text: string(block['text']) })),
    ...list(body['messages']).flatMap(({ role, content }) =>
      list(content).map((block): Said => {
        if (block['image']) {
          return { who: 'user', image: string(inside(inside(block['image'])['source'])['bytes']) };
        }
        if (block['toolUse']) {
          const { toolUseId, name: of, input } = inside(block['toolUse']);
          return { who: 'model', call: string(toolUseId), name: string(of), input: inside(input) };
        }
        if (block['toolResult']) {
          const { toolUseId, content: given, status } = inside(block['toolResult']);
          const output = string(list(given)[0]?.['text']);
          return { who: 'user', answers: string(toolUseId), output, failed: status === 'error' };
        }
        if (block['reasoningContent']) {
          const told = inside(inside(block['reasoningContent'])['reasoningText']);
          const signature = string(told['signature']);
          return { who: 'model', thought: string(told['text']), signature };
        }
        return { who: role === 'assistant' ? 'model' : 'user', text: string(block['text']) };
      }),
    ),
  ],
};

const writers = {
  anthropic: writeMessages,
  gemini: writeGenerateContent,
  bedrock: writeConverse,
} as const;

describe.each(Object.keys(writers) as (keyof typeof writers)[])(
  'a conversation in the dialect of %s',
  (dialect) => {
    test('says all that was said, in its order, and nothing else', () => {
      fc.assert(
        fc.property(conversation, (all) => {
          const body = openAiBody(all);
          const bytes = new Uint8Array();
          const chat = canonicalChat(body);
          const written = writers[dialect]({
            model: 'm',
            chat,
            messages: [],
            body: bytes,
            stream: false,
          });
          // Only this dialect cannot say that tools which were used are there no more.
          const used = all.some((said) => 'call' in said);
          expect(written.lost).toEqual(dialect === 'bedrock' && used ? ['tool_choice'] : []);
          const json = JSON.parse(Buffer.from(written.body).toString('utf8')) as Json;
          expect(readers[dialect](json)).toEqual(all);
        }),
        { numRuns: 200 },
      );
    });

    test('lets the speakers take turns, as the dialect demands', () => {
      fc.assert(
        fc.property(conversation, (all) => {
          const chat = canonicalChat(openAiBody(all));
          const request = { model: 'm', chat, messages: [], body: new Uint8Array(), stream: false };
          const { body } = writers[dialect](request);
          const json = JSON.parse(Buffer.from(body).toString('utf8')) as Json;
          const roles = list(json['messages'] ?? json['contents']).map(({ role }) => role);
          for (const [at, role] of roles.entries()) expect(role).not.toBe(roles[at - 1]);
        }),
      );
    });
  },
);
