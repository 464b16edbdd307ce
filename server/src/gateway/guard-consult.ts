import { type Clock, limits } from '#base';
import type { DeclaredGuard, DeclaredUpstream } from '#policy';
import { type GuardOpinion, type Inspection, covers, guardFormatOf } from '#supervisor';
import { type ChatRequest, UpstreamError, canonicalChat } from '#upstream';
import { type RuleBook, readmit } from './admission.ts';
import type { Usage } from './chat-response.ts';
import { type Admitted, estimatedTokens, textsOf } from './passage.ts';

/** What a guard said about one text. It is a party, so where it comes from stands beside it. */
export interface Consulted {
  readonly id: string;
  readonly upstream: string;
  readonly model: string;
  readonly operator: string;
  readonly jurisdiction: string;
  readonly path: string;
  readonly said: GuardOpinion['said'] | 'silent';
  /** Why it was silent: `timeout`, `not_permitted`, `unreadable`, `too_long`, `too_many`, or the code of a failure. */
  readonly why?: string;
  readonly kinds: readonly string[];
  readonly ms: number;
  readonly usage?: Usage;
}

type Finding = Inspection['findings'][number];

/** A guard, a text of the request, and the finding about which it is asked. */
interface Question {
  readonly guard: DeclaredGuard;
  readonly declared: DeclaredUpstream;
  readonly finding: Finding;
}

/** Scores of what a guard says, on the scale of our own detectors. */
const scoreOf = { unsafe: 90, controversial: 60 } as const;

/**
 * Asks the guards of the rule book about the texts in which our own detectors are not sure. The
 * intent is durable by then, since a guard reads what a person wrote like any other model.
 * @returns the request with what they said taken into account; the same when none was asked
 */
export async function consultGuards(
  book: RuleBook,
  admitted: Admitted,
  from: { readonly left: AbortSignal; readonly clock: Clock },
): Promise<Admitted> {
  const questions = questionsOf(admitted);
  if (questions.length === 0) return admitted;
  const texts = new Map<string, string | undefined>();
  for (const { path, text } of textsOf(admitted.effective)) {
    // Two texts of one path: a guard would judge one and clear the other, so it judges neither.
    texts.set(path, texts.has(path) ? undefined : text);
  }
  const heard = await Promise.all(
    questions.map((question, i) => {
      const over = i >= limits.guardQuestions;
      return ask(book, admitted, { ...from, question, texts, over });
    }),
  );
  const { findings, failed } = weighed(admitted, questions, heard);
  const parts = textsOf(admitted.request);
  const inspection = book.supervisor.reconsider(parts, { findings, failed }, admitted.about);
  return { ...readmit(admitted, inspection), guards: heard };
}

/** Each guard is asked once about a text, for its strongest finding in the band. */
function questionsOf({ policy, inspection }: Admitted): readonly Question[] {
  return (policy.document.guards ?? []).flatMap((guard) => {
    const declared = policy.upstream(guard.upstream);
    if (declared === undefined) return [];
    const best = new Map<string, Finding>();
    for (const finding of inspection.findings) {
      const { path, kind, score } = finding;
      const unsure = score >= guard.band.from && score <= guard.band.to;
      if (!unsure || !guard.kinds.some((pattern) => covers(pattern, kind))) continue;
      if (score > (best.get(path)?.score ?? 0)) best.set(path, finding);
    }
    return [...best.values()].map((finding) => ({ guard, declared, finding }));
  });
}

async function ask(
  book: RuleBook,
  admitted: Admitted,
  from: {
    readonly question: Question;
    readonly texts: ReadonlyMap<string, string | undefined>;
    /** More was to be asked than is asked about one request. */
    readonly over: boolean;
    readonly left: AbortSignal;
    readonly clock: Clock;
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
    path: finding.path,
  };
  const silent = (why: string): Consulted => {
    return { ...who, said: 'silent', why, kinds: [], ms: clock.monotonicMs() - startedMs };
  };
  const text = texts.get(finding.path);
  const upstream = book.upstreams.get(declared.id);
  if (!maySee(admitted, declared)) return silent('not_permitted');
  if (text === undefined || upstream === undefined || !upstream.available()) {
    return silent('unavailable');
  }
  if (over) return silent('too_many');
  // What it cannot read whole it cannot call safe.
  if (text.length > limits.guardCharacters) return silent('too_long');
  const format = guardFormatOf[guard.format];
  const asked = text;
  const policy = guard.policy === undefined ? {} : { policy: guard.policy };
  const request = guardRequest(declared.model, format.write({ asked, ...policy }));
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
  const spent: Usage = usage ?? {
    inputTokens: estimatedTokens(asked.length),
    outputTokens: estimatedTokens(answer.length),
    estimated: true,
  };
  if (opinion === undefined) return { ...silent('unreadable'), usage: spent };
  return { ...who, ...opinion, ms: clock.monotonicMs() - startedMs, usage: spent };
}

/** A guard is a model like any other: what the class may not reach, it may not read either. */
function maySee(
  { policy, dataClass, inspection }: Admitted,
  { id, jurisdiction }: DeclaredUpstream,
): boolean {
  const banned = inspection.bans.some(({ jurisdictions }) => jurisdictions.includes(jurisdiction));
  return !banned && policy.permitted(dataClass).some((one) => one.id === id);
}

function guardRequest(
  model: string,
  messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[],
): ChatRequest {
  const body = { model, messages, temperature: 0, max_tokens: limits.guardAnswerTokens };
  return {
    model,
    get chat() {
      return canonicalChat(body);
    },
    messages: messages.map(({ role, content }) => ({ role, text: content })),
    body: Buffer.from(JSON.stringify(body), 'utf8'),
    stream: false,
    temperature: 0,
    maxTokens: limits.guardAnswerTokens,
  };
}

/** Our findings with theirs beside them, and without those that a guard was allowed to clear. */
function weighed(
  { inspection }: Admitted,
  questions: readonly Question[],
  heard: readonly Consulted[],
): { readonly findings: readonly Finding[]; readonly failed: readonly string[] } {
  const added: Finding[] = [];
  const cleared = new Set<Finding>();
  const failed = new Set(inspection.failed);
  for (const [i, { guard, finding }] of questions.entries()) {
    const opinion = heard[i]!;
    const { said } = opinion;
    if (said === 'silent') {
      if (guard.whenSilent === 'block') failed.add(`guard/${guard.id}`);
      continue;
    }
    const concerned = (kind: string): boolean => guard.kinds.some((one) => covers(one, kind));
    if (said === 'safe') {
      if (!guard.mayClear) continue;
      for (const one of inspection.findings) {
        const unsure = one.score >= guard.band.from && one.score <= guard.band.to;
        if (one.path === finding.path && unsure && concerned(one.kind)) cleared.add(one);
      }
      continue;
    }
    const named = opinion.kinds.filter(concerned);
    // It objects to something else, about which nobody asked it.
    if (named.length === 0 && opinion.kinds.length > 0) continue;
    for (const kind of named.length > 0 ? named : [finding.kind]) {
      const { path, start, end } = finding;
      const detector = `guard/${guard.id}`;
      added.push({ path, kind, start, end, score: scoreOf[said], detector });
    }
  }
  const kept = inspection.findings.filter((finding) => !cleared.has(finding));
  return { findings: [...kept, ...added], failed: [...failed] };
}
