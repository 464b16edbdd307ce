import { randomBytes } from 'node:crypto';
import { type FakeLog, type Leaf, createFakeLog } from './fake-log.ts';

/** What became of one passage, as a test or a demonstration wants it. */
export interface Fate {
  readonly key?: string;
  readonly dataClass?: string;
  readonly decision?: string;
  /** Decision on the way in, where the end was another. */
  readonly decisionIn?: string;
  /** Null leaves the passage under way. */
  readonly end?: string | null;
  readonly rules?: readonly string[];
  readonly findings?: readonly object[];
  readonly attempts?: readonly { readonly upstream: string; readonly outcome: string }[];
  readonly upstream?: string | null;
  readonly failure?: string;
  readonly cache?: { readonly answer: string; readonly passage: string };
  readonly question?: string;
  readonly answer?: string;
  readonly contentState?: string;
  readonly ageSeconds?: number;
}

interface Passage {
  readonly id: string;
  readonly time: number;
  readonly intent: Leaf;
  fate: Fate;
  outcome: Leaf | undefined;
}

export interface FakePassages {
  readonly vkey: string;
  begin(fate: Fate): string;
  finish(id: string, fate: Fate): void;
  page(limit: number, before: number | undefined): object;
  detail(id: string): object | undefined;
  text(id: string): object | undefined;
  receipt(id: string, disclose: boolean): string | undefined;
  /** @returns a way to stop listening */
  onChange(listener: (row: object) => void): () => void;
}

const origin = 'sekisho.kaku-city.example/2026';

export function createFakePassages(): FakePassages {
  const log = createFakeLog(origin);
  const passages = new Map<string, Passage>();
  const listeners = new Set<(row: object) => void>();
  const policy = log.append({ t: 'policy.change', id: newId(), iat: nowSeconds() });
  const tell = (passage: Passage): void => {
    for (const listener of listeners) listener(row(passage));
  };
  return {
    vkey: log.vkey,
    begin(fate) {
      const passage = recordIntent(log, policy, fate);
      passages.set(passage.id, passage);
      tell(passage);
      return passage.id;
    },
    finish(id, fate) {
      const passage = passages.get(id);
      if (passage === undefined) return;
      passage.fate = { ...passage.fate, ...fate };
      passage.outcome = recordOutcome(log, policy, passage);
      tell(passage);
    },
    page(limit, before = Number.POSITIVE_INFINITY) {
      const found = [...passages.values()]
        .filter(({ intent }) => intent.index < before)
        .toSorted((a, b) => b.intent.index - a.intent.index);
      const rows = found.slice(0, limit).map((passage) => row(passage));
      return { passages: rows, more: found.length > limit };
    },
    detail(id) {
      const passage = passages.get(id);
      return passage === undefined ? undefined : detail(passage);
    },
    text(id) {
      const { fate } = passages.get(id) ?? {};
      if (fate === undefined) return undefined;
      const messages = [{ role: 'user', content: fate.question ?? 'A question' }];
      const delivered = fate.answer === undefined ? null : [{ content: fate.answer }];
      const contentState = fate.contentState ?? 'PRESENT';
      return { contentState, request: { messages }, effective: null, delivered, raw: null };
    },
    receipt(id, disclose) {
      const passage = passages.get(id);
      if (passage === undefined) return undefined;
      const { intent, outcome } = passage;
      const roles = [{ role: 'intent', leaf: intent, disclose }];
      if (outcome !== undefined) roles.push({ role: 'outcome', leaf: outcome, disclose });
      return log.receipt([...roles, { role: 'policy', leaf: policy, disclose: false }]);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function recordIntent(log: FakeLog, policy: Leaf, fate: Fate): Passage {
  const id = newId();
  const time = nowSeconds() - (fate.ageSeconds ?? 0);
  const decision = fate.decisionIn ?? fate.decision ?? 'allow';
  const intent = log.append(
    { t: 'intent', id, iat: time, dec: decision, ref: { policy: policy.hash } },
    { 'policy.verdicts': { dataClass: fate.dataClass ?? 'internal', rules: fate.rules ?? [] } },
  );
  return { id, time, intent, fate, outcome: undefined };
}

function recordOutcome(log: FakeLog, policy: Leaf, { time, fate, intent }: Passage): Leaf {
  return log.append(
    {
      t: 'outcome',
      id: newId(),
      iat: time + 2,
      dec: fate.decision ?? 'allow',
      end: fate.end ?? 'complete',
      ref: { intent: intent.hash, policy: policy.hash },
    },
    { usage: { inputTokens: 42, outputTokens: 128, estimated: false } },
  );
}

function row({ id, time, intent, outcome, fate }: Passage): object {
  const upstream = fate.upstream ?? null;
  return {
    id,
    index: intent.index,
    time,
    key: fate.key ?? '窓口 田中',
    model: upstream && 'model',
    dataClass: fate.dataClass ?? 'internal',
    upstream,
    decision: fate.decision ?? 'allow',
    end: outcome === undefined ? null : (fate.end ?? 'complete'),
    rules: fate.rules ?? [],
    fallback: (fate.attempts ?? []).some((a) => a.outcome !== 'answered') && upstream !== null,
    ms: outcome === undefined ? null : 1840,
  };
}

function detail(passage: Passage): object {
  const { intent, outcome, fate } = passage;
  return {
    ...row(passage),
    intentIndex: intent.index,
    outcomeIndex: outcome?.index ?? null,
    findings: fate.findings ?? [],
    attempts: fate.attempts ?? [],
    failure: fate.failure ?? null,
    cache: fate.cache ?? null,
    usage: outcome && { inputTokens: 42, outputTokens: 128, estimated: true },
    latency: outcome && { firstByteMs: 310, totalMs: 1840 },
    leafHashes: { intent: intent.hash, outcome: outcome?.hash ?? null },
    contentState: fate.contentState ?? 'PRESENT',
  };
}

function newId(): string {
  return randomBytes(16).toString('hex');
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
