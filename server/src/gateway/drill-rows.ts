import type { Passage } from '#ledger';
import { type Need, type Policy, type RoutingFacts, explainRoute, needs } from '#policy';
import { z } from 'zod';

/** What a drill says about the passages of one key in one class that asked for one model. */
export interface DrillRow {
  /** Id of the key; empty where it was erased. */
  readonly key: string;
  readonly dataClass: string;
  readonly model: string;
  readonly passages: number;
  /** Whose upstream was not lost, who went on with another, and who could not go on. */
  readonly unaffected: number;
  readonly moved: number;
  readonly stopped: number;
  /** Passages by upstream, before the loss and after it. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** Whether all that moved found the same model elsewhere; null where none moved. */
  readonly sameModel: boolean | null;
  /** Median milliseconds to the first token, before and after; null where none was measured. */
  readonly beforeMs: number | null;
  readonly afterMs: number | null;
  /** Millionths of each currency, for the tokens that were used. */
  readonly beforeCost: Readonly<Record<string, number>>;
  readonly afterCost: Readonly<Record<string, number>>;
  /** Members of the rule book that keep the stopped ones from every other upstream. */
  readonly stoppedBy: readonly string[];
}

// What the gateway wrote into the ledger, read back. Loose: later versions add members.
const intentVerdicts = z.looseObject({
  dataClass: z.string(),
  needs: z.array(z.string()).default([]),
});
const outcomeVerdicts = z.looseObject({
  upstream: z.string().nullish(),
  attempts: z.array(z.looseObject({ upstream: z.string(), outcome: z.string() })).default([]),
});
const params = z.looseObject({ model: z.string() });
const usage = z.looseObject({ inputTokens: z.number(), outputTokens: z.number() });
const latency = z.looseObject({ firstByteMs: z.number().nullish() });

