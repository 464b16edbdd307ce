// Models behind endpoints. One file per wire dialect; every one of them speaks the same events.
export {
  type CanonicalChat,
  type CanonicalExtra,
  type CanonicalMessage,
  type CanonicalPart,
  canonicalChat,
} from './canonical-chat.ts';
export type { EmbedAnswer, EmbedRequest } from './embeddings.ts';
export { type RefusalReason, UpstreamError, type UpstreamErrorCode } from './errors.ts';
export {
  type ChatEvent,
  type ChatEventIterator,
  type ChatEvents,
  type ChosenLogprob,
  type FinishReason,
  type TokenLogprob,
  finishReasons,
} from './event.ts';
export { type RemoteDeclaration, createRemoteUpstream } from './remote.ts';
export { createAnthropicUpstream } from './anthropic.ts';
export { createAzureOpenAiUpstream } from './azure-openai.ts';
export { createBedrockUpstream } from './bedrock.ts';
export { createGeminiUpstream } from './gemini.ts';
export { createOpenAiCompatibleUpstream } from './openai-compatible.ts';
export { ServerSentEventReader } from './server-sent-events.ts';
export type { ChatMessage, ChatRequest, NativeRequest, Upstream } from './upstream.ts';
export { type EmbeddedOptions, type EmbeddedUpstream, createEmbeddedUpstream } from './embedded.ts';
export { type ResolveName, createPool, namesPrivateNetwork } from './connection.ts';
