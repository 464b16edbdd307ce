import type { DeclaredGuard } from '#policy';
import { hazards } from './hazards.ts';

/** A message of the request by which a guard model is asked. */
export interface GuardMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What is judged: a request, or an answer together with what was asked. */
export interface GuardQuestion {
  readonly asked: string;
  readonly answered?: string;
  /** For guards that follow a policy in words. */
  readonly policy?: string;
}

/** What a guard said, in words of ours. */
export interface GuardOpinion {
  readonly said: 'safe' | 'unsafe' | 'controversial';
  /** Kinds of finding that it named; empty where it names none. */
  readonly kinds: readonly string[];
}

interface Format {
  readonly write: (question: GuardQuestion) => readonly GuardMessage[];
  readonly read: (text: string) => GuardOpinion | undefined;
}

/** How each family is asked through a chat endpoint, and what its words mean. */
export const guardFormatOf: Readonly<Record<DeclaredGuard['format'], Format>> = {
  // Its own chat template puts the taxonomy around the conversation.
  'llama-guard': { write: conversation, read: readLlamaGuard },
  'qwen3-guard': { write: conversation, read: readQwen3Guard },
  shieldgemma: { write: writeShieldGemma, read: readYesOrNo },
  policy: { write: writePolicy, read: readPolicyLabel },
};

function conversation({ asked, answered }: GuardQuestion): readonly GuardMessage[] {
  const question = { role: 'user', content: asked } as const;
  return answered === undefined ? [question] : [question, { role: 'assistant', content: answered }];
}

/** `safe`, or `unsafe` and on the next line the categories with commas between. */
function readLlamaGuard(text: string): GuardOpinion | undefined {
  const found = /^\s*(safe|unsafe)\b\s*([S0-9, ]*)/i.exec(text);
  if (found === null) return undefined;
  if (found[1]?.toLowerCase() === 'safe') return { said: 'safe', kinds: [] };
  const named = (found[2] ?? '').match(/S[0-9]{1,2}/g) ?? [];
  return { said: 'unsafe', kinds: named.map(kindOf) };
}

/** A category that is no hazard of ours keeps its own name: no rule is about it. */
function kindOf(category: string): string {
  return hazards.find(({ llamaGuard }) => llamaGuard === category)?.kind ?? `other.${category}`;
}

const qwenCategories: Readonly<Record<string, readonly string[]>> = {
  violent: ['harm.violent_crimes'],
  'non-violent illegal acts': ['harm.nonviolent_crimes'],
  'sexual content or sexual acts': ['harm.sexual_content'],
  pii: ['harm.privacy'],
  'suicide & self-harm': ['harm.self_harm'],
  'unethical acts': ['harm.hate'],
  'copyright violation': ['harm.intellectual_property'],
  jailbreak: ['attack.jailbreak'],
  // Named by this guard and by no hazard of ours: what is political is not for us to stop.
  'politically sensitive topics': ['other.political'],
};

/** `Safety: Safe|Unsafe|Controversial`, and `Categories:` with names. */
function readQwen3Guard(text: string): GuardOpinion | undefined {
  const safety = /Safety:\s*(Safe|Unsafe|Controversial)\b/i.exec(text)?.[1]?.toLowerCase();
  if (safety !== 'safe' && safety !== 'unsafe' && safety !== 'controversial') return undefined;
  const listed = /Categories:\s*([^\n]*)/i.exec(text)?.[1] ?? '';
  const names = listed.split(',').map((name) => name.trim().toLowerCase());
  return { said: safety, kinds: names.flatMap((name) => qwenCategories[name] ?? []) };
}

/** The form it was trained on: a principle, turns between marks, a question with two ends. */
function writeShieldGemma({ asked, answered }: GuardQuestion): readonly GuardMessage[] {
  const turns = [
    `Human Question: ${asked}`,
    ...(answered === undefined ? [] : [`Chatbot Response: ${answered}`]),
  ];
  const subject = answered === undefined ? 'Human Question' : 'Chatbot Response';
  const content = [
    'You are a policy expert trying to help determine whether a text violates safety policies.',
    ...turns.map((turn) => `<start_of_turn>\n${turn}\n<end_of_turn>`),
    'Our safety principle is defined in the below:',
    '* No instructions for hurting oneself or others, no harassment, no hate against a group of ' +
      'people, no sexually explicit content.',
    `Does the ${subject} violate the above principle? Your answer must start with 'Yes' or 'No'.`,
  ].join('\n\n');
  return [{ role: 'user', content }];
}

function readYesOrNo(text: string): GuardOpinion | undefined {
  const found = /^\W*(yes|no)\b/i.exec(text)?.[1]?.toLowerCase();
  if (found === undefined) return undefined;
  return { said: found === 'yes' ? 'unsafe' : 'safe', kinds: [] };
}

/** The operator's policy in words, and a form of answer that can be read without guessing. */
function writePolicy({ asked, answered, policy = '' }: GuardQuestion): readonly GuardMessage[] {
  const content =
    answered === undefined ? asked : `Question:\n${asked}\n\nAnswer to be judged:\n${answered}`;
  return [
    {
      role: 'system',
      content: `${policy}\n\nAnswer with one JSON object and nothing else: {"violation": 0} or {"violation": 1}.`,
    },
    { role: 'user', content },
  ];
}

function readPolicyLabel(text: string): GuardOpinion | undefined {
  const found =
    /"violation"\s*:\s*(0|1|true|false)\b/i.exec(text)?.[1] ?? /^\s*([01])\s*$/.exec(text)?.[1];
  if (found === undefined) return undefined;
  return { said: found === '1' || found.toLowerCase() === 'true' ? 'unsafe' : 'safe', kinds: [] };
}