/** A passage as far as a drill looks at it: no word of its texts. */
export interface DrilledPassage {
  readonly key: string;
  readonly dataClass: string;
  readonly model: string;
  readonly needs: readonly Need[];
  readonly upstream: string | undefined;
  readonly attempts: readonly { readonly upstream: string; readonly outcome: string }[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly firstByteMs: number | undefined;
}

/** @returns undefined for one that a rule stopped, that is under way, or that was erased */
export function drilledPassage({
  intentFields,
  outcomeFields,
}: Passage): DrilledPassage | undefined {
  const input = intentVerdicts.safeParse(intentFields['policy.verdicts']);
  const output = outcomeVerdicts.safeParse(outcomeFields['policy.verdicts']);
  const asked = params.safeParse(intentFields['request.params']);
  if (!input.success || !output.success || !asked.success) return undefined;
  const { upstream, attempts } = output.data;
  // Nobody was asked and nobody was skipped: a rule stopped it, so no loss can matter to it.
  if ((upstream ?? undefined) === undefined && attempts.length === 0) return undefined;
  const tokens = usage.safeParse(outcomeFields['usage']);
  const times = latency.safeParse(outcomeFields['latency']);
  const actor = intentFields['actor.id'];
  return {
    key: typeof actor === 'string' ? actor : '',
    dataClass: input.data.dataClass,
    model: asked.data.model,
    needs: needs.filter((need) => input.data.needs.includes(need)),
    upstream: upstream ?? undefined,
    attempts,
    inputTokens: tokens.success ? tokens.data.inputTokens : 0,
    outputTokens: tokens.success ? tokens.data.outputTokens : 0,
    firstByteMs: times.success ? (times.data.firstByteMs ?? undefined) : undefined,
  };
}

/** What became, or would become, of one passage. */
export interface DrillFate {
  readonly passage: DrilledPassage;
  readonly fate: 'unaffected' | 'moved' | 'stopped';
  /** Who answered, or would have, without the loss. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly afterMs: number | undefined;
  readonly stoppedBy: readonly string[];
}

export interface Loss {
  readonly policy: Policy;
  readonly lost: ReadonlySet<string>;
  readonly facts: RoutingFacts;
  /** Whether an upstream could be asked but for the drill. */
  readonly isUp: (id: string) => boolean;
}

/** What would become of a passage if it came again without the lost upstreams. */
export function rehearse(passage: DrilledPassage, loss: Loss): DrillFate {
  const { policy, lost, facts, isUp } = loss;
  const { model, dataClass, inputTokens, outputTokens } = passage;
  const request = {
    model,
    dataClass,
    needs: passage.needs,
    leastTokens: inputTokens + outputTokens,
    inputTokens,
    outputTokens,
  };
  const { verdicts } = explainRoute(policy, request, { nowMs: 0, facts });
  const ways = verdicts
    .filter(({ place }) => place !== undefined)
    .map(({ declared }) => declared.id);
  const before = ways.find(isUp);
  const after = ways.find((id) => isUp(id) && !lost.has(id));
  const stoppedBy = verdicts
    .filter(({ declared }) => !lost.has(declared.id))
    .map(({ declared, by }) => by ?? `upstreams.${declared.id}`);
  return {
    passage,
    fate: after === undefined ? 'stopped' : after === before ? 'unaffected' : 'moved',
    before,
    after,
    afterMs: after === undefined ? undefined : facts.firstTokenMs(after),
    stoppedBy: after === undefined ? [...new Set(stoppedBy)] : [],
  };
}

/**
 * What became of a passage during a drill on live traffic.
 * @returns undefined for one that failed for another reason
 */
export function witnessed(passage: DrilledPassage, loss: Loss): DrillFate | undefined {
  const skipped = passage.attempts.find(({ outcome }) => outcome === 'drill')?.upstream;
  const fate = { passage, before: skipped ?? passage.upstream, afterMs: passage.firstByteMs };
  if (passage.upstream !== undefined) {
    const moved = skipped === undefined ? 'unaffected' : 'moved';
    return { ...fate, fate: moved, after: passage.upstream, stoppedBy: [] };
  }
  if (skipped === undefined) return undefined;
  const { stoppedBy } = rehearse(passage, loss);
  return { ...fate, fate: 'stopped', after: undefined, stoppedBy };
}

/** Groups fates by key, class and model: those that stopped first, then by number. */
export function drillRows(
  fates: readonly DrillFate[],
  policy: Policy,
  facts: RoutingFacts,
): DrillRow[] {
  const groups = new Map<string, DrillFate[]>();
  for (const fate of fates) {
    const { key, dataClass, model } = fate.passage;
    const name = JSON.stringify([key, dataClass, model]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [fate]);
    else group.push(fate);
  }
  return [...groups.values()]
    .map((group) => rowOf(group, policy, facts))
    .toSorted((a, b) => b.stopped - a.stopped || b.moved - a.moved || b.passages - a.passages);
}

function rowOf(group: readonly DrillFate[], policy: Policy, facts: RoutingFacts): DrillRow {
  const [{ passage }] = group as readonly [DrillFate];
  const count = (fate: DrillFate['fate']): number =>
    group.filter((one) => one.fate === fate).length;
  const moved = group.filter(({ fate }) => fate === 'moved');
  const modelOf = (id: string | undefined): string | undefined => policy.upstream(id ?? '')?.model;
  return {
    key: passage.key,
    dataClass: passage.dataClass,
    model: passage.model,
    passages: group.length,
    unaffected: count('unaffected'),
    moved: moved.length,
    stopped: count('stopped'),
    before: tally(group.map(({ before }) => before)),
    after: tally(group.map(({ after }) => after)),
    sameModel:
      moved.length === 0
        ? null
        : moved.every(({ before, after }) => modelOf(before) === modelOf(after)),
    beforeMs: median(
      group.map(({ before, passage: one }) =>
        one.upstream === before ? one.firstByteMs : facts.firstTokenMs(before ?? ''),
      ),
    ),
    afterMs: median(group.map(({ afterMs }) => afterMs)),
    beforeCost: costs(group, ({ before }) => before, { policy, facts }),
    afterCost: costs(group, ({ after }) => after, { policy, facts }),
    stoppedBy: [...new Set(group.flatMap(({ stoppedBy }) => stoppedBy))],
  };
}

function tally(ids: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) if (id !== undefined) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

function median(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)];
  return middle === undefined ? null : Math.round(middle);
}

function costs(
  group: readonly DrillFate[],
  at: (fate: DrillFate) => string | undefined,
  { policy, facts }: { policy: Policy; facts: RoutingFacts },
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const fate of group) {
    const declared = policy.upstream(at(fate) ?? '');
    const cost = declared === undefined ? undefined : facts.cost(declared, fate.passage);
    // What costs nothing has no currency.
    if (cost === undefined || cost.currency === '') continue;
    sums[cost.currency] = (sums[cost.currency] ?? 0) + cost.micros;
  }
  return sums;
}
