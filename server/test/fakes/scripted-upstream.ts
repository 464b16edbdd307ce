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
