import { type Language, languages, limits } from '#base';
import type { Draft, Sequenced } from '#ledger';
import { type DeclaredMcpServer, forbiddenToServer } from '#policy';
import type { KeyPass } from '../accounts.ts';
import type { RuleBook } from '../admission.ts';
import type { Caller } from '../caller.ts';
import { GatewayError, type GatewayErrorCode } from '../errors.ts';
import type { Consulted, Waiting } from '../guard-consult.ts';
import type { Alongside } from '../institution-account.ts';
import type { JsonObject } from '../json.ts';
import { refusal } from '../refusal.ts';
import { type TextPart, textParts } from '../request-text.ts';
import { admitCall, consultOnArguments } from './admitted-call.ts';
import type { ToolProgress } from './connection.ts';
import type { HeldConnection } from './connections.ts';
import { joinedName, mayCall } from './grants.ts';
import { type Looks, hearGuards, lookAside } from './guarded-result.ts';
import type { OfferedTool } from './offer.ts';
import type { McpPorts } from './ports.ts';
import { McpServerError } from './server-error.ts';
import { type AdmittedCall, type CallResult, callIntent, callOutcome } from './tool-passage.ts';
import {
  type SupervisedResult,
  maskedPart,
  resultParts,
  superviseNote,
  superviseResult,
} from './tool-result.ts';

/** How a call ended for its caller. All of it is on record; `left` says that nobody waits. */
export type CallAnswer =
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly error: GatewayError }
  | { readonly kind: 'left' };

export interface CallRequest {
  readonly caller: Caller;
  readonly book: RuleBook;
  readonly pass: KeyPass;
  readonly revision: string;
  /** Whether results may hold what the older revisions have no words for. */
  readonly sessions: boolean;
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
  /** Fires when the caller left or took the call back. */
  readonly signal: AbortSignal;
  /** Asked for only where the caller wants to hear of it. */
  readonly onProgress: ((progress: ToolProgress) => void) | undefined;
}

/**
 * The passage of one call of a tool: look, decide, record the intent, ask, look again, record the
 * outcome. Every way out of it is recorded, and nothing a rule forbids leaves in any direction.
 */
export class ToolCall {
  readonly #ports: McpPorts;
  readonly #request: CallRequest;
  #call: AdmittedCall;
  readonly #startedMs: number;
  #intent: Sequenced | undefined;
  /** Whether the outcome is in the ledger. */
  #recorded = false;
  #result: SupervisedResult | undefined;
  #declared: DeclaredMcpServer | undefined;
  /** What guard models said of the result. */
  #heard: readonly Consulted[] = [];

  private constructor(
    ports: McpPorts,
    request: CallRequest,
    of: { readonly call: AdmittedCall; readonly startedMs: number },
  ) {
    this.#ports = ports;
    this.#request = request;
    this.#startedMs = of.startedMs;
    this.#call = of.call;
  }

  /**
   * Looks at the arguments, and no more.
   * @throws GatewayError when the caller names a data class the policy does not know, and
   * `too_many_requests` when too many long texts wait already
   */
  static async open(ports: McpPorts, request: CallRequest): Promise<ToolCall> {
    const startedMs = ports.clock.monotonicMs();
    return new ToolCall(ports, request, { call: await admitCall(request), startedMs });
  }

