import type { Caller } from './caller.ts';
import { type FinishedChoice, type Usage, stopped, wireToken } from './chat-response.ts';
import { openAiRefusal } from './dialect-openai-chat.ts';
import type { AnswerWriter, Dialect, WriterOptions } from './dialect.ts';
import { type GatewayError, errorBody, errorText } from './errors.ts';
import type { Refusal } from './refusal.ts';
import { parseResponses } from './responses-request.ts';
import { type Released, type SupervisedAnswer, piecesOf } from './supervised-answer.ts';

/** `POST /v1/responses`, without a memory. */
export const openAiResponses: Dialect = {
  name: 'openai.responses',
  nativeTo: new Set(),
  headers: [],
  parse: parseResponses,
  errorBody,
  refusalBody: (told) => openAiRefusal(told, 'input'),
  createWriter: (caller, options) => new ResponsesWriter(caller, options),
};

/** One item of the output while it grows. */
interface Item {
  readonly place: number;
  readonly id: string;
  readonly begin: object;
  /** Parts of a message or a reasoning item, in order. */
  readonly parts: { readonly kind: PartKind; text: string }[];
  text: string;
  done: boolean;
}

type PartKind = 'output_text' | 'refusal' | 'reasoning_text';

class ResponsesWriter implements AnswerWriter {
  readonly #caller: Caller;
  readonly #options: WriterOptions;
  readonly #stream: boolean;
  readonly #items = new Map<string, Item>();
  #sequence = 0;

  constructor(caller: Caller, options: WriterOptions) {
    this.#caller = caller;
    this.#options = options;
    this.#stream = options.request.body.stream === true;
  }

