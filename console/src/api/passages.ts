import type { Client } from './client.ts';
import { list, number, numberOrNull, shape, text, textOrNull } from './shape.ts';

export interface PassageRow {
  readonly id: string;
  readonly index: number;
  /** Unix seconds. */
  readonly time: number;
  readonly key: string;
  readonly dataClass: string | null;
  readonly upstream: string | null;
  readonly model: string | null;
  readonly decision: string;
  /** How it ended, or null while it is under way. */
  readonly end: string | null;
  readonly rules: readonly string[];
  readonly fallback: boolean;
  readonly ms: number | null;
}

export interface Finding {
  readonly kind: string;
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly detector: string;
  readonly direction: string;
  readonly rule: string | null;
}

export interface Attempt {
  readonly upstream: string;
  readonly outcome: string;
}

/** What a guard model said about the request, and where it comes from. */
export interface GuardOpinion {
  readonly id: string;
  readonly model: string;
  readonly operator: string;
  readonly jurisdiction: string;
  readonly said: string;
}

export interface PassageDetail extends PassageRow {
  readonly outcomeIndex: number | null;
  readonly findings: readonly Finding[];
  readonly attempts: readonly Attempt[];
  readonly failure: string | null;
  readonly guards: readonly GuardOpinion[];
  /** The passage whose answer was given again, and how it was found: null when it is its own. */
  readonly cache: { readonly answer: string; readonly passage: string } | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly estimated: boolean;
  readonly firstByteMs: number | null;
  readonly intentLeaf: string;
  readonly outcomeLeaf: string | null;
  readonly contentState: string;
  readonly erasures: readonly Erasure[];
  readonly held: boolean;
}

/** An entry by which something of the passage was erased. */
export interface Erasure {
  readonly index: number;
  /** Code of the legal basis. */
  readonly basis: string;
  readonly authority: string;
}

export interface PassagePage {
  readonly passages: readonly PassageRow[];
  readonly more: boolean;
}

export async function fetchPassages(
  client: Client,
  options: { readonly limit: number; readonly before?: number; readonly signal?: AbortSignal },
): Promise<PassagePage> {
  const before = options.before === undefined ? '' : `&before=${options.before}`;
  const found = shape(
    await client.json(
      `/api/passages?limit=${options.limit}${before}`,
      options.signal === undefined ? {} : { signal: options.signal },
    ),
  );
  return { passages: list(found['passages'], readPassageRow), more: found['more'] === true };
}

export async function fetchPassage(client: Client, id: string): Promise<PassageDetail> {
  return readPassageDetail(await client.json(`/api/passages/${encodeURIComponent(id)}`));
}

export function readPassageDetail(passage: unknown): PassageDetail {
  const found = shape(passage);
  const usage = shape(found['usage']);
  const latency = shape(found['latency']);
  const leaves = shape(found['leafHashes']);
  return {
    ...readPassageRow(found),
    outcomeIndex: numberOrNull(found['outcomeIndex']),
    findings: list(found['findings'], readFinding),
    attempts: list(found['attempts'], (value) => ({
      upstream: text(shape(value)['upstream']),
      outcome: text(shape(value)['outcome']),
    })),
    failure: textOrNull(found['failure']),
    guards: list(found['guards'], readGuard),
    cache: readCache(found['cache']),
    inputTokens: numberOrNull(usage['inputTokens']),
    outputTokens: numberOrNull(usage['outputTokens']),
    estimated: usage['estimated'] === true,
    firstByteMs: numberOrNull(latency['firstByteMs']),
    intentLeaf: text(leaves['intent']),
    outcomeLeaf: textOrNull(leaves['outcome']),
    contentState: text(found['contentState'], 'PRESENT'),
    erasures: list(found['erasures'], (value) => ({
      index: number(shape(value)['index']),
      basis: text(shape(value)['basis']),
      authority: text(shape(value)['authority']),
    })),
    held: found['held'] === true,
  };
}

function readGuard(value: unknown): GuardOpinion {
  const found = shape(value);
  return {
    id: text(found['id']),
    model: text(found['model']),
    operator: text(found['operator']),
    jurisdiction: text(found['jurisdiction']),
    said: text(found['said']),
  };
}

function readCache(value: unknown): PassageDetail['cache'] {
  const found = shape(value);
  const passage = text(found['passage']);
  return passage === '' ? null : { answer: text(found['answer']), passage };
}

export function readPassageRow(value: unknown): PassageRow {
  const found = shape(value);
  return {
    id: text(found['id']),
    index: number(found['index']),
    time: number(found['time']),
    key: text(found['key']),
    dataClass: textOrNull(found['dataClass']),
    upstream: textOrNull(found['upstream']),
    model: textOrNull(found['model']),
    decision: text(found['decision'], 'error'),
    end: textOrNull(found['end']),
    rules: list(found['rules'], (rule) => text(rule)),
    fallback: found['fallback'] === true,
    ms: numberOrNull(found['ms']),
  };
}

function readFinding(value: unknown): Finding {
  const found = shape(value);
  return {
    kind: text(found['kind']),
    path: text(found['path']),
    start: number(found['start']),
    end: number(found['end']),
    score: number(found['score']),
    detector: text(found['detector']),
    direction: text(found['direction']),
    rule: textOrNull(found['rule']),
  };
}
