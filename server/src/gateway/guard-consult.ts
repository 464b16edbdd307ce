import { type Clock, limits } from '#base';
import type { Ban, DeclaredGuard, DeclaredUpstream, Policy } from '#policy';
import {
  type Direction,
  type GuardOpinion,
  type Inspection,
  type Part,
  covers,
  guardFormatOf,
} from '#supervisor';
import { UpstreamError } from '#upstream';
import { type RuleBook, readmit } from './admission.ts';
import type { Usage } from './chat-response.ts';
import { mayRead, questionTo } from './model-question.ts';
import { type Admitted, estimatedTokens, textsOf } from './passage.ts';

/** What a guard said about one text. It is a party, so where it comes from stands beside it. */
export interface Consulted {
  readonly id: string;
  readonly upstream: string;
  readonly model: string;
  readonly operator: string;
  readonly jurisdiction: string;
  /** Whether it judged what went in or what came out. */
  readonly direction: Direction;
  readonly path: string;
  readonly said: GuardOpinion['said'] | 'silent';
  /** Why it was silent: `timeout`, `not_permitted`, `unreadable`, `too_long`, `too_many`, or the code of a failure. */
  readonly why?: string;
  readonly kinds: readonly string[];
  readonly ms: number;
  readonly usage?: Usage;
}

type Finding = Inspection['findings'][number];

/** Texts that guards may be asked about, and what our own detectors think of them. */
export interface Subject {
  readonly policy: Policy;
  readonly direction: Direction;
  readonly dataClass: string;
  readonly bans: readonly Ban[];
  readonly findings: readonly Finding[];
  /** As a guard may read them: what a rule masks is masked. Made only when one is asked. */
  readonly texts: () => readonly Part[];
  /** For what comes out: to what it is the answer. */
  readonly asked?: string;
}

/** Who waits for the guards, and by which clock. */
export interface Waiting {
  readonly left: AbortSignal;
  readonly clock: Clock;
}

/** What came of asking. */
export interface Heard {
  readonly opinions: readonly Consulted[];
  /** What guards found. */
  readonly added: readonly Finding[];
  /** Our own findings that a guard was allowed to take away. */
  readonly cleared: ReadonlySet<Finding>;
  /** Those who were silent, where that is to stop the passage. */
  readonly failed: readonly string[];
}

/** A guard, a text, and the finding about which it is asked. */
interface Question {
  readonly guard: DeclaredGuard;
  readonly declared: DeclaredUpstream;
  readonly finding: Finding;
}

/** Scores of what a guard says, on the scale of our own detectors. */
const scoreOf = { unsafe: 90, controversial: 60 } as const;

/** Whether some guard of the rule book looks at what goes this way. */
export function guardsLookAt({ document }: Policy, way: Direction): boolean {
  return document.guards?.some((guard) => looksAt(guard, way)) === true;
}

function looksAt({ direction }: DeclaredGuard, way: Direction): boolean {
  return direction === 'both' || direction === way;
}

/** Whether some guard would be asked about one of these findings. */
export function isUnsureOf(
  policy: Policy,
  direction: Direction,
  findings: readonly Finding[],
): boolean {
  return (policy.document.guards ?? []).some(
    (guard) => looksAt(guard, direction) && findings.some((finding) => isUnsure(guard, finding)),
  );
}

/**
 * Asks the guards of the rule book about a request. The intent is durable by then, since a guard
 * reads what a person wrote like any other model.
 * @returns the request with what they said taken into account; the same when none was asked
 */
export async function consultGuards(
  book: RuleBook,
  admitted: Admitted,
  from: Waiting,
): Promise<Admitted> {
  const { policy, dataClass, inspection } = admitted;
  const subject = {
    policy,
    direction: 'input',
    dataClass,
    bans: inspection.bans,
    findings: inspection.findings,
    texts: () => textsOf(admitted.effective),
  } as const;
  const heard = await askGuards(book, subject, from);
  if (heard === undefined) return admitted;
  const said = reconsidered(inspection, heard);
  const parts = textsOf(admitted.request);
  const after = book.supervisor.reconsider('input', parts, said, admitted.about);
  return { ...readmit(admitted, after), guards: heard.opinions };
}

/** Our findings with theirs beside them, and without those that a guard was allowed to clear. */
export function reconsidered(
  { findings, failed }: Pick<Inspection, 'findings' | 'failed'>,
  heard: Heard,
): { readonly findings: readonly Finding[]; readonly failed: readonly string[] } {
  const kept = findings.filter((finding) => !heard.cleared.has(finding));
  return {
    findings: [...kept, ...heard.added],
    failed: [...new Set([...failed, ...heard.failed])],
  };
}

/**
 * Asks guard models about the texts in which our own detectors are not sure, each within its own
 * time limit.
 * @returns undefined when there was nothing to ask
 */
export async function askGuards(
  book: RuleBook,
  subject: Subject,
  from: Waiting,
): Promise<Heard | undefined> {
  const questions = questionsOf(subject);
  if (questions.length === 0) return undefined;
  const texts = new Map<string, string | undefined>();
  for (const { path, text } of subject.texts()) {
    // Two texts of one path: a guard would judge one and clear the other, so it judges neither.
    texts.set(path, texts.has(path) ? undefined : text);
  }
  const opinions = await Promise.all(
    questions.map((question, i) => {
      const over = i >= limits.guardQuestions;
      return ask(book, subject, { ...from, question, texts, over });
    }),
  );
  return { opinions, ...weighed(subject, questions, opinions) };
}

