import type { Clock, Log } from '#base';
import type { LedgerAppender, Sequenced } from '#ledger';
import { type ChatEvent, type ChatRequest, type EmbedAnswer, UpstreamError } from '#upstream';
import type { Accounts, KeyPass } from './accounts.ts';
import type { RuleBook } from './admission.ts';
import { type CacheVisit, visitCache } from './cache-visit.ts';
import type { Caller } from './caller.ts';
import type { Usage } from './chat-response.ts';
import { answerHeaders, plainNames } from './answer-headers.ts';
import { admitKey } from './class/admit-key.ts';
import type { Classroom } from './class/classroom.ts';
import type { ClassLesson } from './class/lesson.ts';
import type { AnswerWriter, Dialect } from './dialect.ts';
import { embeddingsAnswer } from './embeddings-answer.ts';
import { joined, readBatches } from './event-batch.ts';
import { GatewayError, failureCode } from './errors.ts';
import { consultGuards } from './guard-consult.ts';
import { GuardedAnswer } from './guarded-answer.ts';
import { readRequest } from './incoming-request.ts';
import type { Alongside } from './institution-account.ts';
import type { ApiKey } from './key-store.ts';
import { wantedOf } from './needs.ts';
import type { ExchangeObserver } from './observer.ts';
import { type Overrides, admitOverriding } from './override.ts';
import {
  type Admitted,
  type Attempt,
  type Result,
  estimatedTokens,
  inputCharacters,
  intentDraft,
  outcomeDraft,
  recordRefusal,
  textsOf,
} from './passage.ts';
import { RecordedError } from './recorded-error.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { ReadJson } from './request-body.ts';
import { instructionsOf } from './request-text.ts';
import { type Candidate, type Route, automaticModel } from './route.ts';
import { SupervisedAnswer } from './supervised-answer.ts';
import { embedRequest, upstreamRequest } from './upstream-request.ts';

export interface ExchangePorts {
  readonly ledger: LedgerAppender;
  readonly accounts: Accounts;
  readonly ruleBook: () => RuleBook;
  readonly overrides: Overrides;
  readonly classroom: Classroom;
  readonly baseUrl: () => string;
  readonly observer: ExchangeObserver;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The passage of one chat request: look, decide, record the intent, ask, look again, record the
 * outcome. Every way out of it is recorded, and nothing a rule forbids leaves in any direction.
 */
export async function serveChat(
  ports: ExchangePorts,
  caller: Caller,
  asked: { readonly key: ApiKey; readonly dialect: Dialect },
): Promise<void> {
  const startedMs = ports.clock.monotonicMs();
  const book = ports.ruleBook();
  const request = await readRequest(book.policy, caller, asked.dialect);
  const pass = admitKey(ports, book, { ...asked, request });
  try {
    const found = { caller, ...asked, incoming: request };
    const { book: inForce, admitted } = await admitOverriding(book, found, ports.overrides);
    const from = { caller, admitted, read: request.read, startedMs, pass };
    const exchange = new Exchange(ports, inForce, from);
    try {
      await exchange.run();
    } finally {
      if (!exchange.concluded) giveBack(ports.overrides, admitted);
    }
  } finally {
    pass.close();
  }
}

/** Nobody had an answer from it, so the person may send it once more. */
function giveBack(overrides: Overrides, { key, override }: Admitted): void {
  if (override !== undefined) overrides.giveBack(key.id, override.name, override);
}

class Exchange {
  readonly #ports: ExchangePorts;
  readonly #book: RuleBook;
  readonly #caller: Caller;
  #admitted: Admitted;
  readonly #read: ReadJson;
  readonly #startedMs: number;
  readonly #pass: KeyPass;
  readonly #attempts: Attempt[] = [];
  #way: Route | undefined;
  #visit: CacheVisit | undefined;
  /** Where a pupil of a class asks. */
  readonly #lesson: ClassLesson | undefined;
  #firstByteMs: number | undefined;
  /** Whether the outcome is in the ledger. */
  #recorded = false;
  /** Whether a model answered, as far as it got. */
  concluded = false;

