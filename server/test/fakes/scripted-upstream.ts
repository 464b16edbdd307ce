import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** What the scripted server does with a request. */
export type Script = (seen: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedUpstream {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
  /** Connections whose client left before the answer was whole. */
  readonly abandoned: () => number;
  play(script: Script): void;
  close(): Promise<void>;
}

/** An OpenAI-compatible server that does what a test tells it to. */
export async function startScriptedUpstream(
  script: Script = say('Hello.'),
): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = [];
  let current = script;
  let abandoned = 0;
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const { url: path = '', headers } = request;
      const entry = { path, headers, body: JSON.parse(text) as Record<string, unknown>, text };
      seen.push(entry);
      response.on('close', () => {
        if (!response.writableFinished) abandoned++;
      });
      void Promise.resolve(current(entry, response)).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    seen,
    abandoned: () => abandoned,
    play: (next) => {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with this text, streamed in these pieces when the request asks for a stream. */
export function say(text: string, pieces: readonly string[] = [text]): Script {
  return (seen, response) => {
    const usage = { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 };
    if (seen.body['stream'] !== true) {
      sendJson(response, {
        id: 'chatcmpl-fake',
        object: 'chat.completion',
        created: 1,
        model: seen.body['model'],
        choices: [
          { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' },
        ],
        usage,
      });
      return;
    }
    startEvents(response);
    for (const piece of pieces) sendEvent(response, chunk({ content: piece }));
    sendEvent(response, chunk({}, 'stop'));
    sendEvent(response, {
      id: 'chatcmpl-fake',
      object: 'chat.completion.chunk',
      choices: [],
      usage,
    });
    response.end('data: [DONE]\n\n');
  };
}

/** Repeats the last user message, so that a test sees what the model saw. */
export const echo: Script = (seen, response) => {
  const messages = seen.body['messages'] as { role: string; content: string }[];
  const said = messages.findLast((message) => message.role === 'user')?.content ?? '';
  return say(said, [...said])(seen, response);
};

/** Answers with these messages, one a choice, whole or each in one event. */
export function speak(
  messages: readonly object[],
  finish = 'stop',
  logprobs?: (index: number) => object,
): Script {
  return (seen, response) => {
    const usage = { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 };
    const of = (index: number): object =>
      logprobs === undefined ? {} : { logprobs: logprobs(index) };
    if (seen.body['stream'] !== true) {
      const choices = messages.map((message, index) => ({
        index,
        message: { role: 'assistant', content: null, ...message },
        finish_reason: finish,
        ...of(index),
      }));
      sendJson(response, { id: 'chatcmpl-fake', object: 'chat.completion', choices, usage });
      return;
    }
    startEvents(response);
    for (const [index, delta] of messages.entries()) {
      const object = 'chat.completion.chunk';
      const choices = [{ index, delta, finish_reason: null, ...of(index) }];
      sendEvent(response, { id: 'chatcmpl-fake', object, choices });
      sendEvent(response, chunk({}, finish, index));
    }
    sendEvent(response, {
      id: 'chatcmpl-fake',
      object: 'chat.completion.chunk',
      choices: [],
      usage,
    });
    response.end('data: [DONE]\n\n');
  };
}

/** One call of a tool, as a message or a delta holds it. */
export function toolCall(index: number, name: string, argument: string): object {
  return { index, id: `call-${index}`, type: 'function', function: { name, arguments: argument } };
}

/** Turns each text into its length and its first character's code, as numbers or in base64. */
export const embeddings: Script = (seen, response) => {
  const { input, model } = seen.body as { input: string | string[]; model: string };
  const texts = typeof input === 'string' ? [input] : input;
  const data = texts.map((text, index) => {
    const vector = [text.length, text.charCodeAt(0) / 2, 0.5];
    const bytes = Buffer.from(Float32Array.from(vector).buffer);
    const base64 = seen.body['encoding_format'] === 'base64';
    const embedding = base64 ? bytes.toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  sendJson(response, { object: 'list', data, model, usage: { prompt_tokens: 5, total_tokens: 5 } });
};

export function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function startEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

export function sendEvent(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

export function chunk(delta: object, finish: string | null = null, index = 0): object {
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'fake',
    choices: [{ index, delta, finish_reason: finish }],
  };
}
