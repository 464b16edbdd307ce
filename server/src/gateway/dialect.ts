import type { Language } from '#base';
import type { Caller } from './caller.ts';
import type { AnswerHead, Usage } from './chat-response.ts';
import type { GatewayError } from './errors.ts';
import type { Image } from './image.ts';
import type { JsonObject } from './json.ts';
import type { Refusal } from './refusal.ts';
import type { UnknownMember } from './request-body.ts';
import type { ChatBody } from './schema.ts';
import type { Released, SupervisedAnswer } from './supervised-answer.ts';

/** A request of some dialect, understood. */
export interface ParsedRequest {
  /** As it came. Every text in it is inspected, whether anybody knows the member or not. */
  readonly wire: JsonObject;
  /** The same as all upstreams understand it. */
  readonly body: ChatBody;
  /** What of `wire` is not in `body`: it reaches upstreams of the same dialect only. */
  readonly unknown: readonly UnknownMember[];
  readonly images: readonly Image[];
}

export interface WriterOptions {
  readonly head: AnswerHead;
  readonly request: ParsedRequest;
  readonly answer: SupervisedAnswer;
  /** Asked for when the first byte leaves, since they name what happened until then. */
  readonly headers: () => Readonly<Record<string, string>>;
}

/** Gives one answer to its caller, streamed or whole. */
export interface AnswerWriter {
  /** Sends what may leave. An answer that is not streamed waits for its end. */
  release(released: Released): Promise<void> | undefined;
  /** The last bytes of an answer. Its outcome must be durable by now. */
  finish(
    answer: SupervisedAnswer,
    extra: {
      readonly usage: Usage;
      readonly refusal: Refusal | undefined;
      /** What the rules of a class say beside the answer, for dialects that have room for it. */
      readonly school?: object | undefined;
    },
  ): Promise<void>;
  /** A failure after the first byte: an error event and no end mark, so it is not taken for one. */
  fail(error: GatewayError): Promise<void>;
}

/** How an error is told: each dialect has a shape that its clients branch on. */
export type ErrorShape = (error: GatewayError, language: Language) => object;

/** One wire form of asking a model something. Each is one file. */
export interface Dialect {
  /** As it stands in the record. */
  readonly name: string;
  /** Dialects of upstreams, as the rule book names them, that read this form as it is. */
  readonly nativeTo: ReadonlySet<string>;
  /** Request headers that belong to the form and go on with it. */
  readonly headers: readonly string[];
  /** @throws GatewayError that names the member at fault */
  parse(wire: JsonObject): ParsedRequest;
  readonly errorBody: ErrorShape;
  /** The body of status 400 when a rule stopped the request. */
  refusalBody(told: Refusal): object;
  /** Undefined for a form whose answers hold no text. */
  readonly createWriter: ((caller: Caller, options: WriterOptions) => AnswerWriter) | undefined;
}
