import type { CanonicalChat } from './canonical-chat.ts';

type Parameter = Exclude<keyof CanonicalChat, 'messages' | 'extra'>;

/** What a caller calls each parameter. */
const names: Readonly<Record<Parameter, string>> = {
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  responseFormat: 'response_format',
  stop: 'stop',
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_tokens',
  seed: 'seed',
  choices: 'n',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  logitBias: 'logit_bias',
  user: 'user',
  metadata: 'metadata',
  reasoningEffort: 'reasoning_effort',
};

/**
 * Collects the names of what a dialect could not carry. Parameters only steer an answer, so one is
 * asked for without them and the caller is told; content that cannot be carried is refused.
 */
export class Losses {
  readonly #names = new Set<string>();

  get names(): readonly string[] {
    return [...this.#names];
  }

  add(name: string): void {
    this.#names.add(name);
  }

  /** Those of these parameters that were given and ask for more than a dialect does by itself. */
  parameters(chat: CanonicalChat, ...without: readonly Parameter[]): void {
    for (const parameter of without) {
      if (asksForSomething(parameter, chat[parameter])) this.add(names[parameter]);
    }
  }

  /** Members of other dialects than this one. */
  foreign(chat: CanonicalChat, own?: keyof CanonicalChat['extra']): void {
    for (const [dialect, members] of Object.entries(chat.extra)) {
      if (dialect !== own) for (const name of Object.keys(members)) this.add(name);
    }
  }
}

/** What a value is when it asks for nothing but what is done anyway. */
const usual: Readonly<Partial<Record<Parameter, unknown>>> = {
  choices: 1,
  logprobs: false,
  parallelToolCalls: true,
  presencePenalty: 0,
  frequencyPenalty: 0,
};

function asksForSomething(parameter: Parameter, value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== usual[parameter];
}
