import { type ReadonlySignal, type Signal, computed, signal } from '@preact/signals';
import type { Client } from '../api/client.ts';
import { ApiFailure, asFailure } from '../api/failure.ts';
import type { PassageHead } from '../api/passage-head.ts';
import type { Refusal } from '../api/refusal.ts';
import { type ChatMessage, askModel } from './completion.ts';

export type Stage =
  | 'waiting'
  | 'writing'
  | 'complete'
  | 'length'
  /** The person stopped it. */
  | 'aborted'
  | 'refused-in'
  | 'refused-out'
  | 'failed';

export interface Answer {
  readonly stage: Stage;
  readonly text: string;
  readonly reasoning: string;
  readonly head: PassageHead | undefined;
  readonly refusal: Refusal | undefined;
  readonly failure: ApiFailure | undefined;
  /** What a teacher has let through later. */
  readonly released: string;
}

export interface Turn {
  readonly number: number;
  readonly question: string;
  /** The class the request stated: picked, or the usual one. */
  readonly dataClass: string;
  readonly answer: ReadonlySignal<Answer>;
}

/** One conversation. It goes on while another page is looked at. */
export interface Conversation {
  readonly turns: ReadonlySignal<readonly Turn[]>;
  readonly busy: ReadonlySignal<boolean>;
  readonly model: Signal<string>;
  /** The picked data class; empty for the usual one. */
  readonly dataClass: Signal<string>;
  readonly draft: Signal<string>;
  send(text: string, usualClass: string): Promise<void>;
  /** A teacher has let the answer of a turn through: from now on it is part of what was said. */
  release(turn: number, answer: string): void;
  stop(): void;
  clear(): void;
}

const fresh: Answer = {
  stage: 'waiting',
  text: '',
  reasoning: '',
  head: undefined,
  refusal: undefined,
  failure: undefined,
  released: '',
};

export function createConversation(client: Client): Conversation {
  const turns = signal<readonly Turn[]>([]);
  const answers = new Map<number, Signal<Answer>>();
  const model = signal('auto');
  const dataClass = signal('');
  const abort = signal<AbortController | undefined>(undefined);
  let count = 0;
  // What one conversation leads to holds for all of it, also where a turn is left out of the next.
  let name = randomName();
  const send = async (text: string, usualClass: string): Promise<void> => {
    if (abort.value !== undefined) return;
    const controller = new AbortController();
    abort.value = controller;
    const picked = dataClass.value === '' ? undefined : dataClass.value;
    const messages: ChatMessage[] = [...history(turns.value), { role: 'user', content: text }];
    const answer = signal<Answer>(fresh);
    count++;
    answers.set(count, answer);
    turns.value = [
      ...turns.value,
      { number: count, question: text, dataClass: picked ?? usualClass, answer },
    ];
    try {
      const question = { model: model.value, dataClass: picked, messages, conversation: name };
      await follow(answer, askModel(client, question, controller.signal));
    } catch (error) {
      answer.value = controller.signal.aborted
        ? { ...answer.value, stage: 'aborted' }
        : failed(answer.value, asFailure(error));
    } finally {
      if (abort.value === controller) abort.value = undefined;
    }
  };
  const stop = (): void => abort.value?.abort();
  return {
    turns,
    model,
    dataClass,
    draft: signal(''),
    busy: computed(() => abort.value !== undefined),
    send,
    stop,
    release(turn, released) {
      const found = answers.get(turn);
      if (found !== undefined) found.value = { ...found.value, released };
    },
    clear() {
      stop();
      abort.value = undefined;
      turns.value = [];
      answers.clear();
      name = randomName();
    },
  };
}

async function follow(answer: Signal<Answer>, events: ReturnType<typeof askModel>): Promise<void> {
  for await (const event of events) {
    const now = answer.value;
    switch (event.type) {
      case 'head':
        answer.value = { ...now, head: event.head };
        break;
      case 'text':
        answer.value = { ...now, stage: 'writing', text: now.text + event.text };
        break;
      case 'reasoning':
        answer.value = { ...now, stage: 'writing', reasoning: now.reasoning + event.text };
        break;
      case 'stopped':
        answer.value = { ...now, stage: 'refused-out', refusal: event.refusal };
        break;
      case 'end':
        if (now.stage === 'refused-out') break;
        answer.value = { ...now, stage: event.reason === 'length' ? 'length' : 'complete' };
        break;
    }
  }
}

function failed(now: Answer, failure: ApiFailure): Answer {
  const head = failure.head ?? now.head;
  return failure.refusal === undefined
    ? { ...now, stage: 'failed', failure, head }
    : { ...now, stage: 'refused-in', refusal: failure.refusal, head };
}

/**
 * What is sent along with the next question: whole exchanges only. A message that a rule stopped
 * would stop every later one as well.
 */
function history(turns: readonly Turn[]): readonly ChatMessage[] {
  return turns.flatMap(({ question, answer }) => {
    const { stage, text: said, released } = answer.value;
    const whole = stage === 'complete' || stage === 'length';
    const text = whole ? said : released;
    if (text === '') return [];
    return [
      { role: 'user' as const, content: question },
      { role: 'assistant' as const, content: text },
    ];
  });
}

function randomName(): string {
  // Not randomUUID: that one is there on secure pages only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
