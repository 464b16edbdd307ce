import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type Script,
  chunk,
  say,
  sendEvent,
  sendJson,
  startEvents,
} from '../fakes/scripted-upstream.ts';
import { withCheckpoint } from './dialect-fixture.ts';
import { chatBytes, rawClient } from './raw-client.ts';

/** Short enough to wait for, long enough for a busy machine between two events. */
const limitsOfTime = 'timeLimits: { firstTokenMs: 1500, gapMs: 1000, answerMs: 1500 }';
const on = withCheckpoint((policy) =>
  policy
    .replace('    model: first-model\n', `    model: first-model\n    ${limitsOfTime}\n`)
    // With no other model to fall back on, what a caller is told is about this one.
    .replaceAll(', embedded]', ']')
    // Each fault is met anew: no upstream is left alone because of the one before.
    .concat('\ncontinuity: { breaker: { failures: 1000 } }\n'),
);

const doors: Readonly<
  Record<string, { readonly path: string; readonly body: object; readonly end: RegExp }>
> = {
  'OpenAI chat completions': {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'Good morning.' }] },
    end: /\[DONE\]|"finish_reason":"/,
  },
  'OpenAI Responses': {
    path: '/v1/responses',
    body: { input: 'Good morning.' },
    end: /response\.completed|response\.incomplete/,
  },
  'Anthropic Messages': {
    path: '/v1/messages',
    body: { max_tokens: 100, messages: [{ role: 'user', content: 'Good morning.' }] },
    end: /message_stop|"stop_reason":"/,
  },
};

const headers = (): Record<string, string> => ({
  authorization: `Bearer ${on.checkpoint.key}`,
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
});

async function ask(
  door: string,
  stream: boolean,
): Promise<{ status: number; text: string; receipt: string | null }> {
  const { path, body } = doors[door];
  const response = await fetch(`${on.checkpoint.url}${path}`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ model: 'auto', stream, ...body }),
  });
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const piece of response.body!) text += decoder.decode(piece, { stream: true });
  } catch {
    text += '(cut)';
  }
  const { status } = response;
  return { status, text, receipt: response.headers.get('x-sekisho-receipt') };
}

const recorded = async (receipt: string | null) =>
  (await (
    await fetch(`${on.checkpoint.url}/api/passages/${receipt}`, { headers: headers() })
  ).json()) as { end: string };

const words = 'The first words of it, which are long enough to leave. ';
const begin = (response: ServerResponse): void => {
  startEvents(response);
  for (let i = 0; i < 10; i++) sendEvent(response, chunk({ content: words }));
};

/** What goes wrong once an answer has begun. */
const breaks: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'falls silent': () => undefined,
  'resets the connection': (response) => setTimeout(() => response.socket?.resetAndDestroy(), 50),
  'ends in half a chunk': (response) => {
    response.socket?.write('ff\r\ndata: {"id":"x","choi');
    setTimeout(() => response.socket?.destroy(), 50);
  },
  'ends in half an event': (response) => response.end('data: {"id":"x","choices":[{"in'),
  'ends without its end mark': (response) => response.end(),
  'sends invalid UTF-8': (response) =>
    response.end(
      Buffer.concat([
        Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"'),
        Buffer.from([0xff, 0xfe, 0xc0]),
        Buffer.from('"}}]}\n\ndata: [DONE]\n\n'),
      ]),
    ),
  'sends what is no JSON': (response) => response.end('data: {"choices":[{]}\n\ndata: [DONE]\n\n'),
  'reports an error': (response) => {
    sendEvent(response, { error: { message: 'overloaded', code: 503 } });
    response.end();
  },
};

describe.each(Object.keys(doors))('an upstream, asked through %s,', (door) => {
  test.each(Object.keys(breaks))(
    'that %s in mid-stream is an error to the client and in the record, never an end',
    async (how) => {
      on.upstream.play((_seen, response) => {
        begin(response);
        // What was said before arrives first.
        setTimeout(() => breaks[how]?.(response), 20);
      });
      const { status, text, receipt } = await ask(door, true);
      expect(status).toBe(200);
      expect(text).toContain('The first words');
      expect(text).not.toMatch(doors[door].end);
      expect(text).toMatch(/upstream_(failed|timeout)|"error"|\(cut\)/);
      await expect.poll(async () => (await recorded(receipt)).end).toBe('failed');
    },
  );

  const before: Readonly<Record<string, readonly [Script, number]>> = {
    'says nothing': [() => undefined, 504],
    'answers with a page': [
      (_seen, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hi');
      },
      502,
    ],
    'answers 429 with a time': [
      (_seen, response) => {
        response.setHeader('retry-after', '1');
        sendJson(response, { error: { message: 'slow down' } }, 429);
      },
      502,
    ],
    'answers 429 without one': [
      (_seen, response) => sendJson(response, { error: { message: 'slow down' } }, 429),
      502,
    ],
    'answers 500': [(_seen, response) => sendJson(response, { error: {} }, 500), 502],
    'closes without a word': [(_seen, response) => void response.destroy(), 502],
  };
  test.each(Object.keys(before))(
    'that %s is an error with a receipt, and the next request passes',
    async (how) => {
      const [script, expected] = before[how];
      for (const stream of [true, false]) {
        on.upstream.play(script);
        // oxlint-disable-next-line no-await-in-loop -- a fault at a time
        const { status, text, receipt } = await ask(door, stream);
        expect(status).toBe(expected);
        expect(JSON.parse(text)).toHaveProperty('error');
        // oxlint-disable-next-line no-await-in-loop -- a fault at a time
        expect(await recorded(receipt)).toMatchObject({ end: 'failed' });
        // oxlint-disable-next-line no-await-in-loop -- a breaker at rest for a second
        if (how === 'answers 429 with a time') await wait(1_100);
      }
      if (how === 'answers 429 without one') await wait(100);
      on.upstream.play(say('Good morning to you.'));
      await expect
        .poll(async () => (await ask(door, false)).text, { timeout: 20_000 })
        .toContain('Good morning to you.');
    },
  );
});

