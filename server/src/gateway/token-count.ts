import type { Caller } from './caller.ts';
import type { Dialect } from './dialect.ts';
import type { ExchangePorts } from './exchange.ts';
import { readRequest } from './incoming-request.ts';
import { estimatedTokens, inputCharacters } from './passage.ts';

/**
 * `POST /v1/messages/count_tokens`. No model is asked, so nothing passes and nothing is recorded;
 * the figure is an estimate and says so.
 */
export async function countTokens(
  ports: ExchangePorts,
  caller: Caller,
  dialect: Dialect,
): Promise<void> {
  const { texts } = await readRequest(ports.ruleBook().policy, caller, dialect);
  caller.sendJson(200, {
    input_tokens: estimatedTokens(inputCharacters(texts)),
    sekisho: { estimated: true },
  });
}