  constructor(
    ports: ExchangePorts,
    book: RuleBook,
    from: {
      caller: Caller;
      admitted: Admitted;
      read: ReadJson;
      startedMs: number;
      pass: KeyPass;
    },
  ) {
    this.#ports = ports;
    this.#book = book;
    this.#caller = from.caller;
    this.#admitted = from.admitted;
    this.#read = from.read;
    this.#startedMs = from.startedMs;
    this.#pass = from.pass;
    this.#lesson = ports.classroom.open(book, from);
  }

  async run(): Promise<void> {
    const notice = this.#lesson?.notice();
    const found = notice === undefined ? this.#admissible() : soleWay(notice);
    const way = found instanceof Promise ? await found : found;
    if (way === undefined) return;
    const [first] = way.candidates;
    const modelLeaf = this.#book.modelLeaves.get(first!.declared.id);
    const draft = intentDraft(this.#admitted, modelLeaf);
    const sinceMs = this.#ports.clock.monotonicMs();
    const [intent] = await this.#append([draft]);
    this.#ports.observer.intended(this.#ports.clock.monotonicMs() - sinceMs);
    this.#pass.begin(intent!);
    this.#lesson?.begin(intent!.id);
    try {
      if (notice !== undefined) return void (await this.#try(intent!, notice));
      const guarded = await this.#consult(intent!, way);
      return guarded === undefined ? undefined : await this.#answer(intent!, guarded);
    } catch (error) {
      // A fault of our own must not leave an exchange open in the ledger until the next start.
      const lost = error instanceof GatewayError && error.code === 'ledger_unavailable';
      const recordable = !this.#recorded && !lost;
      if (recordable)
        await this.#record(intent!, { ...this.#result('failed'), failure: 'internal' });
      throw error;
    }
  }

  /**
   * @returns where it may go; undefined when a rule stopped it and all is told
   * @throws RecordedError
   */
  #admissible(): Route | Promise<undefined> {
    const { request, dataClass, policy, inspection, dialect } = this.#admitted;
    if (inspection.decision.action === 'block') return this.#refuse();
    if (this.#lesson !== undefined && dialect.createWriter === undefined) {
      return this.#refuseByPolicy('class_needs_words');
    }
    if (!this.#pass.mayCarry(policy, dataClass)) return this.#refuseByPolicy('key_class_exceeded');
    if (request.images.length > 0 && !policy.allowsImages(dataClass)) {
      return this.#refuseByPolicy('image_not_permitted', `dataClasses.${dataClass}.images`);
    }
    return this.#narrow(request.body.model);
  }

  /** @throws RecordedError when there is nowhere to go */
  #narrow(model: string): Route | Promise<never> {
    const wide = this.#route();
    if (wide.candidates.length === 0) {
      const able = wide.refusal?.why !== 'incapable';
      const code = able ? 'no_permitted_upstream' : 'no_capable_upstream';
      return this.#refuseByPolicy(code, wide.refusal?.by.join(', '));
    }
    const way = this.#pass.narrow(wide, model, automaticModel);
    return way.candidates.length > 0 ? way : this.#refuseByPolicy('key_model_not_allowed');
  }

  /**
   * Where our own detectors are not sure, guard models are asked before the request goes on.
   * @returns where it may still go; undefined when it was stopped and all is told
   */
  async #consult(intent: Sequenced, way: Route): Promise<Route | undefined> {
    const before = this.#admitted;
    if (before.policy.document.guards === undefined) return way;
    const { leftSignal: left } = this.#caller;
    this.#admitted = await consultGuards(this.#book, before, { left, clock: this.#ports.clock });
    const { inspection, policy, dataClass, dialect } = this.#admitted;
    const stopped = inspection.decision.action === 'block';
    const allowed = this.#pass.mayCarry(policy, dataClass);
    // A finding may have raised the class or kept jurisdictions away: then fewer may be asked.
    const open = stopped || !allowed ? new Set<string>() : this.#openTo();
    const candidates = way.candidates.filter(({ declared }) => open.has(declared.id));
    if (candidates.length > 0) return { ...way, candidates };
    const failure = stopped ? 'content_blocked' : 'no_permitted_upstream';
    await this.#record(intent, { ...this.#result('refused'), failure });
    const headers = this.#headers(intent, undefined);
    if (!stopped) throw new RecordedError(new GatewayError('no_permitted_upstream'), headers);
    this.#caller.sendJson(400, dialect.refusalBody(this.#refusal(intent, 'input')), headers);
    return undefined;
  }