const resident = async (): Promise<number> => {
  const metrics = await fetch(`${on.checkpoint.url}/metrics`, { headers: headers() });
  const text = await metrics.text();
  return Number(/^process_resident_memory_bytes (.+)$/m.exec(text)?.[1]) / 1024 / 1024;
};

/** Sends a gigabyte as fast as it is taken. @returns how many bytes were taken so far */
function gigabyte(content: boolean): { script: Script; taken: () => number } {
  let taken = 0;
  const piece = content
    ? `data: ${JSON.stringify(chunk({ content: words.repeat(200) }))}\n\n`
    : `: ${'x'.repeat(11_000)}\n\n`;
  const script: Script = (_seen, response) => {
    begin(response);
    const more = (): void => {
      while (!response.destroyed && taken < 2 ** 30) {
        taken += piece.length;
        if (response.write(piece)) continue;
        response.once('drain', more);
        return;
      }
    };
    more();
  };
  return { script, taken: () => taken };
}

describe('an answer of a gigabyte', () => {
  test.each([
    ['of words', true],
    ['of nothing', false],
  ])(
    '%s is given up at the limit, recorded, and does not stay in memory',
    async (_of, content) => {
      const before = await resident();
      const { script, taken } = gigabyte(content);
      on.upstream.play(script);
      const { text, receipt } = await ask('OpenAI chat completions', true);
      expect(text).not.toMatch(doors['OpenAI chat completions'].end);
      expect(await recorded(receipt)).toMatchObject({ end: 'failed' });
      // 16 MiB are read; what else was taken filled buffers on the way.
      expect(taken()).toBeLessThan(64 * 2 ** 20);
      expect((await resident()) - before).toBeLessThan(400);
    },
    60_000,
  );

  test('to a client that does not read stops flowing, and ends when the client leaves', async () => {
    const { script, taken } = gigabyte(true);
    on.upstream.play(script);
    const { url, key } = on.checkpoint;
    const messages = [{ role: 'user', content: 'Good morning.' }];
    const client = rawClient(url, chatBytes(key, { model: 'auto', stream: true, messages }));
    client.socket.pause();
    let last = -1;
    await expect
      .poll(
        async () => {
          const [then, now] = [last, taken()];
          last = now;
          await wait(300);
          return now > 0 && now === then;
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    expect(taken()).toBeLessThan(16 * 2 ** 20);
    const before = on.upstream.abandoned();
    client.socket.destroy();
    await expect.poll(() => on.upstream.abandoned()).toBe(before + 1);
  }, 60_000);
});

test('clients that leave cancel their upstream: how soon is printed', async () => {
  const took: number[] = [];
  for (let i = 0; i < 20; i++) {
    let leftAt = 0;
    const cancelled = new Promise<number>((resolve) => {
      on.upstream.play((_seen, response) => {
        begin(response);
        response.on('close', () => resolve(performance.now() - leftAt));
      });
    });
    const { url, key } = on.checkpoint;
    const messages = [{ role: 'user', content: 'Good morning.' }];
    const client = rawClient(url, chatBytes(key, { model: 'auto', stream: true, messages }));
    // oxlint-disable-next-line no-await-in-loop -- one client at a time: its time is measured
    await expect.poll(client.got, { interval: 5 }).toContain('The first words');
    leftAt = performance.now();
    client.socket.destroy();
    // oxlint-disable-next-line no-await-in-loop -- as above
    took.push(await cancelled);
  }
  took.sort((a, b) => a - b);
  const [middle, worst] = [10, -1].map((place) => took.at(place)?.toFixed(1));
  process.stdout.write(`client left to upstream cancelled: median ${middle} ms, worst ${worst}\n`);
}, 60_000);
