import type { Language } from '#base';
import type { Draft, JsonValue } from '#ledger';
import type { DeclaredMcpServer } from '#policy';
import type { About, Inspection, Placeholders } from '#supervisor';
import type { RuleBook } from '../admission.ts';
import type { JsonObject } from '../json.ts';
import type { Consulted } from '../guard-consult.ts';
import type { Alongside } from '../institution-account.ts';
import type { ApiKey } from '../key-store.ts';
import { type End, guardFindings, guardRules } from '../passage.ts';
import { type SupervisedResult, recordedResult } from './tool-result.ts';

/** A call of a tool that has been looked at and may be recorded. */
export interface AdmittedCall {
  readonly key: ApiKey;
  readonly book: RuleBook;
  readonly clientAddress: string;
  readonly revision: string;
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
  /** As they may go on: masked where a rule says so. The same ones when none does. */
  readonly effective: JsonObject;
  readonly placeholders: Placeholders;
  readonly inspection: Inspection;
  /** What guard models said of the arguments, once they were asked. */
  readonly guards: readonly Consulted[];
  /** What the rules may ask about the call beside its texts. */
  readonly about: About;
  readonly statedClass: string | undefined;
  readonly dataClass: string;
  readonly language: Language;
}

export interface CallResult {
  readonly end: End;
  readonly declared: DeclaredMcpServer | undefined;
  readonly result: SupervisedResult | undefined;
  /** Why there is no result, as a code. */
  readonly failure: string | undefined;
  /** The member of the rule book that keeps this class from the server. */
  readonly refusedBy: string | undefined;
  /** What guard models said of the result. */
  readonly guards: readonly Consulted[];
  /** Calls of guard models, which the institution pays for. */
  readonly alongside: readonly Alongside[];
  readonly totalMs: number;
}

/** The entry that must be durable before the server sees a byte of the call. */
export function callIntent(call: AdmittedCall, definition: string | undefined): Draft {
  const { inspection, args, effective, server, tool } = call;
  return {
    type: 'intent',
    decision: inspection.decision.action,
    evidenceClass: evidenceClass(inspection.decision.action),
    refs: { policy: call.book.policyLeaf },
    fields: {
      'actor.id': call.key.id,
      'client.ip': call.clientAddress,
      'request.messages': json({ server, tool, arguments: args }),
      ...(effective === args
        ? {}
        : { 'request.effective_input': json({ server, tool, arguments: effective }) }),
      'request.params': json({
        dialect: 'mcp',
        revision: call.revision,
        server,
        tool,
        ...(definition === undefined ? {} : { definition }),
      }),
      'policy.verdicts': json({
        dataClass: call.dataClass,
        stated: call.statedClass ?? null,
        needs: [],
        decision: inspection.decision.action,
        rules: inspection.decision.rules,
        findings: inspection.findings.map((f) => ({ ...f, direction: 'input' })),
        failed: inspection.failed,
        policy: call.book.policy.sha256,
      }),
    },
  };
}

/** The entry that must be durable before the result leaves. */
export function callOutcome(call: AdmittedCall, intent: string, from: CallResult): Draft {
  const { end, declared, result, failure, refusedBy, alongside } = from;
  const guards = [...call.guards, ...from.guards];
  const decision = decisionOf(call, from);
  const delivered = end === 'complete' ? result?.delivered : undefined;
  const raw = result?.recorded;
  const left = delivered === undefined ? undefined : recordedResult(delivered);
  const same = JSON.stringify(raw) === JSON.stringify(left);
  const asked = declared !== undefined;
  return {
    type: 'outcome',
    decision,
    end,
    evidenceClass: evidenceClass(decision),
    refs: { intent, policy: call.book.policyLeaf },
    fields: {
      ...(left === undefined ? {} : { 'response.delivered': json(left) }),
      ...(raw === undefined || same ? {} : { 'response.raw': json(raw) }),
      'policy.verdicts': json({
        dataClass: call.dataClass,
        decision,
        rules: [...new Set([...guardRules(call), ...(result?.rules ?? [])])],
        ...stoppedBy(call, from),
        ...(guards.length === 0
          ? {}
          : { guards: guards.map(({ usage: _usage, ...told }) => told) }),
        findings: [
          ...guardFindings(call),
          ...(result?.findings ?? []).map((f) => ({ ...f, direction: 'output' })),
        ],
        failed: result?.failed ?? [],
        upstream: asked ? `mcp:${call.server}` : null,
        model: asked ? call.tool : null,
        jurisdiction: declared?.jurisdiction ?? null,
        attempts: asked ? [{ upstream: `mcp:${call.server}`, outcome: failure ?? 'answered' }] : [],
        ...(refusedBy === undefined ? {} : { refusedBy: [refusedBy] }),
        failure: failure ?? null,
        deliveredCharacters: left === undefined ? 0 : JSON.stringify(left).length,
        ...((result?.withheld ?? 0) === 0 ? {} : { withheld: result?.withheld }),
      }),
      ...(alongside.length === 0 ? {} : { usage: json({ alongside }) }),
      latency: json({ firstByteMs: null, totalMs: Math.round(from.totalMs) }),
    },
  };
}

/** The rule by which this ended. The rule book may be another when somebody counts it. */
function stoppedBy(
  { inspection }: AdmittedCall,
  { end, result }: CallResult,
): { readonly stoppedBy?: string } {
  if (end !== 'refused') return {};
  const stopping = [inspection.decision, result].find((look) => look?.action === 'block');
  const rule = stopping?.rules[0];
  return rule === undefined ? {} : { stoppedBy: rule };
}

function decisionOf(call: AdmittedCall, { end, result }: CallResult): Draft['decision'] {
  if (end === 'failed') return 'error';
  if (end === 'refused') return 'block';
  const strength = ['allow', 'annotate', 'redact', 'escalate', 'block'] as const;
  const { action } = call.inspection.decision;
  const after = result?.action ?? 'allow';
  return strength.indexOf(after) > strength.indexOf(action) ? after : action;
}

/** Blocked and escalated passages are kept as the operator's review needs them, not as routine. */
function evidenceClass(decision: Draft['decision']): Draft['evidenceClass'] {
  return decision === 'block' || decision === 'escalate' ? 'r2' : 'r1';
}

function json(value: unknown): JsonValue {
  return value as JsonValue;
}
