import { aboutOf, inspected } from '../admission.ts';
import { GatewayError } from '../errors.ts';
import { type Waiting, askGuards, reconsidered } from '../guard-consult.ts';
import type { JsonObject } from '../json.ts';
import { readerLanguage } from '../refusal.ts';
import { type TextPart, replaceTexts, textParts } from '../request-text.ts';
import type { CallRequest } from './tool-call.ts';
import type { AdmittedCall } from './tool-passage.ts';

/**
 * Looks at the arguments of a call before anything is done with it.
 * @throws GatewayError when the caller names a data class the policy does not know, and
 * `too_many_requests` when too many long texts wait already
 */
export async function admitCall(request: CallRequest): Promise<AdmittedCall> {
  const { caller, book, pass, args, server, tool, revision } = request;
  const { policy } = book;
  const statedClass = caller.header('x-sekisho-data-class');
  if (statedClass !== undefined && policy.dataClass(statedClass) === undefined) {
    throw new GatewayError('data_class_unknown', {
      param: 'x-sekisho-data-class',
      detail: `Known: ${policy.classIds.join(', ')}.`,
    });
  }
  const wire = { arguments: args };
  const parts = textParts(wire);
  const base = statedClass ?? policy.document.defaultClass;
  const written = parts
    .map((part) => part.text)
    .join(' ')
    .slice(0, 500);
  const about = aboutOf(policy, { caller, dataClass: base, text: written });
  const inspection = await inspected(book, parts, about);
  const placeholders = book.createPlaceholders(parts.map(({ text }) => text));
  return {
    key: pass.key,
    book,
    clientAddress: caller.request.socket.remoteAddress ?? 'unknown',
    revision,
    server,
    tool,
    args,
    effective: maskedArguments(args, { inspection, placeholders }),
    placeholders,
    inspection,
    guards: [],
    about,
    statedClass,
    dataClass:
      inspection.raisedTo === undefined ? base : policy.higherClass(base, inspection.raisedTo),
    language: readerLanguage(
      caller.header('accept-language'),
      written,
      policy.document.institution.language,
    ),
  };
}

/** Also where a stricter rule decides: what some rule masks does not reach a server unmasked. */
function maskedArguments(
  args: JsonObject,
  { inspection, placeholders }: Pick<AdmittedCall, 'inspection' | 'placeholders'>,
): JsonObject {
  const masked = inspection.findings.filter((finding) => finding.masked === true);
  if (masked.length === 0) return args;
  const replaced = replaceTexts({ arguments: args }, ({ path, text }) => {
    const here = masked.filter((finding) => finding.path === path);
    return placeholders.redact(text, here);
  });
  return replaced['arguments'] as JsonObject;
}

/** @returns the call with what guard models said of its arguments taken into account */
export async function consultOnArguments(call: AdmittedCall, from: Waiting): Promise<AdmittedCall> {
  const { book, args, effective, inspection, placeholders, about, dataClass } = call;
  const { policy, supervisor } = book;
  if (policy.document.guards === undefined) return call;
  const { bans, findings } = inspection;
  const texts = (): readonly TextPart[] => textParts({ arguments: effective });
  const subject = { policy, direction: 'input', dataClass, bans, findings, texts } as const;
  const heard = await askGuards(book, subject, from);
  if (heard === undefined) return call;
  const parts = textParts({ arguments: args });
  const said = reconsidered(inspection, heard);
  const after = supervisor.reconsider('input', parts, said, about);
  return {
    ...call,
    inspection: after,
    guards: heard.opinions,
    effective: maskedArguments(args, { inspection: after, placeholders }),
    dataClass:
      after.raisedTo === undefined ? dataClass : policy.higherClass(dataClass, after.raisedTo),
  };
}
