import type { Caller } from './caller.ts';
import type { Dialect } from './dialect.ts';
import { type ExchangePorts, admitFrom } from './exchange.ts';
import type { ApiKey } from './key-store.ts';
import { estimatedTokens, inputCharacters } from './passage.ts';

/**
 * `POST /v1/messages/count_tokens`. No model is asked, so nothing passes and nothing is recorded;
 * the figure is an estimate and says so.
 */
export async function countTokens(
  ports: ExchangePorts,
  caller: Caller,
  asked: { readonly key: ApiKey; readonly dialect: Dialect },
): Promise<void> {
  const { admitted } = await admitFrom(ports.ruleBook(), caller, asked);
  caller.sendJson(200, {
    input_tokens: estimatedTokens(inputCharacters(admitted.request)),
    sekisho: { estimated: true },
  });
}