  release(released: Released): Promise<void> | undefined {
    if (!this.#stream || released.choice !== 0) return undefined;
    switch (released.type) {
      case 'text':
        return this.#send(
          piecesOf(released)
            .map((piece) => this.#text(released.channel, piece))
            .join(''),
        );
      case 'call': {
        const { id: callId, name } = released;
        return this.#send(
          this.#begin(`call ${released.index}`, 'fc', {
            type: 'function_call',
            call_id: callId,
            name,
            arguments: '',
          })[1],
        );
      }
      case 'arguments': {
        const item = this.#items.get(`call ${released.index}`)!;
        item.text += released.text;
        const where = { item_id: item.id, output_index: item.place, delta: released.text };
        return this.#send(this.#event('response.function_call_arguments.delta', where));
      }
      case 'call_end':
        return this.#send(this.#end(this.#items.get(`call ${released.index}`)!, 'completed'));
      case 'signature':
        return undefined;
    }
  }

  async finish(
    answer: SupervisedAnswer,
    extra: { readonly usage: Usage; readonly refusal: Refusal | undefined },
  ): Promise<void> {
    const { refusal, usage } = extra;
    const finished = answer.finished();
    const [choice] = refusal === undefined ? finished : stopped(finished, refusal);
    const status = statusOf(choice!);
    const more = {
      usage: wireUsage(usage),
      ...(refusal === undefined ? {} : { sekisho: refusal }),
    };
    if (!this.#stream) {
      const output = outputOf(choice!, this.#options.head.id);
      const whole = { ...this.#response(), ...status, output, ...more };
      this.#caller.sendJson(200, whole, this.#options.headers());
      return;
    }
    let events = refusal === undefined ? '' : this.#text('refusal', refusal.message);
    const ended = refusal === undefined ? 'completed' : 'incomplete';
    for (const item of this.#items.values()) {
      if (!item.done) events += this.#end(item, ended, choice!.logprobs);
    }
    const output = [...this.#items.values()].map((item) => itemOf(item, ended, choice!.logprobs));
    const response = { ...this.#response(), ...status, output, ...more };
    events += this.#event(`response.${status.status}`, { response });
    await this.#send(events);
    this.#caller.endStream();
  }

  async fail(error: GatewayError): Promise<void> {
    const message = errorText(error, this.#caller.errorLanguage());
    await this.#send(
      this.#event('error', { code: error.code, message, param: error.param ?? null }),
    );
    this.#caller.endStream();
  }

  #send(events: string): Promise<void> | undefined {
    if (events === '') return undefined;
    return this.#caller.sendEvent(events);
  }

  /** The first events of a stream come before whatever is said first. */
  #event(type: string, members: object): string {
    let before = '';
    if (!this.#caller.answering) {
      this.#caller.startStream(this.#options.headers());
      const response = { ...this.#response(), status: 'in_progress', output: [], usage: null };
      before =
        this.#event('response.created', { response }) +
        this.#event('response.in_progress', { response });
    }
    const data = JSON.stringify({ type, sequence_number: this.#sequence++, ...members });
    return `${before}event: ${type}\ndata: ${data}\n\n`;
  }

  /** What a client finds its own settings in, beside the answer. */
  #response(): object {
    const { head, request } = this.#options;
    const { wire, body } = request;
    const said = (member: string, otherwise: unknown): unknown => wire[member] ?? otherwise;
    return {
      id: `resp_${head.id}`,
      object: 'response',
      created_at: head.created,
      model: head.model,
      error: null,
      incomplete_details: null,
      instructions: said('instructions', null),
      max_output_tokens: body.max_completion_tokens ?? null,
      metadata: said('metadata', {}),
      parallel_tool_calls: said('parallel_tool_calls', true),
      previous_response_id: null,
      reasoning: said('reasoning', { effort: null, summary: null }),
      store: false,
      temperature: said('temperature', null),
      text: said('text', { format: { type: 'text' } }),
      tool_choice: said('tool_choice', 'auto'),
      tools: said('tools', []),
      top_p: said('top_p', null),
      truncation: said('truncation', 'disabled'),
    };
  }

  #begin(key: string, prefix: string, begin: object): [Item, string] {
    const place = this.#items.size;
    const id = `${prefix}_${this.#options.head.id}_${place}`;
    const item: Item = { place, id, begin, parts: [], text: '', done: false };
    this.#items.set(key, item);
    const added = { id, ...begin, status: 'in_progress' };
    return [item, this.#event('response.output_item.added', { output_index: place, item: added })];
  }

  #text(channel: 'content' | 'refusal' | 'reasoning', text: string): string {
    const kind = kinds[channel];
    const key = channel === 'reasoning' ? 'reasoning' : 'message';
    let item = this.#items.get(key);
    let events = '';
    if (item === undefined) {
      const begin =
        key === 'reasoning'
          ? { type: 'reasoning', summary: [], content: [] }
          : { type: 'message', role: 'assistant', content: [] };
      [item, events] = this.#begin(key, key === 'reasoning' ? 'rs' : 'msg', begin);
    }
    let at = item.parts.findIndex((part) => part.kind === kind);
    const where = (): object => ({ item_id: item.id, output_index: item.place, content_index: at });
    if (at === -1) {
      at = item.parts.push({ kind, text: '' }) - 1;
      events += this.#event('response.content_part.added', { ...where(), part: partOf(kind, '') });
    }
    item.parts[at]!.text += text;
    const logprobs = kind === 'output_text' ? { logprobs: [] } : {};
    return events + this.#event(`response.${kind}.delta`, { ...where(), delta: text, ...logprobs });
  }

  #end(item: Item, status: string, logprobs?: FinishedChoice['logprobs']): string {
    item.done = true;
    const where = { item_id: item.id, output_index: item.place };
    let events = '';
    if ('name' in item.begin) {
      const { name } = item.begin;
      const done = { ...where, name, arguments: item.text };
      events += this.#event('response.function_call_arguments.done', done);
    }
    for (const [i, { kind, text }] of item.parts.entries()) {
      const at = { ...where, content_index: i };
      const part = partOf(kind, text, logprobs);
      const member = kind === 'refusal' ? { refusal: text } : { text };
      const more = kind === 'output_text' ? { logprobs: logprobsOf(logprobs) } : {};
      events += this.#event(`response.${kind}.done`, { ...at, ...member, ...more });
      events += this.#event('response.content_part.done', { ...at, part });
    }
    const whole = itemOf(item, status, logprobs);
    const done = { output_index: item.place, item: whole };
    return events + this.#event('response.output_item.done', done);
  }
}

const kinds = {
  content: 'output_text',
  refusal: 'refusal',
  reasoning: 'reasoning_text',
} as const;

function partOf(kind: PartKind, text: string, logprobs?: FinishedChoice['logprobs']): object {
  if (kind === 'refusal') return { type: kind, refusal: text };
  if (kind === 'reasoning_text') return { type: kind, text };
  return { type: kind, text, annotations: [], logprobs: logprobsOf(logprobs) };
}

function logprobsOf(logprobs: FinishedChoice['logprobs']): readonly object[] {
  return (logprobs?.content ?? []).map((one) => ({
    ...wireToken(one),
    top_logprobs: one.top.map(wireToken),
  }));
}

function itemOf(
  { id, begin, parts, text }: Item,
  status: string,
  logprobs: FinishedChoice['logprobs'],
): object {
  if ('name' in begin) return { id, ...begin, arguments: text, status };
  const content = parts.map((part) => partOf(part.kind, part.text, logprobs));
  return { id, ...begin, content, status };
}

/** The output of an answer that is told at once. */
function outputOf(choice: FinishedChoice, receipt: string): readonly object[] {
  const { reasoning, content, refusal, toolCalls, logprobs } = choice;
  const output: object[] = [];
  const add = (prefix: string, item: object): void => {
    output.push({ id: `${prefix}_${receipt}_${output.length}`, ...item, status: 'completed' });
  };
  if (reasoning !== '') {
    add('rs', { type: 'reasoning', summary: [], content: [partOf('reasoning_text', reasoning)] });
  }
  if (content !== '' || refusal !== '' || toolCalls.length === 0) {
    const parts = [
      ...(content === '' && refusal !== '' ? [] : [partOf('output_text', content, logprobs)]),
      ...(refusal === '' ? [] : [partOf('refusal', refusal)]),
    ];
    add('msg', { type: 'message', role: 'assistant', content: parts });
  }
  for (const { id, name, arguments: text } of toolCalls) {
    add('fc', { type: 'function_call', call_id: id, name, arguments: text });
  }
  return output;
}

function statusOf({ reason }: FinishedChoice): {
  status: string;
  incomplete_details: object | null;
} {
  const why = { length: 'max_output_tokens', content_filter: 'content_filter' } as const;
  return reason === 'length' || reason === 'content_filter'
    ? { status: 'incomplete', incomplete_details: { reason: why[reason] } }
    : { status: 'completed', incomplete_details: null };
}

function wireUsage(usage: Usage): object {
  const { inputTokens, outputTokens, cachedTokens = 0, reasoningTokens = 0 } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}