  #openTo(): ReadonlySet<string> {
    return new Set(this.#route().candidates.map(({ declared }) => declared.id));
  }

  #route(): Route {
    const { continuity } = this.#book;
    const stated = this.#caller.header('x-sekisho-conversation');
    const nameOf = continuity.namesConversations
      ? continuity.conversations.nameOf.bind(continuity.conversations)
      : undefined;
    const wanted = wantedOf(this.#admitted, stated, nameOf);
    this.#way = continuity.route(this.#admitted.policy, wanted);
    return this.#way;
  }

  /** Tries the candidates in turn until one has answered or the first byte has left. */
  async #answer(intent: Sequenced, way: Route): Promise<void> {
    if (way.forbidden !== undefined) {
      this.#attempts.push({ upstream: way.forbidden, outcome: 'not_permitted' });
    }
    // What passes once, or is asked by a pupil, is neither answered from memory nor kept there.
    if (this.#admitted.override === undefined && this.#lesson === undefined) {
      this.#visit = visitCache(this.#book, { admitted: this.#admitted, caller: this.#caller, way });
    }
    const kept = this.#visit?.found;
    if (kept !== undefined) {
      if ((await this.#try(intent, kept)) === undefined) return;
      this.#visit = undefined;
    }
    let last: UpstreamError | undefined;
    const inTurn = this.#book.continuity.inTurn(way, {
      attempts: this.#attempts,
      passage: intent.id,
      caller: this.#caller.left,
      ...(this.#admitted.dialect.createWriter === undefined
        ? {}
        : { request: (candidate: Candidate) => this.#request(candidate) }),
    });
    for await (const candidate of inTurn) {
      // One that has the request is named in the record, and what it read is paid for.
      if (this.#caller.left.aborted && candidate.begun !== true) break;
      const asking = { attempts: this.#attempts, admitted: this.#admitted, read: this.#read };
      const lesson = this.#lesson?.watch(candidate, asking);
      last = await this.#try(intent, lesson ?? this.#visit?.watch(candidate) ?? candidate);
      if (last === undefined) return;
    }
    const cancelled = this.#caller.left.aborted;
    await this.#record(intent, {
      ...this.#result(cancelled ? 'cancelled' : 'failed'),
      failure: cancelled ? 'client_left' : (last?.code ?? 'unavailable'),
    });
    if (cancelled) return;
    this.#caller.sendError(
      new GatewayError(failureCode(last), { cause: last }),
      this.#headers(intent, undefined),
    );
  }

