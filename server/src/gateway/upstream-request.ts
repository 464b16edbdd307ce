import type { DeclaredUpstream } from '#policy';
import { type ChatRequest, type EmbedRequest, canonicalChat } from '#upstream';
import type { JsonObject } from './json.ts';
import type { Admitted } from './passage.ts';
import type { ReadJson } from './request-body.ts';
import { plainMessages } from './request-text.ts';
import type { ChatBody } from './schema.ts';
import { splicedBody } from './spliced-body.ts';

/**
 * A request as one upstream gets it. An upstream of the caller's own dialect gets all that the
 * caller said; where nothing had to change, the very bytes that came.
 */
export function upstreamRequest(
  admitted: Admitted,
  read: ReadJson,
  declared: DeclaredUpstream,
): ChatRequest {
  const { dialect, effective } = admitted;
  const { body } = effective;
  const native = dialect.nativeTo.has(declared.dialect);
  const stream = body.stream === true;
  const { model } = declared;
  const isChat = dialect.nativeTo.has('openai-compatible');
  // Members that a translation may know go along with it; what it does not know, it names.
  const said = isChat ? effective.wire : (body as unknown as JsonObject);
  // Only this dialect says what was used in a stream when it is asked to.
  const asked = stream ? { stream_options: { include_usage: true } } : {};
  const forward = { ...said, model, ...asked };
  const same = native && isChat && read.exact && effective === admitted.request;
  const bytes = same ? forwarded(admitted, read, model) : undefined;
  return {
    model,
    // Most upstreams take the bytes, so the view is made for those that ask for it.
    get chat() {
      return canonicalChat(forward);
    },
    messages: plainMessages(body),
    body: bytes ?? Buffer.from(JSON.stringify(forward), 'utf8'),
    ...(native && !isChat
      ? {
          native: {
            dialect: 'anthropic',
            body: Buffer.from(JSON.stringify({ ...effective.wire, model }), 'utf8'),
            headers: admitted.dialectHeaders,
          },
        }
      : {}),
    stream,
    ...numbersOf(body),
  };
}

/** The very bytes that came, but for the model and for asking what was used in a stream. */
function forwarded({ request }: Admitted, read: ReadJson, model: string): Uint8Array | undefined {
  const { body, wire } = request;
  const usage = body.stream === true && body.stream_options?.include_usage !== true;
  if (!usage && body.model === model) return read.bytes;
  if (usage && wire['stream_options'] !== undefined) return undefined;
  return splicedBody(read.bytes, { from: body.model, to: model, usage });
}

/** The same for texts that are to become vectors. */
export function embedRequest(
  { effective, request }: Admitted,
  read: ReadJson,
  { model }: DeclaredUpstream,
): EmbedRequest {
  const unchanged = read.exact && effective === request && request.body.model === model;
  return {
    body: unchanged
      ? read.bytes
      : Buffer.from(JSON.stringify({ ...effective.wire, model }), 'utf8'),
    texts: effective.body.messages.length,
  };
}

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

function numbersOf(body: ChatBody): Partial<ChatRequest> {
  const { stop } = body;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined;
  const said: Mutable<Partial<ChatRequest>> = {};
  if (maxTokens !== undefined) said.maxTokens = maxTokens;
  if (typeof body.temperature === 'number') said.temperature = body.temperature;
  if (typeof body.top_p === 'number') said.topP = body.top_p;
  if (typeof body.seed === 'number') said.seed = body.seed;
  if (typeof stop === 'string') said.stop = [stop];
  else if (stop !== undefined && stop !== null) said.stop = stop;
  return said;
}
