import { type AwsCredentials, encodeAwsPath, sha256, signAwsRequest } from '#base';
import type { Explain } from './answer.ts';
import { bedrockStatus, converseAnswer } from './bedrock-answer.ts';
import type {
  CanonicalChat,
  CanonicalPart,
  CanonicalReasoning,
  CanonicalTool,
  CanonicalToolCall,
} from './canonical-chat.ts';
import { notInDialect } from './errors.ts';
import {
  type HttpOptions,
  type Outgoing,
  basePath,
  createHttpUpstream,
  jsonBody,
} from './http-upstream.ts';
import { type JsonObject, given, objectOf } from './json.ts';
import { Losses } from './losses.ts';
import { type Spoken, callId, kindOf, splitTurns } from './turns.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

export interface BedrockOptions extends HttpOptions {
  readonly region: string;
  /** Signs with these, or sends `apiKey` as a bearer token when that is given. */
  readonly credentials?: AwsCredentials;
  readonly apiKey?: string;
  /** Milliseconds since 1970: a signature is good for minutes. */
  readonly nowMs: () => number;
}

/**
 * The Converse dialect of Amazon Bedrock: JSON out, and a binary stream of messages back.
 * `baseUrl` is the address of the runtime endpoint.
 */
export function createBedrockUpstream(options: BedrockOptions): Upstream {
  return createHttpUpstream(options, {
    write: (request, base) => {
      const { body, lost } = writeConverse(request);
      const method = request.stream ? 'converse-stream' : 'converse';
      // Encoded once to go over the wire; the signature is over the path encoded once more.
      const path = `${basePath(base)}/model/${encodeSegment(request.model)}/${method}`;
      return { path, body, lost, headers: signedHeaders(options, { base, path, body }) };
    },
    reader: converseAnswer,
    explain,
  });
}

/** A model may be named by an ARN, with slashes that are part of its name. */
function encodeSegment(model: string): string {
  return encodeAwsPath(model).replaceAll('/', '%2F');
}

function signedHeaders(
  { region, credentials, apiKey, nowMs }: BedrockOptions,
  { base, path, body }: { base: URL; path: string; body: Uint8Array },
): Record<string, string> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, application/vnd.amazon.eventstream',
  };
  if (apiKey !== undefined) return { ...headers, authorization: `Bearer ${apiKey}` };
  if (credentials === undefined) return headers;
  return signAwsRequest(
    { method: 'POST', host: base.host, path, headers, payloadSha256: sha256(body) },
    { credentials, region, service: 'bedrock' },
    nowMs(),
  );
}

/** A request as the Converse dialect says it. The model stands in the path. */
export function writeConverse({ chat }: ChatRequest): Pick<Outgoing, 'body' | 'lost'> {
  const losses = new Losses();
  const { system, turns } = splitTurns(chat, losses, (message) => blocksOf(message, losses));
  losses.parameters(chat, 'seed', 'choices', 'logprobs', 'topLogprobs', 'logitBias', 'user');
  losses.parameters(chat, 'presencePenalty', 'frequencyPenalty', 'parallelToolCalls');
  losses.parameters(chat, 'reasoningEffort');
  losses.foreign(chat, 'bedrock');
  const inference = given({
    maxTokens: chat.maxTokens,
    temperature: chat.temperature === undefined ? undefined : Math.min(chat.temperature, 1),
    topP: chat.topP,
    stopSequences: chat.stop.length === 0 ? undefined : chat.stop,
  });
  if (chat.temperature !== undefined && chat.temperature > 1) losses.add('temperature');
  const body = {
    messages: turns.map(({ speaker, blocks }) => ({
      role: speaker === 'model' ? 'assistant' : 'user',
      content: blocks,
    })),
    ...given({
      system: system.length === 0 ? undefined : system.map((text) => ({ text })),
      inferenceConfig: Object.keys(inference).length === 0 ? undefined : inference,
      toolConfig: toolConfig(chat, losses),
      outputConfig: outputConfig(chat, losses),
      requestMetadata: requestMetadata(chat, losses),
    }),
    ...chat.extra.bedrock,
  };
  return { body: jsonBody(body), lost: losses.names };
}

/**
 * There is no word for "no tools now" here: a conversation in which tools were used is refused
 * unless they are declared. So they are, by their names when the caller gives no more.
 */
function toolConfig(chat: CanonicalChat, losses: Losses): JsonObject | undefined {
  const used = chat.messages.flatMap((message) =>
    message.role === 'assistant' ? message.toolCalls.map((call) => call.name) : [],
  );
  const none = chat.tools.length === 0 || chat.toolChoice === 'none';
  if (none && used.length === 0) return undefined;
  if (none) losses.add('tool_choice');
  const declared = new Set(chat.tools.map((tool) => tool.name));
  const undeclared = [...new Set(used)].filter((name) => !declared.has(name));
  return {
    tools: [...chat.tools, ...(none ? undeclared : []).map((name) => ({ name }))].map(toolSpec),
    ...given({ toolChoice: choiceOf(chat.toolChoice) }),
  };
}

