import type { Language } from '#base';
import type { Draft, JsonValue, LedgerAppender, Sequenced } from '#ledger';
import type { Policy } from '#policy';
import type { About, Inspection, Placeholders } from '#supervisor';
import type { Cached } from './cache-visit.ts';
import type { LessonRecord } from './class/record.ts';
import type { Usage } from './chat-response.ts';
import type { Alongside } from './institution-account.ts';
import type { Consulted } from './guard-consult.ts';
import type { ApiKey } from './key-store.ts';
import type { Dialect, ParsedRequest } from './dialect.ts';
import { needsOf } from './needs.ts';
import type { Taken } from './override.ts';
import { type TextPart, textParts } from './request-text.ts';
import type { ChatBody } from './schema.ts';
import type { OutputFinding, SupervisedAnswer } from './supervised-answer.ts';

/** What was tried to get an answer: the upstream, and `answered` or the code of its failure. */
export interface Attempt {
  readonly upstream: string;
  readonly outcome: string;
}

/** A request that has been looked at and may be recorded. */
export interface Admitted {
  readonly key: ApiKey;
  readonly clientAddress: string;
  readonly policy: Policy;
  readonly policyLeaf: string;
  readonly dialect: Dialect;
  readonly request: ParsedRequest;
  /** The request as it may go on: redacted where a rule says so. The same one when none does. */
  readonly effective: ParsedRequest;
  /** Headers of the dialect that go on to an upstream that speaks it. */
  readonly dialectHeaders: Readonly<Record<string, string>>;
  readonly placeholders: Placeholders;
  readonly inspection: Inspection;
  /** What guard models said, once they were asked. */
  readonly guards: readonly Consulted[];
  /** What rules may ask about it beside its texts. */
  readonly about: About;
  readonly statedClass: string | undefined;
  readonly dataClass: string;
  readonly language: Language;
  /** Set where a reviewer has overturned what would have stopped it. */
  readonly override?: Taken;
}

export type End = 'complete' | 'refused' | 'failed' | 'cancelled';

export interface Result {
  readonly end: End;
  readonly attempts: readonly Attempt[];
  /** The routing rule that put the candidates in order. */
  readonly routing: string | undefined;
  /** The members of the rule book that left no candidate. */
  readonly refusedBy: readonly string[] | undefined;
  readonly upstream: string | undefined;
  readonly model: string | undefined;
  readonly modelLeaf: string | undefined;
  readonly answer: SupervisedAnswer | undefined;
  readonly usage: Usage | undefined;
  /** Calls beside this one, which the institution pays for. */
  readonly alongside: readonly Alongside[];
  /** Names of what the upstream's dialect could not carry. */
  readonly notCarried: readonly string[];
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
  /** Set where the answer was made for an earlier request, and `upstream` made it then. */
  readonly cached: Cached | undefined;
  /** Why there was no answer, as a code. */
  readonly failure: string | undefined;
  /** What the rules of a class said, where a pupil of one asked. */
  readonly lesson?: LessonRecord;
}

const nothing: { findings: readonly OutputFinding[]; rules: readonly string[] } = {
  findings: [],
  rules: [],
};

/** The entry that must be durable before an upstream sees a byte. */
export function intentDraft(admitted: Admitted, modelLeaf: string | undefined): Draft {
  const { request, effective, inspection } = admitted;
  const { messages, tools, response_format, user, metadata, ...parameters } = withoutPictures(
    request.body,
  );
  const more = request.unknown.map(({ path, value }) => [path, value]);
  const asSent = {
    messages,
    tools,
    response_format,
    metadata,
    ...(more.length === 0 ? {} : { other: Object.fromEntries(more) as object }),
  };
  const pictures = request.images.map(({ path, kind, mediaType, bytes, sha256 }) => ({
    path,
    kind,
    mediaType,
    bytes,
    sha256,
  }));
  return {
    type: 'intent',
    decision: inspection.decision.action,
    evidenceClass: evidenceClass(inspection.decision.action),
    refs: { policy: admitted.policyLeaf, ...(modelLeaf === undefined ? {} : { model: modelLeaf }) },
    fields: {
      // Whoever signed in is the person it is about, whatever the request calls them.
      ...(typeof user === 'string' && admitted.key.person !== true ? { 'subject.ref': user } : {}),
      'actor.id': admitted.key.id,
      'client.ip': admitted.clientAddress,
      'request.messages': json(asSent),
      ...(effective === request
        ? {}
        : { 'request.effective_input': json(withoutPictures(effective.body).messages) }),
      'request.params': json({ dialect: admitted.dialect.name, ...parameters }),
      ...(admitted.override === undefined
        ? {}
        : { 'human.override': json(overrideOf(admitted.override)) }),
      'policy.verdicts': json({
        dataClass: admitted.dataClass,
        stated: admitted.statedClass ?? null,
        ...(inspection.bans.length === 0 ? {} : { bans: inspection.bans.map(({ by }) => by) }),
        needs: needsOf(admitted),
        decision: inspection.decision.action,
        rules: inspection.decision.rules,
        findings: inspection.findings.map((f) => ({ ...f, direction: 'input' })),
        failed: inspection.failed,
        policy: admitted.policy.sha256,
        ...(pictures.length === 0 ? {} : { images: pictures }),
      }),
    },
  };
}

