import { z } from 'zod';
import { EventStreamAnswer, JsonAnswer, isEventStream } from './answer-reader.ts';
import type { AnswerReader, EventParser } from './answer-reader.ts';
import { cut, parseAs, parseJson, reported } from './answer.ts';
import type { ChatEvent, ChosenLogprob, FinishReason } from './event.ts';
import type { ExchangeResponse } from './exchange.ts';
import { given, word } from './json.ts';
import { ToolCalls, argumentsText } from './tool-calls.ts';

const tokens = z.int().min(0).nullish();

const partSchema = z.looseObject({
  text: z.string().nullish(),
  thought: z.boolean().nullish(),
  thoughtSignature: z.string().nullish(),
  functionCall: z
    .looseObject({
      id: z.string().nullish(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

const logprob = z.looseObject({ token: z.string(), logProbability: z.number() });

const candidateSchema = z.looseObject({
  index: z.int().min(0).max(127).default(0),
  content: z.looseObject({ parts: z.array(partSchema).max(10_000).nullish() }).nullish(),
  finishReason: z.string().nullish(),
  logprobsResult: z
    .looseObject({
      chosenCandidates: z.array(logprob).max(100_000).nullish(),
      topCandidates: z
        .array(z.looseObject({ candidates: z.array(logprob).max(128).nullish() }))
        .max(100_000)
        .nullish(),
    })
    .nullish(),
});

const answerSchema = z.looseObject({
  candidates: z.array(candidateSchema).max(128).nullish(),
  promptFeedback: z.looseObject({ blockReason: z.string().nullish() }).nullish(),
  usageMetadata: z
    .looseObject({
      promptTokenCount: tokens,
      toolUsePromptTokenCount: tokens,
      candidatesTokenCount: tokens,
      thoughtsTokenCount: tokens,
      cachedContentTokenCount: tokens,
    })
    .nullish(),
  error: z.looseObject({ status: z.string().nullish(), code: z.unknown().optional() }).nullish(),
});

type Part = z.infer<typeof partSchema>;
type Candidate = z.infer<typeof candidateSchema>;
type Usage = NonNullable<z.infer<typeof answerSchema>['usageMetadata']>;

/**
 * Reads an answer in the Gemini dialect, streamed (`alt=sse`) or whole. The dialect has no end mark:
 * a stream is whole when every candidate has a reason to have ended.
 */
export function geminiAnswer(response: ExchangeResponse): AnswerReader {
  const parser = new GeminiParser();
  return isEventStream(response)
    ? new EventStreamAnswer(parser)
    : new JsonAnswer(response, (value) => parser.whole(value));
}

/** The HTTP status that the dialect's own name for an error stands for. */
export function geminiStatus(name: string | null | undefined): number | undefined {
  return name && Object.hasOwn(statuses, name) ? statuses[name] : undefined;
}

const statuses: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

class GeminiParser implements EventParser {
  readonly done = false;
  readonly #calls = new Map<number, ToolCalls>();
  readonly #ends = new Map<number, string | undefined>();
  readonly #lost = new Set<string>();
  #blocked: string | undefined;

  /** Without alt=sse a stream is a JSON list of the same objects. */
  *whole(value: unknown): Generator<ChatEvent> {
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) {
      yield* this.#part(part);
    }
    yield* this.end();
  }

  event(data: string): Iterable<ChatEvent> {
    return this.#part(parseJson(data));
  }

  *#part(value: unknown): Generator<ChatEvent> {
    const answer = parseAs(answerSchema, value, 'it is not of the dialect');
    if (answer.error) {
      throw reported(given({ status: geminiStatus(answer.error.status) }));
    }
    for (const candidate of answer.candidates ?? []) yield* this.#candidate(candidate);
    if (answer.promptFeedback?.blockReason) this.#blocked = answer.promptFeedback.blockReason;
    if (answer.usageMetadata) yield usageEvent(answer.usageMetadata);
  }

  /** Reasons come last, since one may arrive before the last part of its candidate. */
  *end(): Generator<ChatEvent> {
    if (this.#ends.size === 0 && this.#blocked !== undefined) {
      yield finish(0, 'content_filter', this.#blocked);
      return;
    }
    if (this.#ends.size === 0) throw cut();
    for (const [choice, said] of this.#ends) {
      if (said === undefined) throw cut();
      const reason = finishReason(said);
      const called = this.#calls.get(choice)?.seen === true;
      yield finish(choice, reason === 'stop' && called ? 'tool_calls' : reason, said);
    }
  }

  *#candidate(candidate: Candidate): Generator<ChatEvent> {
    const { index: choice } = candidate;
    if (!this.#ends.has(choice)) this.#ends.set(choice, undefined);
    const logprobs = logprobsOf(candidate);
    let weighed = logprobs.length === 0 ? {} : { logprobs };
    for (const part of candidate.content?.parts ?? []) {
      yield* this.#content(choice, part, weighed);
      // They are of the whole event: one text carries them.
      if (part.text && part.thought !== true) weighed = {};
    }
    if (weighed.logprobs !== undefined) {
      yield { type: 'delta', choice, channel: 'content', text: '', ...weighed };
    }
    for (const name of ['groundingMetadata', 'citationMetadata', 'urlContextMetadata']) {
      if (candidate[name]) yield* this.#lose(name);
    }
    if (candidate.finishReason && candidate.finishReason !== 'FINISH_REASON_UNSPECIFIED') {
      this.#ends.set(choice, candidate.finishReason);
    }
  }

  *#content(
    choice: number,
    part: Part,
    weighed: { logprobs?: readonly ChosenLogprob[] },
  ): Generator<ChatEvent> {
    const { text, functionCall: call, thoughtSignature: signature } = part;
    if (call) {
      const calls = this.#calls.get(choice) ?? new ToolCalls();
      this.#calls.set(choice, calls);
      yield calls.event(choice, {
        index: calls.size,
        id: call.id ?? undefined,
        name: call.name,
        arguments: argumentsText(call.args),
        signature: signature ?? undefined,
      });
      return;
    }
    if (text) {
      const said = part.thought === true ? ({ channel: 'reasoning' } as const) : weighed;
      yield { type: 'delta', choice, channel: 'content', text, ...said };
    } else if (typeof text !== 'string') {
      const [kind] = Object.keys(part).filter((name) => !partMembers.has(name));
      if (kind !== undefined) yield* this.#lose(word(kind) ?? 'content');
    }
    if (signature) yield { type: 'delta', choice, channel: 'reasoning', text: '', signature };
  }

  *#lose(name: string): Generator<ChatEvent> {
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    yield { type: 'lost', names: [name] };
  }
}

const partMembers = new Set(Object.keys(partSchema.shape));

function finish(choice: number, reason: FinishReason, said: string): ChatEvent {
  return { type: 'finish', choice, reason, ...given({ upstreamReason: word(said.toLowerCase()) }) };
}

function usageEvent(usage: Usage): ChatEvent {
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const cached = usage.cachedContentTokenCount ?? 0;
  return {
    type: 'usage',
    inputTokens: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    // Thoughts are counted beside the candidates here, not inside them.
    outputTokens: (usage.candidatesTokenCount ?? 0) + thoughts,
    estimated: false,
    ...(cached === 0 ? {} : { cachedTokens: cached }),
    ...(thoughts === 0 ? {} : { reasoningTokens: thoughts }),
  };
}

function logprobsOf({ logprobsResult: result }: Candidate): readonly ChosenLogprob[] {
  return (result?.chosenCandidates ?? []).map((chosen, place) => ({
    token: chosen.token,
    logprob: chosen.logProbability,
    top: (result?.topCandidates?.[place]?.candidates ?? []).map((one) => ({
      token: one.token,
      logprob: one.logProbability,
    })),
  }));
}

const filtered = new Set(
  (
    'SAFETY BLOCKLIST PROHIBITED_CONTENT SPII RECITATION IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT ' +
    'IMAGE_RECITATION MODEL_ARMOR'
  ).split(' '),
);

function finishReason(said: string): FinishReason {
  if (filtered.has(said)) return 'content_filter';
  return said === 'MAX_TOKENS' ? 'length' : 'stop';
}