function toolSpec(tool: CanonicalTool): JsonObject {
  return {
    toolSpec: {
      name: tool.name,
      ...given({ description: tool.description || undefined }),
      inputSchema: { json: tool.parameters ?? { type: 'object', properties: {} } },
      ...(tool.strict === true ? { strict: true } : {}),
    },
  };
}

function choiceOf(choice: CanonicalChat['toolChoice']): JsonObject | undefined {
  switch (choice) {
    case undefined:
    case 'none':
      return undefined;
    case 'auto':
      return { auto: {} };
    case 'required':
      return { any: {} };
    default:
      return { tool: { name: choice.name } };
  }
}

function outputConfig(chat: CanonicalChat, losses: Losses): JsonObject | undefined {
  const { responseFormat: format } = chat;
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object' || format.schema === undefined) {
    losses.add('response_format');
    return undefined;
  }
  const { name, description } = format;
  const jsonSchema = { schema: JSON.stringify(format.schema), name, ...given({ description }) };
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}

/** Labels for the operator's invoice, of a few characters only. */
function requestMetadata({ metadata }: CanonicalChat, losses: Losses): JsonObject | undefined {
  const entries = Object.entries(metadata ?? {});
  if (entries.length === 0) return undefined;
  const allowed = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;
  const fits = entries.every(([name, value]) => allowed.test(name) && allowed.test(String(value)));
  if (fits && entries.length <= 16) return metadata;
  losses.add('metadata');
  return undefined;
}

function blocksOf(message: Spoken, losses: Losses): readonly JsonObject[] {
  const documents = { count: 0 };
  const content = message.parts.flatMap((part) => contentBlocks(part, losses, documents));
  switch (message.role) {
    case 'user':
      return content;
    case 'tool':
      return [
        {
          toolResult: {
            toolUseId: callId(message.toolCallId),
            content: content.length === 0 ? [{ text: '' }] : content,
            ...(message.isError === true ? { status: 'error' } : {}),
          },
        },
      ];
    case 'assistant':
      return [
        ...message.reasoning.flatMap((thought) => reasoningBlocks(thought, losses)),
        ...content,
        ...message.toolCalls.map((call) => toolUse(call, losses)),
      ];
  }
}

/** Reasoning goes back with its signature or not at all. */
function reasoningBlocks(thought: CanonicalReasoning, losses: Losses): readonly JsonObject[] {
  const { text, signature } = thought;
  if (signature === undefined) {
    losses.add('messages.reasoning');
    return [];
  }
  return thought.redacted === true
    ? [{ reasoningContent: { redactedContent: signature } }]
    : [{ reasoningContent: { reasoningText: { text, signature } } }];
}

function toolUse(call: CanonicalToolCall, losses: Losses): JsonObject {
  let input = objectOf(call.arguments);
  if (input === undefined) {
    losses.add('messages.tool_calls.arguments');
    input = { arguments: call.arguments };
  }
  return { toolUse: { toolUseId: callId(call.id), name: call.name, input } };
}

function contentBlocks(
  part: CanonicalPart,
  losses: Losses,
  documents: { count: number },
): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'image': {
      if ('url' in part.source) throw notInDialect('an image by its address');
      if (part.detail !== undefined && part.detail !== 'auto') losses.add('messages.image.detail');
      const format = imageFormats[part.source.mediaType];
      if (format === undefined) throw notInDialect('an image of that media type');
      return [{ image: { format, source: { bytes: part.source.base64 } } }];
    }
    case 'file': {
      if (!('base64' in part.source)) throw notInDialect('a file by its address or id');
      const format = documentFormats[part.source.mediaType];
      if (format === undefined) throw notInDialect('a file of that media type');
      // The name is shown to the model; one of ours cannot be an instruction.
      if (part.name !== undefined) losses.add('messages.file.filename');
      documents.count++;
      const name = `document-${documents.count}`;
      return [{ document: { format, name, source: { bytes: part.source.base64 } } }];
    }
    case 'audio':
    case 'unknown':
      throw notInDialect(`content of the kind "${kindOf(part)}"`);
  }
}

const imageFormats: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const documentFormats: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};

/** The type of an error stands in a header, with more behind a colon. */
const explain: Explain = (_body, response) => {
  const [type = ''] = (response.header('x-amzn-errortype') ?? '').split(':');
  return given({ status: bedrockStatus(type) });
};