  /**
   * @returns the failure after which the next candidate may be tried; undefined when all is told
   */
  async #try(intent: Sequenced, candidate: Candidate): Promise<UpstreamError | undefined> {
    if (this.#admitted.dialect.createWriter === undefined) return this.#embed(intent, candidate);
    const { declared, upstream } = candidate;
    const { placeholders, about, request, effective } = this.#admitted;
    const pace = request.body.stream === true ? 'stream' : 'whole';
    const how = { pace, about, instructions: instructionsOf(effective.body) } as const;
    const book = this.#lesson?.bookOf(this.#book) ?? this.#book;
    const answer = new SupervisedAnswer(book.supervisor, placeholders, how);
    const notCarried = this.#notCarried(candidate);
    const writer = this.#writer(intent, candidate, { answer, notCarried });
    const guarded = GuardedAnswer.of(book, this.#admitted, answer);
    const { left } = this.#caller;
    const done = (end: Result['end'], failure?: string): Result => ({
      ...this.#result(end),
      upstream: declared.id,
      model: declared.model,
      modelLeaf: this.#book.modelLeaves.get(declared.id),
      answer,
      usage: answer.usage ?? this.#estimate(answer),
      notCarried: [...new Set([...notCarried, ...answer.lost])],
      failure,
    });
    try {
      if (!upstream.available()) {
        throw new UpstreamError('unavailable', `couldn't ask ${declared.id}: it is not available`);
      }
      await readBatches(upstream.chat(this.#request(candidate), left), (batch) => {
        const slow = this.#release(batch, { answer, writer, guarded, notCarried });
        const going = (): boolean => answer.blockedBy === undefined && !left.aborted;
        return slow === undefined ? going() : slow.then(going);
      });
      if (left.aborted) throw new UpstreamError('aborted', 'the caller left');
      answer.end();
      if (guarded !== undefined) await this.#settle(guarded, writer);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.#attempts.push({ upstream: declared.id, outcome: error.code });
      if (!this.#caller.answering && !left.aborted) return error;
      if (left.aborted) {
        await this.#record(intent, done('cancelled', 'client_left'));
        return undefined;
      }
      await this.#record(intent, done('failed', error.code));
      await writer.fail(new GatewayError(failureCode(error), { cause: error }));
      return undefined;
    }
    this.#answered(declared.id);
    const result = done(answer.blockedBy === undefined ? 'complete' : 'refused');
    await this.#record(intent, result);
    await writer.finish(answer, {
      usage: result.usage!,
      refusal: answer.blockedBy === undefined ? undefined : this.#refusal(intent, 'output', answer),
      school: this.#lesson?.told(),
    });
    return undefined;
  }

  /** The answer is whole: guard models that look at answers are heard before it leaves. */
  async #settle(guarded: GuardedAnswer, writer: AnswerWriter): Promise<void> {
    const from = { left: this.#caller.leftSignal, clock: this.#ports.clock };
    const heard = await guarded.settle(writer, from);
    const { guards } = this.#admitted;
    if (heard.length > 0) this.#admitted = { ...this.#admitted, guards: [...guards, ...heard] };
  }

  /** @returns a promise while the caller reads slowly */
  #release(
    batch: readonly ChatEvent[],
    to: {
      readonly answer: SupervisedAnswer;
      readonly writer: AnswerWriter;
      readonly guarded: GuardedAnswer | undefined;
      readonly notCarried: Set<string>;
    },
  ): Promise<void> | undefined {
    const { answer, writer, guarded, notCarried } = to;
    let slow: Promise<void> | undefined;
    for (const { event, pieces } of joined(batch)) {
      if (event.type === 'lost') for (const name of event.names) notCarried.add(name);
      else if (event.type !== 'usage') {
        this.#firstByteMs ??= this.#ports.clock.monotonicMs() - this.#startedMs;
      }
      for (const released of answer.accept(event, pieces)) {
        if (guarded === undefined) slow = writer.release(released) ?? slow;
        else guarded.keep(released);
      }
      if (answer.blockedBy !== undefined) break;
    }
    return slow;
  }

  /** The same for texts that become vectors: no text comes back, so there is none to look at. */
  async #embed(intent: Sequenced, candidate: Candidate): Promise<UpstreamError | undefined> {
    const { declared, upstream } = candidate;
    const { left } = this.#caller;
    const { id, model } = declared;
    const by = { upstream: id, model, modelLeaf: this.#book.modelLeaves.get(id) };
    let answer: EmbedAnswer;
    try {
      if (upstream.embed === undefined || !upstream.available()) {
        throw new UpstreamError('unavailable', `couldn't ask ${declared.id}: it is not available`);
      }
      const asked = embedRequest(this.#admitted, this.#read, declared);
      answer = await upstream.embed(asked, left);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.#attempts.push({ upstream: declared.id, outcome: error.code });
      if (error.code !== 'aborted' || !left.aborted) return error;
      // It has the texts: who leaves early pays for what was sent.
      const usage = { ...this.#estimate(undefined), outputTokens: 0 };
      const result = { ...this.#result('cancelled'), ...by, usage, failure: 'client_left' };
      await this.#record(intent, result);
      return undefined;
    }
    this.#answered(declared.id);
    this.#firstByteMs = this.#ports.clock.monotonicMs() - this.#startedMs;
    const { inputTokens } = answer;
    const usage: Usage =
      inputTokens === undefined
        ? { ...this.#estimate(undefined), outputTokens: 0 }
        : { inputTokens, outputTokens: 0, estimated: false };
    await this.#record(intent, { ...this.#result('complete'), ...by, usage });
    const wanted = this.#admitted.request.wire['encoding_format'];
    const format = wanted === 'base64' ? 'base64' : 'float';
    const body = embeddingsAnswer(answer, { model, usage, format });
    this.#caller.sendJson(200, body, this.#headers(intent, candidate));
    return undefined;
  }

  /** What is given again was asked of nobody, and so was a notice for a pupil. */
  #answered(upstream: string): void {
    const asked = this.#visit?.cached === undefined && this.#lesson?.asked !== false;
    if (asked) this.#attempts.push({ upstream, outcome: 'answered' });
  }

  #writer(
    intent: Sequenced,
    candidate: Candidate,
    of: { readonly answer: SupervisedAnswer; readonly notCarried: ReadonlySet<string> },
  ): AnswerWriter {
    const { answer, notCarried } = of;
    const { dialect, request } = this.#admitted;
    return dialect.createWriter!(this.#caller, {
      head: {
        id: intent.id,
        created: Math.floor(this.#ports.clock.nowMs() / 1000),
        model: candidate.declared.model,
      },
      request,
      answer,
      headers: () => {
        const headers = this.#headers(intent, candidate);
        if (notCarried.size > 0) headers['x-sekisho-not-carried'] = plainNames(notCarried);
        return headers;
      },
    });
  }

  /** Members that only upstreams of the caller's own dialect would understand. */
  #notCarried({ declared }: Candidate): Set<string> {
    const { dialect, request } = this.#admitted;
    const native = dialect.nativeTo.has(declared.dialect);
    return new Set(native ? [] : request.unknown.map(({ path }) => path));
  }

  #request(candidate: Candidate): ChatRequest {
    return upstreamRequest(this.#admitted, this.#read, candidate.declared);
  }

  async #refuse(): Promise<undefined> {
    const intent = await this.#recordRefusal('content_blocked');
    const told = this.#refusal(intent, 'input');
    const body = this.#admitted.dialect.refusalBody(told);
    this.#caller.sendJson(400, body, this.#headers(intent, undefined));
  }

  async #refuseByPolicy(
    code:
      | 'no_permitted_upstream'
      | 'no_capable_upstream'
      | 'image_not_permitted'
      | 'key_class_exceeded'
      | 'key_model_not_allowed'
      | 'class_needs_words',
    detail?: string,
  ): Promise<never> {
    const intent = await this.#recordRefusal(code);
    const error = new GatewayError(code, detail === undefined ? {} : { detail });
    throw new RecordedError(error, this.#headers(intent, undefined));
  }

  async #recordRefusal(failure: string): Promise<Sequenced> {
    const result = { ...this.#result('refused'), failure };
    const recorded = recordRefusal(this.#ports.ledger, this.#admitted, result);
    const intent = await recorded.catch(unavailable);
    this.#observe(result, 'block');
    return intent;
  }

  #refusal(intent: Sequenced, direction: 'input' | 'output', answer?: SupervisedAnswer): Refusal {
    const { policy, language, inspection } = this.#admitted;
    return refusal({
      policy,
      language,
      direction,
      rules: answer?.blockedBy === undefined ? inspection.decision.rules : [answer.blockedBy],
      receipt: intent.id,
      receiptUrl: `${this.#ports.baseUrl()}/receipts/${intent.id}`,
      contestUrl: `${this.#ports.baseUrl()}/console/#/contest/${intent.id}`,
    });
  }

  #headers(intent: Sequenced, candidate: Candidate | undefined): Record<string, string> {
    return answerHeaders({
      baseUrl: this.#ports.baseUrl(),
      intent,
      admitted: this.#admitted,
      upstream: this.#lesson?.asked === false ? undefined : candidate?.declared.id,
      attempts: this.#attempts,
      cache: this.#visit?.word,
      more: [this.#lesson?.headers(), this.#pass.headers()],
    });
  }

  #result(end: Result['end']): Result {
    return {
      end,
      attempts: this.#attempts,
      routing: this.#way?.rule?.id,
      refusedBy: this.#way?.refusal?.by,
      upstream: undefined,
      model: undefined,
      modelLeaf: undefined,
      answer: undefined,
      usage: undefined,
      alongside: [],
      notCarried: [],
      firstByteMs: this.#firstByteMs,
      totalMs: this.#ports.clock.monotonicMs() - this.#startedMs,
      cached: this.#visit?.cached,
      failure: undefined,
    };
  }

