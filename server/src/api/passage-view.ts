import type { Passage } from '#ledger';
import type { KeyStore } from '#gateway';
import { z } from 'zod';

/** One line of the passages list, as the console shows it. */
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
  /** How the passage ended, or null while it is under way. */
  readonly end: string | null;
  readonly rules: readonly string[];
  readonly fallback: boolean;
  readonly ms: number | null;
}

// What the gateway wrote into the ledger, read back. Loose: later versions add members.
const finding = z.looseObject({
  kind: z.string(),
  path: z.string(),
  start: z.number(),
  end: z.number(),
  score: z.number(),
  detector: z.string(),
  direction: z.string(),
  through: z.string().optional(),
  rule: z.string().optional(),
});
const attempt = z.looseObject({ upstream: z.string(), outcome: z.string() });
const verdicts = z.looseObject({
  dataClass: z.string().nullish(),
  rules: z.array(z.string()).default([]),
  findings: z.array(finding).default([]),
  upstream: z.string().nullish(),
  model: z.string().nullish(),
  attempts: z.array(attempt).default([]),
  failure: z.string().nullish(),
  routing: z.string().nullish(),
  refusedBy: z.array(z.string()).default([]),
  guards: z.array(z.unknown()).default([]),
  /** What the rules of a class said, without a word of anybody's text. */
  school: z.looseObject({ class: z.string(), decision: z.string() }).nullish().catch(null),
  /** Set where the answer was made for an earlier passage. */
  cache: z.object({ answer: z.string(), passage: z.string() }).nullish(),
});
/** What a guard model said, and where it comes from. */
const guard = z.object({
  id: z.string(),
  model: z.string(),
  operator: z.string(),
  jurisdiction: z.string(),
  said: z.string(),
  why: z.string().optional(),
  kinds: z.array(z.string()).default([]),
  ms: z.number(),
});
const latency = z.looseObject({ totalMs: z.number().nullish(), firstByteMs: z.number().nullish() });

type Verdicts = z.infer<typeof verdicts>;
const none: Verdicts = verdicts.parse({});

function read(value: unknown): Verdicts {
  const parsed = verdicts.safeParse(value);
  return parsed.success ? parsed.data : none;
}

/** @param passage with its identity and ops fields opened */
export function passageRow(passage: Passage, keys: KeyStore): PassageRow {
  const input = read(passage.intentFields['policy.verdicts']);
  const output = read(passage.outcomeFields['policy.verdicts']);
  const actor = passage.intentFields['actor.id'];
  const times = latency.safeParse(passage.outcomeFields['latency']);
  return {
    id: passage.id,
    index: passage.intentIndex,
    time: passage.time,
    key: typeof actor === 'string' ? (keys.nameOf(actor) ?? actor) : '',
    dataClass: input.dataClass ?? null,
    upstream: output.upstream ?? null,
    model: output.model ?? null,
    decision: passage.decision,
    end: passage.end ?? null,
    rules: [...new Set([...input.rules, ...output.rules])],
    fallback: output.attempts.some(
      ({ upstream, outcome }) => outcome !== 'shadow' && upstream !== output.upstream,
    ),
    ms: times.success ? (times.data.totalMs ?? null) : null,
  };
}

/** Everything about one passage that can be told without opening its text. */
export function passageDetail(passage: Passage, keys: KeyStore): object {
  const input = read(passage.intentFields['policy.verdicts']);
  const output = read(passage.outcomeFields['policy.verdicts']);
  return {
    ...passageRow(passage, keys),
    intentIndex: passage.intentIndex,
    outcomeIndex: passage.outcomeIndex ?? null,
    findings: [...input.findings, ...output.findings],
    attempts: output.attempts,
    failure: output.failure ?? null,
    routing: output.routing ?? null,
    refusedBy: output.refusedBy,
    guards: output.guards.flatMap((value) => guard.safeParse(value).data ?? []),
    cache: output.cache ?? null,
    school: output.school ?? null,
    usage: passage.outcomeFields['usage'] ?? null,
    latency: passage.outcomeFields['latency'] ?? null,
    leafHashes: passage.leafHashes,
    contentState: passage.contentState,
    states: passage.states,
    erasures: passage.erasures,
    held: passage.held,
  };
}