function overrideOf({ passage, verdict, rules }: Taken): object {
  return { passage, verdict, rules };
}

/** The entry that must be durable before the last byte of the answer leaves. */
export function outcomeDraft(admitted: Admitted, intent: string, result: Result): Draft {
  const { answer, usage, alongside } = result;
  const verdict = answer?.verdict() ?? nothing;
  const transcript = answer?.transcript();
  const raw = transcript?.raw;
  const decision = outcomeDecision(admitted, result, verdict.rules);
  // An answer that was to come whole and was stopped made no call.
  const stopped = result.end === 'refused' && admitted.request.body.stream !== true;
  const calls = stopped ? [] : (transcript?.calls ?? []);
  const verdicts = outcomeVerdicts(admitted, result, { decision, verdict });
  return {
    type: 'outcome',
    decision,
    end: result.end,
    evidenceClass: evidenceClass(decision),
    refs: {
      intent,
      policy: admitted.policyLeaf,
      ...(result.modelLeaf === undefined ? {} : { model: result.modelLeaf }),
    },
    fields: {
      ...(transcript === undefined ? {} : { 'response.delivered': json(transcript.delivered) }),
      ...(raw === undefined ? {} : { 'response.raw': json(raw) }),
      ...(calls.length === 0 ? {} : { 'tool.calls': json(calls) }),
      ...result.lesson?.fields,
      'policy.verdicts': json(verdicts),
      ...(usage === undefined && alongside.length === 0
        ? {}
        : { usage: json({ ...usage, ...(alongside.length === 0 ? {} : { alongside }) }) }),
      latency: json({
        firstByteMs: result.firstByteMs === undefined ? null : Math.round(result.firstByteMs),
        totalMs: Math.round(result.totalMs),
      }),
    },
  };
}

type Guarded = Pick<Admitted, 'inspection' | 'guards'>;
function outcomeVerdicts(
  admitted: Admitted,
  result: Result,
  { decision, verdict }: { readonly decision: Draft['decision']; readonly verdict: Verdict },
): object {
  const { answer } = result;
  // Member by member: an object that is put together from others costs several times as much.
  const verdicts: Record<string, unknown> = {
    dataClass: admitted.dataClass,
    decision,
    rules: rulesOf(admitted, verdict.rules, result.lesson?.rules),
  };
  if (result.lesson !== undefined) verdicts['school'] = result.lesson.verdict;
  Object.assign(verdicts, stoppedBy(admitted, result));
  if (admitted.guards.length > 0) {
    verdicts['guards'] = admitted.guards.map(({ usage: _usage, ...told }) => told);
  }
  verdicts['findings'] = [
    ...guardFindings(admitted),
    ...verdict.findings.map((f) => ({ ...f, direction: 'output' })),
  ];
  verdicts['upstream'] = result.upstream ?? null;
  verdicts['model'] = result.model ?? null;
  verdicts['jurisdiction'] = jurisdictionOf(admitted, result);
  verdicts['attempts'] = result.attempts;
  if (result.cached !== undefined) verdicts['cache'] = result.cached;
  if (result.routing !== undefined) verdicts['routing'] = result.routing;
  if (result.refusedBy !== undefined) verdicts['refusedBy'] = result.refusedBy;
  verdicts['failure'] = result.failure ?? null;
  verdicts['deliveredCharacters'] = answer?.deliveredCharacters ?? 0;
  if (result.notCarried.length > 0) verdicts['notCarried'] = result.notCarried;
  return verdicts;
}

type Verdict = ReturnType<SupervisedAnswer['verdict']>;

function rulesOf(
  admitted: Admitted,
  found: readonly string[],
  school: readonly string[] = [],
): readonly string[] {
  if (admitted.guards.length === 0 && school.length === 0) return found;
  return [...new Set([...guardRules(admitted), ...found, ...school])];
}

