import { type PassageHead, readPassageHead } from './passage-head.ts';
import { type Refusal, readRefusal } from './refusal.ts';
import { parseJson, shape, text } from './shape.ts';

/** What a person can do about it decides the kind; each has its texts. */
export type FailureKind =
  | 'network'
  | 'unauthorized'
  | 'busy'
  | 'server'
  | 'rejected'
  | 'not_found'
  | 'cut'
  | 'unreadable';

interface FailureDetail {
  readonly code?: string;
  readonly sentence?: string;
  readonly refusal?: Refusal;
  readonly head?: PassageHead;
}

export class ApiFailure extends Error {
  readonly kind: FailureKind;
  /** The server's own code, such as `no_permitted_upstream`. */
  readonly code: string;
  /** The server's own sentence, in the language that was asked for. */
  readonly sentence: string;
  readonly refusal: Refusal | undefined;
  /** Where there is one, the failure itself is on record and has a receipt. */
  readonly head: PassageHead | undefined;

  constructor(kind: FailureKind, detail: FailureDetail & { readonly cause?: unknown } = {}) {
    super(`couldn't use the checkpoint: ${kind}`, { cause: detail.cause });
    this.kind = kind;
    this.code = detail.code ?? '';
    this.sentence = detail.sentence ?? '';
    this.refusal = detail.refusal;
    this.head = detail.head;
  }
}

/** The failure that an answer with an error status stands for. */
export function failureOf(status: number, headers: Headers, body: string): ApiFailure {
  const head = readPassageHead(headers);
  return new ApiFailure(kindOf(status), {
    ...errorDetail(parseJson(body)),
    ...(head === undefined ? {} : { head }),
  });
}

/** @param body in OpenAI's error shape */
export function errorDetail(body: unknown): FailureDetail {
  const error = shape(shape(body)['error']);
  const refusal = readRefusal(error['sekisho']);
  return {
    code: text(error['code']),
    sentence: text(error['message']),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function kindOf(status: number): FailureKind {
  if (status === 401) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 429) return 'busy';
  return status >= 500 ? 'server' : 'rejected';
}

/** Whatever was thrown, as a failure that has its texts. */
export function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure('unreadable', { cause: error });
}