/** Each guard is asked once about a text, for its strongest finding in the band. */
function questionsOf({ policy, direction, findings }: Subject): readonly Question[] {
  const guards = (policy.document.guards ?? []).filter((guard) => looksAt(guard, direction));
  return guards.flatMap((guard) => {
    const declared = policy.upstream(guard.upstream);
    if (declared === undefined) return [];
    const best = new Map<string, Finding>();
    for (const finding of findings) {
      const { path, score } = finding;
      if (!isUnsure(guard, finding)) continue;
      if (score > (best.get(path)?.score ?? 0)) best.set(path, finding);
    }
    return [...best.values()].map((finding) => ({ guard, declared, finding }));
  });
}

/** Whether a finding is one about which this guard is asked. */
function isUnsure({ band, kinds }: DeclaredGuard, { kind, score }: Finding): boolean {
  return score >= band.from && score <= band.to && kinds.some((pattern) => covers(pattern, kind));
}

async function ask(
  book: RuleBook,
  subject: Subject,
  from: Waiting & {
    readonly question: Question;
    readonly texts: ReadonlyMap<string, string | undefined>;
    /** More was to be asked than is asked about one request. */
    readonly over: boolean;
  },
): Promise<Consulted> {
  const { question, texts, over, left, clock } = from;
  const { guard, declared, finding } = question;
  const startedMs = clock.monotonicMs();
  const who = {
    id: guard.id,
    upstream: declared.id,
    model: declared.model,
    operator: declared.operator,
    jurisdiction: declared.jurisdiction,
    direction: subject.direction,
    path: finding.path,
  };
  const silent = (why: string): Consulted => {
    return { ...who, said: 'silent', why, kinds: [], ms: clock.monotonicMs() - startedMs };
  };
  const text = texts.get(finding.path);
  const upstream = book.upstreams.get(declared.id);
  if (!mayRead(subject, declared)) return silent('not_permitted');
  if (text === undefined || upstream === undefined || !upstream.available()) {
    return silent('unavailable');
  }
  if (over) return silent('too_many');
  // What it cannot read whole it cannot call safe.
  if (text.length > limits.guardCharacters) return silent('too_long');
  const format = guardFormatOf[guard.format];
  const messages = format.write({
    ...questionAbout(text, subject.asked),
    ...(guard.policy === undefined ? {} : { policy: guard.policy }),
  });
  const request = questionTo(declared.model, messages);
  const late = AbortSignal.timeout(guard.timeoutMs);
  let answer = '';
  let usage: Usage | undefined;
  try {
    for await (const event of upstream.chat(request, AbortSignal.any([left, late]))) {
      if (event.type === 'usage') {
        const { type: _type, ...spent } = event;
        usage = spent;
      } else if (event.type === 'delta' && event.channel === 'content') answer += event.text;
      if (answer.length > limits.guardCharacters) break;
    }
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return silent(late.aborted ? 'timeout' : error.code);
  }
  const opinion = format.read(answer);
  const read = messages.reduce((sum, { content }) => sum + content.length, 0);
  const spent: Usage = usage ?? {
    inputTokens: estimatedTokens(read),
    outputTokens: estimatedTokens(answer.length),
    estimated: true,
  };
  if (opinion === undefined) return { ...silent('unreadable'), usage: spent };
  return { ...who, ...opinion, ms: clock.monotonicMs() - startedMs, usage: spent };
}

/** The question is there to understand the answer by: its end is enough where both are long. */
function questionAbout(
  text: string,
  asked: string | undefined,
): { readonly asked: string; readonly answered?: string } {
  if (asked === undefined) return { asked: text };
  const room = limits.guardCharacters - text.length;
  return { asked: asked.slice(Math.max(0, asked.length - room)), answered: text };
}

function weighed(
  { findings }: Subject,
  questions: readonly Question[],
  opinions: readonly Consulted[],
): Omit<Heard, 'opinions'> {
  const added: Finding[] = [];
  const cleared = new Set<Finding>();
  const failed = new Set<string>();
  for (const [i, { guard, finding }] of questions.entries()) {
    const opinion = opinions[i]!;
    const { said } = opinion;
    if (said === 'silent') {
      if (guard.whenSilent === 'block') failed.add(`guard/${guard.id}`);
      continue;
    }
    if (said === 'safe') {
      if (!guard.mayClear) continue;
      for (const one of findings) {
        if (one.path === finding.path && isUnsure(guard, one)) cleared.add(one);
      }
      continue;
    }
    const named = opinion.kinds.filter((kind) => guard.kinds.some((one) => covers(one, kind)));
    // It objects to something else, about which nobody asked it.
    if (named.length === 0 && opinion.kinds.length > 0) continue;
    for (const kind of named.length > 0 ? named : [finding.kind]) {
      const { path, start, end } = finding;
      const detector = `guard/${guard.id}`;
      added.push({ path, kind, start, end, score: scoreOf[said], detector });
    }
  }
  return { added, cleared, failed: [...failed] };
}
