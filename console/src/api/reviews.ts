import type { Client } from './client.ts';
import { type PassageDetail, readPassageDetail } from './passages.ts';
import { list, number, numberOrNull, shape, text, textOrNull } from './shape.ts';

export type ContestState = 'none' | 'open' | 'upheld' | 'overturned';

/** How a contest stands, as the person who made it sees it. */
export interface Contest {
  readonly state: ContestState;
  /** An escalated passage is with the reviewers before anybody contests it. */
  readonly contested: boolean;
  /** Unix seconds. */
  readonly contestedAt: number | null;
  readonly decidedAt: number | null;
  readonly note: string | null;
  /** Unix seconds until which the same request may pass once. */
  readonly until: number | null;
}

export interface ReviewRow {
  readonly passage: string;
  readonly index: number;
  readonly state: ContestState;
  readonly escalated: boolean;
  readonly contested: boolean;
  /** Unix seconds. */
  readonly since: number;
  readonly rules: readonly string[];
  readonly decision: string | null;
  readonly dataClass: string | null;
  readonly held: boolean;
  /** Of a pupil's passage. */
  readonly class: string | null;
  /** Somebody may need help now. */
  readonly signs: boolean;
}

export interface ReviewDetail extends ReviewRow {
  readonly mayOpen: boolean;
  readonly detail: PassageDetail;
}

export interface ReviewWords {
  readonly reason: string | null;
  readonly note: string | null;
}

export async function fetchContest(client: Client, id: string): Promise<Contest> {
  return readContest(await client.json(contestPath(id)));
}

export async function sendContest(client: Client, id: string, reason: string): Promise<Contest> {
  return readContest(await client.json(contestPath(id), { method: 'POST', json: { reason } }));
}

export async function fetchReviews(
  client: Client,
  options: { readonly open: boolean; readonly before?: number },
): Promise<{ readonly reviews: readonly ReviewRow[]; readonly more: boolean }> {
  const before = options.before === undefined ? '' : `&before=${options.before}`;
  const state = options.open ? 'open' : 'decided';
  const found = shape(await client.json(`/api/reviews?state=${state}${before}`));
  return { reviews: list(found['reviews'], readRow), more: found['more'] === true };
}

export async function fetchReview(client: Client, id: string): Promise<ReviewDetail> {
  const found = shape(await client.json(reviewPath(id)));
  return {
    ...readRow(found),
    mayOpen: found['mayOpen'] === true,
    detail: readPassageDetail(found['detail']),
  };
}

export async function openWords(client: Client, id: string): Promise<ReviewWords> {
  const found = shape(await client.json(`${reviewPath(id)}/open`, { method: 'POST' }));
  return { reason: textOrNull(found['reason']), note: textOrNull(found['note']) };
}

export async function decide(
  client: Client,
  id: string,
  said: { readonly verdict: 'upheld' | 'overturned'; readonly note: string },
): Promise<void> {
  await client.json(reviewPath(id), { method: 'POST', json: said });
}

function contestPath(id: string): string {
  return `/api/passages/${encodeURIComponent(id)}/contest`;
}

function reviewPath(id: string): string {
  return `/api/reviews/${encodeURIComponent(id)}`;
}

function readContest(value: unknown): Contest {
  const found = shape(value);
  const until = numberOrNull(found['until']);
  return {
    state: readState(found['state']),
    contested: found['contested'] === true,
    contestedAt: numberOrNull(found['contestedAt']),
    decidedAt: numberOrNull(found['decidedAt']),
    note: textOrNull(found['note']),
    until: until === null ? null : until / 1000,
  };
}

function readRow(value: unknown): ReviewRow {
  const found = shape(value);
  const detail = shape(found['detail']);
  return {
    passage: text(found['passage']),
    index: number(found['index']),
    state: readState(found['state']),
    escalated: found['escalated'] === true,
    contested: found['contested'] === true,
    since: number(found['since']),
    rules: list(found['rules'], (rule) => text(rule)),
    decision: textOrNull(found['decision'] ?? detail['decision']),
    dataClass: textOrNull(found['dataClass'] ?? detail['dataClass']),
    held: (found['held'] ?? detail['held']) === true,
    class: textOrNull(found['class']),
    signs: found['signs'] === true,
  };
}

function readState(value: unknown): ContestState {
  const known = ['none', 'open', 'upheld', 'overturned'] as const;
  return known.find((state) => state === value) ?? 'none';
}
