import { limits } from '#base';
import type { Policy } from '#policy';
import type { KeyRequest } from './accounts.ts';
import type { Caller } from './caller.ts';
import type { Dialect, ParsedRequest } from './dialect.ts';
import { GatewayError } from './errors.ts';
import { isObject } from './json.ts';
import { estimatedTokens, inputCharacters } from './passage.ts';
import { type ReadJson, parseJson, readBody } from './request-body.ts';
import { knowsModel } from './route.ts';

/** Reads a request; nothing has looked at it yet, and nothing is recorded. */
export async function readRequest(
  policy: Policy,
  caller: Caller,
  dialect: Dialect,
): Promise<{ readonly parsed: ParsedRequest; readonly read: ReadJson }> {
  const read = parseJson(await readBody(caller.request));
  if (!isObject(read.value)) {
    throw new GatewayError('invalid_value', { detail: 'The body is not a JSON object.' });
  }
  const parsed = dialect.parse(read.value);
  if (!knowsModel(policy, parsed.body.model)) {
    throw new GatewayError('model_not_found', { param: 'model' });
  }
  return { parsed, read };
}

/** What a key's bounds and budgets are asked about. */
export function keyRequest(request: ParsedRequest, dialect: Dialect): KeyRequest {
  const { body } = request;
  const answer = body.max_completion_tokens ?? body.max_tokens ?? limits.reservedAnswerTokens;
  return {
    model: body.model,
    inputTokens: estimatedTokens(inputCharacters(request)),
    outputTokens: dialect.createWriter === undefined ? 0 : answer * (body.n ?? 1),
  };
}
