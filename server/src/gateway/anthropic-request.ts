import type { MessagesBody, MessagesMessage } from './anthropic-schema.ts';
import { messagesRequestSchema } from './anthropic-schema.ts';
import type { ParsedRequest } from './dialect.ts';
import { type Image, imageOfBase64, imageOfUrl } from './image.ts';
import type { JsonObject } from './json.ts';
import { readAs } from './request-body.ts';
import type { ChatBody, WireMessage } from './schema.ts';

/**
 * Reads a Messages request and says it in the canonical form.
 * @throws GatewayError that names the member at fault
 */
export function parseMessages(wire: JsonObject): ParsedRequest {
  const { known, unknown } = readAs(messagesRequestSchema, wire);
  const images: Image[] = [];
  const messages = known.messages.flatMap((message, i) =>
    message.role === 'user' ? userTurn(message, i, images) : [assistantTurn(message)],
  );
  return { wire, body: bodyOf(known, messages), unknown, images };
}

function bodyOf(known: MessagesBody, messages: readonly WireMessage[]): ChatBody {
  const { system, tools, tool_choice: choice, stop_sequences: stop, thinking } = known;
  const format = known.output_config?.format ?? known.output_format;
  const serial =
    choice !== null && choice !== undefined && 'disable_parallel_tool_use' in choice
      ? choice.disable_parallel_tool_use === true
      : false;
  return defined({
    model: known.model,
    messages: [...systemTurn(system), ...messages],
    stream: known.stream,
    max_tokens: known.max_tokens,
    temperature: known.temperature,
    top_p: known.top_p,
    stop: stop ?? undefined,
    tools: tools?.map(({ name, description, input_schema: parameters, strict }) => ({
      type: 'function' as const,
      function: defined({ name, description, parameters, strict }),
    })),
    tool_choice: toolChoice(choice),
    parallel_tool_calls: serial ? false : undefined,
    reasoning_effort: effort(thinking),
    response_format: format
      ? {
          type: 'json_schema' as const,
          json_schema: { name: 'answer', schema: format.schema, strict: true },
        }
      : undefined,
    user: known.metadata?.user_id,
  });
}

function systemTurn(system: MessagesBody['system']): readonly WireMessage[] {
  if (system === null || system === undefined || system.length === 0) return [];
  const content =
    typeof system === 'string' ? system : system.map(({ text }) => ({ ...textOf(text) }));
  return [{ role: 'system', content }];
}

function textOf(text: string): { type: 'text'; text: string } {
  return { type: 'text', text };
}

type UserMessage = MessagesMessage & { role: 'user' };
type UserBlock = Exclude<UserMessage['content'], string>[number];
type ImageBlock = UserBlock & { type: 'image' };
type ToolResult = UserBlock & { type: 'tool_result' };

/**
 * Results of tools are turns of their own in the canonical form, and come first. A picture that a
 * tool gave cannot stand there, so it follows in the person's turn.
 */
function userTurn(message: UserMessage, at: number, images: Image[]): readonly WireMessage[] {
  if (typeof message.content === 'string') return [{ role: 'user', content: message.content }];
  const results: WireMessage[] = [];
  const parts: Exclude<(WireMessage & { role: 'user' })['content'], string> = [];
  for (const [i, block] of message.content.entries()) {
    const path = `messages[${at}].content[${i}]`;
    if (block.type === 'text') parts.push(textOf(block.text));
    else if (block.type === 'image') parts.push(picture(block, path, images));
    else {
      const { result, pictures } = toolResult(block, path, images);
      results.push(result);
      parts.push(...pictures);
    }
  }
  return parts.length === 0 ? results : [...results, { role: 'user', content: parts }];
}

function toolResult(
  block: ToolResult,
  path: string,
  images: Image[],
): { result: WireMessage; pictures: ReturnType<typeof picture>[] } {
  const { tool_use_id: id, is_error: isError } = block;
  const content = block.content ?? '';
  const list = typeof content === 'string' ? [] : [...content.entries()];
  const texts =
    typeof content === 'string'
      ? content
      : list.flatMap(([, part]) => (part.type === 'text' ? [textOf(part.text)] : []));
  return {
    result: {
      role: 'tool',
      tool_call_id: id,
      content: texts.length === 0 ? '' : texts,
      ...(isError === true ? { is_error: true } : {}),
    },
    pictures: list.flatMap(([i, part]) =>
      part.type === 'image' ? [picture(part, `${path}.content[${i}]`, images)] : [],
    ),
  };
}

function picture(
  { source }: ImageBlock,
  path: string,
  images: Image[],
): { type: 'image_url'; image_url: { url: string } } {
  if (source.type === 'url') {
    images.push(imageOfUrl(source.url, `${path}.source.url`));
    return { type: 'image_url', image_url: { url: source.url } };
  }
  const { media_type: mediaType, data } = source;
  images.push(imageOfBase64(data, mediaType, `${path}.source.data`));
  return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } };
}

function assistantTurn({ content }: MessagesMessage & { role: 'assistant' }): WireMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const texts = content.flatMap((block) => (block.type === 'text' ? [textOf(block.text)] : []));
  const calls = content.flatMap((block) =>
    block.type === 'tool_use'
      ? [
          {
            id: block.id,
            type: 'function' as const,
            function: { name: block.name, arguments: JSON.stringify(block.input) },
          },
        ]
      : [],
  );
  const thinking = content.flatMap((block) =>
    block.type === 'thinking' || block.type === 'redacted_thinking' ? [block] : [],
  );
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(thinking.length === 0 ? {} : { thinking_blocks: thinking }),
  };
}

function toolChoice(choice: MessagesBody['tool_choice']): ChatBody['tool_choice'] {
  switch (choice?.type) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
      return choice.type;
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: choice.name } };
  }
}

/** Nearest words for a number of tokens to think with. */
function effort(thinking: MessagesBody['thinking']): ChatBody['reasoning_effort'] {
  if (thinking?.type === 'adaptive') return 'medium';
  if (thinking?.type !== 'enabled') return undefined;
  const budget = thinking.budget_tokens ?? 0;
  if (budget <= 2_048) return 'low';
  return budget <= 8_192 ? 'medium' : 'high';
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that have no value, which JSON could not say either. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  ) as Defined<T>;
}
