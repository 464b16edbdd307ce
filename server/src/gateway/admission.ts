import type { Policy } from '#policy';
import type { Placeholders, Supervisor } from '#supervisor';
import type { Upstream } from '#upstream';
import type { Caller } from './caller.ts';
import type { Continuity } from './continuity.ts';
import { GatewayError } from './errors.ts';
import type { ApiKey } from './key-store.ts';
import type { Admitted } from './passage.ts';
import { readerLanguage } from './refusal.ts';
import { lastUserText, replaceTexts, textParts } from './request-text.ts';
import type { ChatBody } from './schema.ts';

/** The rule book in force with all that was made of it. Replaced whole when the policy changes. */
export interface RuleBook {
  readonly policy: Policy;
  readonly supervisor: Supervisor;
  readonly createPlaceholders: (texts: readonly string[]) => Placeholders;
  /** Leaf hash of the `policy.change` entry that recorded it. */
  readonly policyLeaf: string;
  /** Leaf hash of each upstream's `model.record`, by upstream id. */
  readonly modelLeaves: ReadonlyMap<string, string>;
  /** Those it declares, opened: no id can change its meaning under an exchange. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Who is asked, and who is asked next. */
  readonly continuity: Continuity;
}

/**
 * Looks at a request before anything is done with it: its data class, what the supervisor found,
 * and the body as it may go on.
 * @throws GatewayError when the caller names a data class the policy does not know
 */
export function admit(
  book: RuleBook,
  from: { caller: Caller; key: ApiKey; body: ChatBody },
): Admitted {
  const { policy } = book;
  const { caller, key, body } = from;
  const statedClass = caller.header('x-sekisho-data-class');
  if (statedClass !== undefined && policy.dataClass(statedClass) === undefined) {
    throw new GatewayError('data_class_unknown', {
      param: 'x-sekisho-data-class',
      detail: `Known: ${policy.classIds.join(', ')}.`,
    });
  }
  const parts = textParts(body);
  const inspection = book.supervisor.inspect('input', parts);
  const placeholders = book.createPlaceholders(parts.map((part) => part.text));
  const effective =
    inspection.decision.action === 'block' ? body : redacted(body, inspection, placeholders);
  const base = statedClass ?? policy.document.defaultClass;
  return {
    key,
    clientAddress: caller.request.socket.remoteAddress ?? 'unknown',
    policy,
    policyLeaf: book.policyLeaf,
    body,
    effective,
    placeholders,
    inspection,
    statedClass,
    dataClass:
      inspection.raisedTo === undefined ? base : policy.higherClass(base, inspection.raisedTo),
    language: readerLanguage(
      caller.header('accept-language'),
      lastUserText(body),
      policy.document.institution.language,
    ),
  };
}

function redacted(
  body: ChatBody,
  inspection: Admitted['inspection'],
  placeholders: Placeholders,
): ChatBody {
  // Also where a stricter rule decides: what some rule masks does not reach a model unmasked.
  const chosen = inspection.findings.filter((finding) => finding.masked === true);
  if (chosen.length === 0) return body;
  return replaceTexts(body, ({ path, text }) =>
    placeholders.redact(
      text,
      chosen.filter((finding) => finding.path === path),
    ),
  );
}
