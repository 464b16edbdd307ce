import type { ParsedRequest } from './dialect.ts';
import { GatewayError } from './errors.ts';
import { type Image, imageOfUrl } from './image.ts';
import type { JsonObject } from './json.ts';
import { readAs } from './request-body.ts';
import {
  type ResponsesBody,
  type ResponsesItem,
  type ResponsesMessage,
  responsesRequestSchema,
} from './responses-schema.ts';
import type { ChatBody, WireMessage } from './schema.ts';

/** Members that ask for something kept from before, or to keep something. */
const stateful = ['previous_response_id', 'conversation', 'prompt'] as const;

/**
 * Reads a Responses request and says it in the canonical form.
 * @throws GatewayError that names the member at fault; `stateless_only` for what needs a memory
 */
export function parseResponses(wire: JsonObject): ParsedRequest {
  const { known, unknown } = readAs(responsesRequestSchema, wire);
  refuseState(known);
  const images: Image[] = [];
  const { input, instructions } = known;
  const messages: WireMessage[] = [];
  if (instructions) messages.push({ role: 'system', content: instructions });
  if (typeof input === 'string') messages.push({ role: 'user', content: input });
  else for (const [i, item] of input.entries()) addItem(messages, item, `input[${i}]`, images);
  return { wire, body: bodyOf(known, messages), unknown, images };
}

function refuseState(known: ResponsesBody): void {
  for (const member of stateful) {
    if (known[member] === null || known[member] === undefined) continue;
    throw new GatewayError('stateless_only', { param: member });
  }
  for (const member of ['store', 'background'] as const) {
    if (known[member] === true) throw new GatewayError('stateless_only', { param: member });
  }
  const items = typeof known.input === 'string' ? [] : known.input;
  if (items.length > 0 && items.every((item) => item.type === 'reasoning')) {
    throw new GatewayError('invalid_value', { param: 'input', detail: 'It holds no message.' });
  }
}

function bodyOf(known: ResponsesBody, messages: WireMessage[]): ChatBody {
  const { tools, tool_choice: choice, text, reasoning, include } = known;
  const logprobs = include?.includes('message.output_text.logprobs') === true;
  const body: ChatBody = {
    model: known.model,
    messages,
    stream: known.stream,
    max_completion_tokens: known.max_output_tokens,
    temperature: known.temperature,
    top_p: known.top_p,
    logprobs: logprobs ? true : undefined,
    top_logprobs: logprobs ? known.top_logprobs : undefined,
    tools: tools?.map(({ type: _type, ...called }) => ({ type: 'function', function: called })),
    tool_choice:
      typeof choice === 'object' && choice !== null
        ? { type: 'function', function: { name: choice.name } }
        : choice,
    parallel_tool_calls: known.parallel_tool_calls,
    response_format: responseFormat(text?.format),
    reasoning_effort: reasoning?.effort,
    user: known.user,
    metadata: known.metadata,
  };
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined && value !== null),
  ) as ChatBody;
}

function responseFormat(
  format: NonNullable<ResponsesBody['text']>['format'],
): ChatBody['response_format'] {
  if (format === null || format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json_object' };
  const { type: _type, ...named } = format;
  return { type: 'json_schema', json_schema: named };
}

type Part = Exclude<(WireMessage & { role: 'user' })['content'], string>[number];

/** Items that one answer was made of become one turn again, as the canonical form has it. */
function addItem(
  messages: WireMessage[],
  item: ResponsesItem,
  path: string,
  images: Image[],
): void {
  switch (item.type) {
    case 'function_call': {
      const { call_id: id, name, arguments: text } = item;
      const call = { id, type: 'function' as const, function: { name, arguments: text } };
      const last = messages.at(-1);
      if (last?.role === 'assistant') {
        messages[messages.length - 1] = { ...last, tool_calls: [...(last.tool_calls ?? []), call] };
      } else messages.push({ role: 'assistant', content: null, tool_calls: [call] });
      return;
    }
    case 'function_call_output': {
      const parts = partsOf(item.output, `${path}.output`, images);
      const texts = typeof parts === 'string' ? parts : parts.filter(isText);
      messages.push({ role: 'tool', tool_call_id: item.call_id, content: orNothing(texts) });
      const pictures = typeof parts === 'string' ? [] : parts.filter((part) => !isText(part));
      if (pictures.length > 0) messages.push({ role: 'user', content: pictures });
      return;
    }
    case 'reasoning': {
      const said = [...(item.content ?? []), ...(item.summary ?? [])].map(({ text }) => text);
      const text = said.join('\n');
      if (text !== '') messages.push({ role: 'assistant', content: null, reasoning_content: text });
      return;
    }
    case 'message':
    case undefined:
      addMessage(messages, item, path, images);
  }
}

function addMessage(
  messages: WireMessage[],
  item: ResponsesMessage,
  path: string,
  images: Image[],
): void {
  const parts = partsOf(item.content, `${path}.content`, images);
  if (item.role === 'user') {
    messages.push({ role: 'user', content: parts });
    return;
  }
  if (typeof parts !== 'string' && !parts.every(isText)) {
    throw new GatewayError('invalid_value', {
      param: `${path}.content`,
      detail: 'Only a user may send a picture.',
    });
  }
  const content = typeof parts === 'string' ? parts : parts.filter(isText);
  const last = messages.at(-1);
  const goesOn = item.role === 'assistant' && last?.role === 'assistant' && last.content === null;
  if (goesOn) messages[messages.length - 1] = { ...last, content };
  else messages.push({ role: item.role, content });
}

function isText(part: Part): part is Exclude<Part, { type: 'image_url' }> {
  return part.type !== 'image_url';
}

function orNothing<T>(parts: string | T[]): string | T[] {
  return parts.length === 0 ? '' : parts;
}

function partsOf(
  content: ResponsesMessage['content'],
  path: string,
  images: Image[],
): string | Part[] {
  if (typeof content === 'string') return content;
  return content.map((part, i): Part => {
    switch (part.type) {
      case 'refusal':
        return { type: 'refusal', refusal: part.refusal };
      case 'input_image': {
        images.push(imageOfUrl(part.image_url, `${path}[${i}].image_url`));
        const { image_url: url, detail } = part;
        return { type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } };
      }
      case 'input_text':
      case 'output_text':
      case 'text':
        return { type: 'text', text: part.text };
    }
  });
}