  /** Four UTF-16 units a token is the rule of thumb; the figure is marked as an estimate. */
  #estimate(answer: SupervisedAnswer | undefined): Usage {
    return {
      inputTokens: estimatedTokens(inputCharacters(textsOf(this.#admitted.effective))),
      outputTokens: estimatedTokens(answer?.passedCharacters ?? 0),
      estimated: true,
    };
  }

  /** One that was slower has read the request; what it would have said is not known. */
  #alongside(): readonly Alongside[] {
    const { institution } = this.#ports.accounts;
    const { policy, guards } = this.#admitted;
    const alone =
      guards.length === 0 &&
      this.#lesson === undefined &&
      !this.#attempts.some(({ outcome }) => outcome === 'hedged');
    if (alone) return [];
    const hedged = this.#attempts.flatMap(({ upstream, outcome }) => {
      const declared = policy.upstream(upstream);
      if (outcome !== 'hedged' || declared === undefined) return [];
      return [institution.priced(declared, 'hedge', this.#estimate(undefined))];
    });
    const consulted = guards.flatMap(({ upstream, usage }) => {
      const declared = policy.upstream(upstream);
      if (usage === undefined || declared === undefined) return [];
      return [institution.priced(declared, 'guard', usage)];
    });
    return [...hedged, ...consulted, ...(this.#lesson?.alongside(institution) ?? [])];
  }

  async #record(intent: Sequenced, ended: Result): Promise<void> {
    this.#recorded = true;
    const result = this.#lesson?.conclude(ended) ?? ended;
    const usage =
      result.cached === undefined
        ? this.#pass.priced(result.usage, result.upstream)
        : this.#pass.unpaid();
    const priced = { ...result, usage, alongside: this.#alongside() };
    const draft = outcomeDraft(this.#admitted, intent.leafHash, priced);
    const [outcome] = await this.#append([draft]);
    // Of a stream that broke off, what has left was read: the pass is used up.
    const gotNothing = result.end === 'failed' && !this.#caller.answering;
    this.concluded = !gotNothing && result.upstream !== undefined;
    const declared = this.#admitted.policy.upstream(result.upstream ?? '');
    for (const one of priced.alongside) {
      this.#ports.accounts.institution.charge(one, outcome!.index);
    }
    this.#pass.charge(outcome!, { usage, declared });
    this.#visit?.keep(intent.id, result);
    this.#observe(priced, draft.decision);
  }

  #observe(result: Result, decision: string): void {
    const traceparent = this.#caller.header('traceparent');
    const cache = this.#visit?.word;
    this.#ports.observer.ended({ admitted: this.#admitted, result, decision, traceparent, cache });
  }

  #append(drafts: Parameters<LedgerAppender['append']>[0]): Promise<readonly Sequenced[]> {
    return this.#ports.ledger.append(drafts).catch(unavailable);
  }
}

/** Where evidence cannot be kept, nothing may pass. */
function unavailable(cause: unknown): never {
  throw new GatewayError('ledger_unavailable', { cause });
}

function soleWay(candidate: Candidate): Route {
  return { candidates: [candidate], forbidden: undefined };
}
