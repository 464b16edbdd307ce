// Models behind endpoints. One file per wire dialect; every one of them speaks the same events.
export { UpstreamError, type UpstreamErrorCode } from './errors.ts';
export { type ChatEvent, type FinishReason, finishReasons } from './event.ts';
export {
  type OpenAiCompatibleOptions,
  createOpenAiCompatibleUpstream,
} from './openai-compatible.ts';
export { ServerSentEventReader } from './server-sent-events.ts';
export type { ChatMessage, ChatRequest, Upstream } from './upstream.ts';
export { type EmbeddedOptions, type EmbeddedUpstream, createEmbeddedUpstream } from './embedded.ts';