  /** Of the answer, once the intent is on record. */
  headers(): Readonly<Record<string, string>> {
    const intent = this.#intent;
    if (intent === undefined) return this.#request.pass.headers();
    const { inspection, dataClass, server } = this.#call;
    const rules = this.#rules();
    return {
      'x-sekisho-receipt': intent.id,
      'x-sekisho-receipt-url': this.#receiptUrl(intent),
      'x-sekisho-data-class': dataClass,
      'x-sekisho-decision': inspection.decision.action,
      'x-evidence': `${intent.index}:${intent.leafHash}`,
      ...(intent.promise === undefined
        ? {}
        : { 'x-evidence-promise': Buffer.from(intent.promise, 'utf8').toString('base64') }),
      ...(rules.length === 0 ? {} : { 'x-sekisho-rules': rules.join(', ') }),
      ...(this.#declared === undefined ? {} : { 'x-sekisho-upstream': `mcp:${server}` }),
      ...this.#request.pass.headers(),
    };
  }

  /** The same for programs that see the message and not its headers. */
  receipt(): JsonObject {
    const intent = this.#intent;
    if (intent === undefined) return {};
    return {
      'sekisho/receipt': intent.id,
      'sekisho/receipt-url': this.#receiptUrl(intent),
      'sekisho/evidence': `${intent.index}:${intent.leafHash}`,
      ...(intent.promise === undefined
        ? {}
        : { 'sekisho/evidence-promise': Buffer.from(intent.promise, 'utf8').toString('base64') }),
      'sekisho/data-class': this.#call.dataClass,
      ...(this.#rules().length === 0 ? {} : { 'sekisho/rules': [...this.#rules()] }),
    };
  }

  async run(): Promise<CallAnswer> {
    const { key, server, tool, inspection, dataClass, book } = this.#call;
    const { policy } = book;
    if (!mayCall(key.terms, server, tool)) {
      const detail = `sekisho key set ${key.id} --mcp ${joinedName(server, tool)}`;
      return this.#refuse(new GatewayError('mcp_tool_not_allowed', { detail }));
    }
    if (inspection.decision.action === 'block') {
      await this.#recordAtOnce({ failure: 'content_blocked' });
      return this.#told('input', inspection.decision.rules);
    }
    if (!this.#request.pass.mayCarry(policy, dataClass)) {
      return this.#refuse(new GatewayError('key_class_exceeded'));
    }
    const declared = policy.document.mcp?.servers.find(({ id }) => id === server);
    if (declared === undefined) {
      return this.#refuse(new GatewayError('mcp_server_unavailable'));
    }
    const forbidden = this.#forbidden(declared);
    if (forbidden !== undefined) {
      const error = new GatewayError('mcp_class_not_permitted', { detail: forbidden });
      return this.#refuse(error, forbidden);
    }
    let held: HeldConnection | undefined;
    let failure: McpServerError | undefined;
    try {
      held = await this.#ports.connections.acquire(declared, key.id);
      return await this.#through(held, declared);
    } catch (error) {
      if (!(error instanceof McpServerError)) throw await this.#interrupted(error);
      failure = error;
      return await this.#failed(error, declared);
    } finally {
      held?.release(failure);
    }
  }

  /** The member of the rule book that keeps these arguments from the server. */
  #forbidden(declared: DeclaredMcpServer): string | undefined {
    const { inspection, dataClass, book } = this.#call;
    const { policy } = book;
    const banned = inspection.bans.find(({ jurisdictions }) =>
      jurisdictions.includes(declared.jurisdiction),
    );
    return forbiddenToServer(policy.dataClass(dataClass)!, declared, policy.classIds) ?? banned?.by;
  }

  async #through(held: HeldConnection, declared: DeclaredMcpServer): Promise<CallAnswer> {
    const { tool, book } = this.#call;
    const { signal } = this.#request;
    const asked = { held, maxAgeMs: limits.mcpListAgeMs, signal, only: tool };
    const [offered] = await this.#guard(this.#ports.offers.of(book, declared, asked));
    if (offered === undefined) return this.#refuse(new GatewayError('mcp_tool_unknown'));
    if (offered.state !== 'pinned') return this.#refuse(new GatewayError('mcp_tool_withheld'));
    [this.#intent] = await this.#append([callIntent(this.#call, offered.sha256)]);
    const stopped = await this.#consult(declared);
    if (stopped !== undefined) return stopped;
    this.#declared = declared;
    const raw = await this.#ask(held, offered, declared);
    return this.#look(raw);
  }

  /**
   * Where our own detectors are not sure, guard models are asked before the server is.
   * @returns how it ended, when they stopped it
   */
  async #consult(declared: DeclaredMcpServer): Promise<CallAnswer | undefined> {
    const { pass, signal } = this.#request;
    this.#call = await consultOnArguments(this.#call, this.#waiting());
    const { inspection, dataClass, book } = this.#call;
    if (signal.aborted) {
      await this.#record('cancelled', { failure: 'client_left' });
      return { kind: 'left' };
    }
    if (inspection.decision.action === 'block') {
      await this.#record('refused', { failure: 'content_blocked' });
      return this.#told('input', inspection.decision.rules);
    }
    const refusedBy = this.#forbidden(declared);
    const allowed = pass.mayCarry(book.policy, dataClass);
    if (allowed && refusedBy === undefined) return undefined;
    const code = allowed ? 'mcp_class_not_permitted' : 'key_class_exceeded';
    await this.#record('refused', { failure: code, refusedBy });
    const detail = refusedBy === undefined ? {} : { detail: refusedBy };
    return { kind: 'error', error: new GatewayError(code, detail) };
  }