/** What guards found in the request: the intent was on record before they were asked. */
export function guardFindings({ inspection, guards }: Guarded): readonly object[] {
  const names = new Set(guards.filter(isAboutRequest).map(({ id }) => `guard/${id}`));
  return inspection.findings
    .filter(({ detector }) => names.has(detector))
    .map((finding) => ({ ...finding, direction: 'input' }));
}

/** The rules that matched once they had spoken. */
export function guardRules({ inspection, guards }: Guarded): readonly string[] {
  return guards.some(isAboutRequest) ? inspection.decision.rules : [];
}

function isAboutRequest({ direction }: Consulted): boolean {
  return direction === 'input';
}

/**
 * Records a request that a rule stopped: both entries in one batch, since no upstream comes
 * between.
 */
export async function recordRefusal(
  ledger: LedgerAppender,
  admitted: Admitted,
  result: Result,
): Promise<Sequenced> {
  const [intent] = await ledger.append([
    intentDraft(admitted, undefined),
    outcomeDraft(admitted, '#0', result),
  ]);
  return intent!;
}

/** The rule by which this ended. The rule book may be another when somebody counts it. */
function stoppedBy(admitted: Admitted, result: Result): { readonly stoppedBy?: string } {
  if (result.end !== 'refused') return {};
  const { action, rules } = admitted.inspection.decision;
  const rule = result.answer?.blockedBy ?? (action === 'block' ? rules[0] : undefined);
  return rule === undefined ? {} : { stoppedBy: rule };
}

function jurisdictionOf({ policy }: Admitted, { upstream }: Result): string | null {
  return upstream === undefined ? null : (policy.upstream(upstream)?.jurisdiction ?? null);
}

function outcomeDecision(
  admitted: Admitted,
  result: Result,
  outputRules: readonly string[],
): Draft['decision'] {
  if (result.end === 'failed') return 'error';
  // Signs of need go to a person, also where another rule stopped the request.
  if (result.lesson?.overrides === true) return result.lesson.decision;
  // Stopped on the way in, on the way out, or because no model may see this class of data.
  if (result.end === 'refused') return 'block';
  const strength: readonly Draft['decision'][] = [
    'allow',
    'annotate',
    'redact',
    'escalate',
    'block',
  ];
  const actions = outputRules.map(
    (id) => admitted.policy.document.supervision.find((rule) => rule.id === id)?.action ?? 'block',
  );
  const lesson = result.lesson?.decision ?? 'allow';
  return [admitted.inspection.decision.action, ...actions, lesson].reduce((a, b) =>
    strength.indexOf(b) > strength.indexOf(a) ? b : a,
  );
}

/** Blocked and escalated passages are kept as the operator's review needs them, not as routine. */
function evidenceClass(decision: Draft['decision']): Draft['evidenceClass'] {
  return decision === 'block' || decision === 'escalate' ? 'r2' : 'r1';
}

/**
 * Our values as the ledger takes them. They are plain data; the ledger writes them with
 * JSON.stringify, which drops the members that are undefined.
 */
function json(value: unknown): JsonValue {
  return value as JsonValue;
}

/** A picture is recorded by its hash and size; its bytes stand nowhere. */
function withoutPictures(body: ChatBody): ChatBody {
  const inline = /^data:/i;
  const hasOne = body.messages.some(
    ({ content }) => Array.isArray(content) && content.some((part) => part.type === 'image_url'),
  );
  if (!hasOne) return body;
  return {
    ...body,
    messages: body.messages.map((message) =>
      message.role !== 'user' || typeof message.content === 'string'
        ? message
        : {
            ...message,
            content: message.content.map((part) =>
              part.type === 'image_url' && inline.test(part.image_url.url)
                ? { ...part, image_url: { ...part.image_url, url: 'data:' } }
                : part,
            ),
          },
    ),
  };
}

/** Characters a person or a tool wrote in this request: what an estimate of its tokens rests on. */
export function inputCharacters(texts: readonly TextPart[]): number {
  return texts.reduce((sum, part) => sum + part.text.length, 0);
}

/** Every text of a request; what stands for a picture is none. */
export function textsOf(request: ParsedRequest): readonly TextPart[] {
  return textParts(request.wire, picturesOf(request));
}

/** Paths of the pictures whose bytes stand in the request. */
export function picturesOf({ images }: ParsedRequest): ReadonlySet<string> {
  return new Set(images.flatMap(({ kind, path }) => (kind === 'inline' ? [path] : [])));
}

/** Four UTF-16 units a token is the rule of thumb; what rests on it is marked as an estimate. */
export function estimatedTokens(units: number): number {
  return Math.ceil(units / 4);
}
