import type { Client } from './client.ts';
import { list, numberOrNull, shape, text, textOrNull } from './shape.ts';

export const amounts = [
  'requestsPerMinute',
  'tokensPerMinute',
  'tokensPerDay',
  'tokensPerMonth',
  'moneyPerDay',
  'moneyPerMonth',
] as const;
export type Amount = (typeof amounts)[number];

export interface KeyInfo {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** Of somebody who signs in: it has no secret. */
  readonly person: boolean;
  readonly project: string;
  readonly maxClass: string | null;
  /** The school class whose pupil or teacher has it. */
  readonly class: string | null;
  readonly models: readonly string[];
  /** Tools of MCP servers that it may call. */
  readonly tools: readonly string[];
  readonly amounts: Readonly<Record<Amount, number | null>>;
  /** Unix seconds. */
  readonly expires: number | null;
}

export interface IssuedKey {
  readonly name: string;
  readonly secret: string;
}

export async function fetchKeys(client: Client): Promise<readonly KeyInfo[]> {
  return list(shape(await client.json('/api/keys'))['keys'], (value) => {
    const found = shape(value);
    return {
      id: text(found['id']),
      name: text(found['name']),
      role: text(found['role']),
      person: found['person'] === true,
      project: text(found['project']),
      maxClass: textOrNull(found['maxClass']),
      class: textOrNull(found['class']),
      models: [
        ...list(found['models'], (name) => text(name)),
        ...list(found['upstreams'], (id) => text(id)),
      ],
      tools: list(found['mcp'], (grant) => text(grant)),
      amounts: Object.fromEntries(
        amounts.map((name) => [name, numberOrNull(found[name])]),
      ) as KeyInfo['amounts'],
      expires: numberOrNull(found['expires']),
    };
  });
}

export function issueKey(client: Client, terms: object): Promise<IssuedKey> {
  return secretFrom(client, '/api/keys', terms);
}

export function renewKey(client: Client, id: string): Promise<IssuedKey> {
  return secretFrom(client, `/api/keys/${id}/rotate`, { overlapSeconds: 86_400 });
}

export async function withdrawKey(client: Client, id: string): Promise<void> {
  await client.call(`/api/keys/${id}`, { method: 'DELETE' });
}

async function secretFrom(client: Client, path: string, json: object): Promise<IssuedKey> {
  const found = shape(await client.json(path, { method: 'POST', json }));
  return { name: text(found['name']), secret: text(found['secret']) };
}