  #waiting(): Waiting {
    return { left: this.#request.signal, clock: this.#ports.clock };
  }

  #ask(
    held: HeldConnection,
    offered: OfferedTool,
    declared: DeclaredMcpServer,
  ): Promise<JsonObject> {
    const { onProgress, signal } = this.#request;
    let left = limits.mcpProgress;
    const told = (progress: ToolProgress): void => {
      if (left-- <= 0 || signal.aborted) return;
      const { message } = progress;
      const { book, placeholders, about } = this.#call;
      const said =
        message === undefined ? undefined : superviseNote(book, message, { placeholders, about });
      onProgress?.({ progress: progress.progress, total: progress.total, message: said });
    };
    return held.connection.callTool(offered.definition, this.#call.effective, {
      signal,
      timeoutMs: declared.callMs ?? limits.mcpCallMs,
      onProgress: onProgress === undefined ? undefined : told,
    });
  }

  async #look(raw: JsonObject): Promise<CallAnswer> {
    const { book, placeholders, dataClass, about } = this.#call;
    const { policy } = book;
    const context = {
      placeholders,
      about,
      allowsBinary: policy.allowsImages(dataClass),
      allowsAnyStructure: !this.#request.sessions,
    };
    const parts = resultParts(raw, context);
    const looks = (await this.#hear(parts)) ?? (await lookAside(book, parts, about));
    const result = superviseResult(book, raw, { ...context, looks });
    this.#result = result;
    if (this.#request.signal.aborted) {
      await this.#record('cancelled', { failure: 'client_left' });
      return { kind: 'left' };
    }
    if (result.action === 'block') {
      await this.#record('refused', { failure: 'content_blocked' });
      return this.#told('result', result.rules);
    }
    const reached =
      result.raisedTo === undefined ? dataClass : policy.higherClass(dataClass, result.raisedTo);
    if (!this.#request.pass.mayCarry(policy, reached)) {
      await this.#record('refused', { failure: 'key_class_exceeded' });
      return { kind: 'error', error: new GatewayError('key_class_exceeded') };
    }
    await this.#record('complete', {});
    return { kind: 'result', result: result.delivered };
  }

  /** @returns what guard models make of the result; undefined where there are none */
  async #hear(parts: readonly TextPart[]): Promise<Looks | undefined> {
    const { book, about, dataClass, inspection, effective } = this.#call;
    if (book.policy.document.guards === undefined) return undefined;
    const asked = textParts({ arguments: effective });
    const looks = await hearGuards(book, parts, {
      about,
      dataClass,
      bans: inspection.bans,
      asked: asked.map(({ text }) => text).join('\n'),
      masked: maskedPart,
      from: this.#waiting(),
    });
    this.#heard = looks.opinions;
    return looks;
  }

  /** A rule stopped the arguments or the result: a result that says so, which a model can read. */
  #told(direction: 'input' | 'result', rules: readonly string[]): CallAnswer {
    const { book, language } = this.#call;
    const intent = this.#intent!;
    const receiptUrl = this.#receiptUrl(intent);
    const inOrder: readonly Language[] = languages.toSorted((a) => (a === language ? -1 : 1));
    const told = inOrder.map((of) =>
      refusal({
        policy: book.policy,
        language: of,
        direction,
        rules,
        receipt: intent.id,
        receiptUrl,
        contestUrl: receiptUrl.replace(`/receipts/${intent.id}`, `/console/#/contest/${intent.id}`),
      }),
    );
    const content = told.map(({ message }) => ({ type: 'text', text: message }));
    return { kind: 'result', result: { content, isError: true } };
  }

  async #refuse(error: GatewayError, refusedBy?: string): Promise<CallAnswer> {
    await this.#recordAtOnce({ failure: error.code, refusedBy });
    return { kind: 'error', error };
  }

  async #failed(error: McpServerError, declared: DeclaredMcpServer): Promise<CallAnswer> {
    this.#declared = declared;
    const left = error.code === 'cancelled' || this.#request.signal.aborted;
    const end = left ? 'cancelled' : 'failed';
    const failure = left ? 'client_left' : serverCodes[error.code];
    if (this.#intent === undefined) await this.#recordAtOnce({ failure, end });
    else await this.#record(end, { failure });
    if (left) return { kind: 'left' };
    return { kind: 'error', error: new GatewayError(serverCodes[error.code], { cause: error }) };
  }

  /** A fault of our own must not leave a call open in the ledger until the next start. */
  async #interrupted(error: unknown): Promise<unknown> {
    const open = this.#intent !== undefined && !this.#recorded;
    if (open && !(error instanceof GatewayError && error.code === 'ledger_unavailable')) {
      await this.#record('failed', { failure: 'internal' });
    }
    return error;
  }

  /** Both entries in one batch, since no server comes between. */
  async #recordAtOnce(of: {
    readonly failure: string;
    readonly refusedBy?: string | undefined;
    readonly end?: CallResult['end'];
  }): Promise<void> {
    const outcome = this.#outcome(of.end ?? 'refused', of);
    const drafts = [callIntent(this.#call, undefined), callOutcome(this.#call, '#0', outcome)];
    [this.#intent] = await this.#append(drafts);
    this.#observe(outcome, drafts[1]!.decision);
  }

  async #record(
    end: CallResult['end'],
    of: { readonly failure?: string; readonly refusedBy?: string | undefined },
  ): Promise<void> {
    this.#recorded = true;
    const outcome = this.#outcome(end, of);
    const draft = callOutcome(this.#call, this.#intent!.leafHash, outcome);
    const [entry] = await this.#append([draft]);
    for (const one of outcome.alongside) {
      this.#ports.accounts.institution.charge(one, entry!.index);
    }
    this.#observe(outcome, draft.decision);
  }

  #outcome(
    end: CallResult['end'],
    of: { readonly failure?: string; readonly refusedBy?: string | undefined },
  ): CallResult {
    return {
      end,
      declared: this.#declared,
      result: this.#result,
      failure: of.failure,
      refusedBy: of.refusedBy,
      guards: this.#heard,
      alongside: this.#alongside(),
      totalMs: this.#ports.clock.monotonicMs() - this.#startedMs,
    };
  }

  #alongside(): readonly Alongside[] {
    const { institution } = this.#ports.accounts;
    const { book, guards } = this.#call;
    return [...guards, ...this.#heard].flatMap(({ upstream, usage }) => {
      const declared = book.policy.upstream(upstream);
      if (usage === undefined || declared === undefined) return [];
      return [institution.priced(declared, 'guard', usage)];
    });
  }

  #observe({ end, totalMs, failure }: CallResult, decision: Draft['decision']): void {
    const { server, dataClass, tool } = this.#call;
    // A name that no rule book holds would be a stranger's word in a metric.
    const known = this.#declared?.id === server ? server : 'none';
    this.#ports.meter.ended({ server: known, tool, decision, end, dataClass, totalMs, failure });
  }

  #rules(): readonly string[] {
    const { rules } = this.#call.inspection.decision;
    return [...new Set([...rules, ...(this.#result?.rules ?? [])])];
  }

  #receiptUrl({ id }: Sequenced): string {
    return `${this.#ports.baseUrl()}/receipts/${id}`;
  }

  #append(drafts: readonly Draft[]): Promise<readonly Sequenced[]> {
    return this.#guard(this.#ports.ledger.append(drafts));
  }

  /** Where evidence cannot be kept, nothing may pass. */
  async #guard<T>(recorded: Promise<T>): Promise<T> {
    try {
      return await recorded;
    } catch (cause) {
      if (cause instanceof McpServerError) throw cause;
      throw new GatewayError('ledger_unavailable', { cause });
    }
  }
}

const serverCodes = {
  unavailable: 'mcp_server_unavailable',
  timeout: 'mcp_server_timeout',
  failed: 'mcp_server_failed',
  cancelled: 'mcp_server_failed',
} as const satisfies Record<McpServerError['code'], GatewayErrorCode>;
