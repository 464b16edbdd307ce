import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const running = z.looseObject({ url: z.url(), key: z.string() });
const refused = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** Which checkpoint is asked, and what for: `what` completes "couldn't …" when it refuses. */
export interface Asking {
  readonly data: string;
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the checkpoint that is running on a data folder. */
export async function callRunning(
  asking: Asking,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  return JSON.parse(await fetchRunning(asking, method, path, body)) as unknown;
}

/** The same, with the answer as it was sent. */
export async function fetchRunning(
  { data, what, headers = {} }: Asking,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  const { url, key } = readRunFile(join(resolve(data), 'run.json'));
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (response.ok) return answer;
  const reason = refused.safeParse(parseJson(answer));
  const message = reason.success ? reason.data.error.message : String(response.status);
  throw new Error(`couldn't ${what}: ${message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readRunFile(path: string): z.infer<typeof running> {
  try {
    return running.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error("couldn't find a running checkpoint: start it with npm start", { cause });
  }
}
