import type { CanonicalChat } from './canonical-chat.ts';
import { notInDialect } from './errors.ts';
import { Losses } from './losses.ts';

/**
 * Names of what a request asks for that the embedded model cannot do: it reads text and writes
 * text.
 * @throws UpstreamError `refused_input` for content that is no text
 */
export function embeddedLosses(chat: CanonicalChat): readonly string[] {
  const silent = chat.messages.some(({ parts }) =>
    parts.some(({ type }) => type !== 'text' && type !== 'refusal'),
  );
  if (silent) throw notInDialect('anything but text');
  const losses = new Losses();
  losses.parameters(chat, 'tools', 'choices', 'logprobs');
  if (chat.responseFormat?.type !== 'text') losses.parameters(chat, 'responseFormat');
  losses.parameters(chat, 'presencePenalty', 'frequencyPenalty', 'logitBias', 'reasoningEffort');
  losses.foreign(chat);
  return losses.names;
}
