import { limits } from '#base';
import type { Policy } from '#policy';
import type { KeyRequest } from './accounts.ts';
import type { Caller } from './caller.ts';
import type { Dialect, ParsedRequest } from './dialect.ts';
import { GatewayError } from './errors.ts';
import { isObject } from './json.ts';
import { estimatedTokens, inputCharacters, textsOf } from './passage.ts';
import { type ReadJson, parseJson, readBody } from './request-body.ts';
import type { TextPart } from './request-text.ts';
import { knowsModel } from './route.ts';

/** A request that was read. Nothing has looked at it yet, and nothing is recorded. */
export interface IncomingRequest {
  readonly parsed: ParsedRequest;
  readonly read: ReadJson;
  /** Every text of it, collected once for all who ask. */
  readonly texts: readonly TextPart[];
}

/** @throws GatewayError */
export async function readRequest(
  policy: Policy,
  caller: Caller,
  dialect: Dialect,
): Promise<IncomingRequest> {
  const read = parseJson(await readBody(caller.request));
  if (!isObject(read.value)) {
    throw new GatewayError('invalid_value', { detail: 'The body is not a JSON object.' });
  }
  const parsed = dialect.parse(read.value);
  if (!knowsModel(policy, parsed.body.model)) {
    throw new GatewayError('model_not_found', { param: 'model' });
  }
  return { parsed, read, texts: textsOf(parsed) };
}

/** What a key's bounds and budgets are asked about. */
export function keyRequest({ parsed, texts }: IncomingRequest, dialect: Dialect): KeyRequest {
  const { body } = parsed;
  const answer = body.max_completion_tokens ?? body.max_tokens ?? limits.reservedAnswerTokens;
  return {
    model: body.model,
    inputTokens: estimatedTokens(inputCharacters(texts)),
    outputTokens: dialect.createWriter === undefined ? 0 : answer * (body.n ?? 1),
  };
}
