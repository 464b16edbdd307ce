import { limits } from '#base';
import type { Ban, DeclaredUpstream, Policy } from '#policy';
import { type ChatRequest, canonicalChat } from '#upstream';

/** A message to a guard or a judge. */
export interface AskedMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/**
 * A guard and a judge are models like any other: what a class of data may not reach, or a finding
 * keeps away, they may not read either.
 */
export function mayRead(
  of: {
    readonly policy: Policy;
    readonly dataClass: string;
    readonly bans: readonly Ban[];
  },
  { id, jurisdiction }: DeclaredUpstream,
): boolean {
  const banned = of.bans.some(({ jurisdictions }) => jurisdictions.includes(jurisdiction));
  return !banned && of.policy.permitted(of.dataClass).some((one) => one.id === id);
}

/** A question that is answered in a word or two, always in the same way. */
export function questionTo(model: string, messages: readonly AskedMessage[]): ChatRequest {
  const body = { model, messages, temperature: 0, max_tokens: limits.guardAnswerTokens };
  return {
    model,
    get chat() {
      return canonicalChat(body);
    },
    messages: messages.map(({ role, content }) => ({ role, text: content })),
    body: Buffer.from(JSON.stringify(body), 'utf8'),
    stream: false,
    temperature: 0,
    maxTokens: limits.guardAnswerTokens,
  };
}
