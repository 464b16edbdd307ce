import type { OpenedFields } from '#ledger';
import { type RuleBook, admit } from './admission.ts';
import { type Admitted, intentDraft } from './passage.ts';

/** A person has overturned a block: the same request of the same key may pass once. */
export interface Override {
  /** Id of the passage that was stopped, and of the entry that holds the verdict. */
  readonly passage: string;
  readonly verdict: string;
  /** The rules that only mark this request, and do not stop it. */
  readonly rules: readonly string[];
  /** What they stopped: of the other direction the reviewer has seen nothing. */
  readonly direction: 'input' | 'output';
  /** Unix milliseconds: from then on it passes nothing. */
  readonly untilMs: number;
}

/** What reviewers have overturned and nobody has made use of yet. */
export interface Overrides {
  /** Whether a key has any: without one no request need be named. */
  waiting(keyId: string): boolean;
  /** @param name of the request @returns the override, which is thereby used up */
  take(keyId: string, name: string): Override | undefined;
  /** What was taken led to no answer. */
  giveBack(keyId: string, name: string, override: Override): void;
}

/** An override with the request that it was taken for. */
export interface Taken extends Override {
  readonly name: string;
}

/**
 * Says which request it is, as exactly as it is recorded: what was written, with which parameters,
 * which pictures, under which stated class. Not a word of it may be kept: it is to be hashed.
 * @param fields of an intent, with content and ops
 */
export function requestText(fields: OpenedFields): string {
  const verdicts = (fields['policy.verdicts'] ?? {}) as Readonly<Record<string, unknown>>;
  return JSON.stringify([
    fields['request.messages'] ?? null,
    fields['request.params'] ?? null,
    verdicts['stated'] ?? null,
    verdicts['images'] ?? null,
  ]);
}

/**
 * Admits a request as the rule book says, or, where a reviewer has overturned what stopped it, with
 * those rules only marking what they see. Where the request was stopped, nobody has judged an
 * answer, and answers are supervised as always. What raises the data class or keeps jurisdictions
 * away does so as before, and so does every other rule.
 */
export async function admitOverriding(
  book: RuleBook,
  from: Parameters<typeof admit>[1],
  overrides: Overrides,
): Promise<{ readonly book: RuleBook; readonly admitted: Admitted }> {
  const admitted = await admit(book, from);
  const keyId = from.key.id;
  if (!overrides.waiting(keyId)) return { book, admitted };
  const name = requestText(intentDraft(admitted, undefined).fields);
  const override = overrides.take(keyId, name);
  if (override === undefined) return { book, admitted };
  const marking = book.supervisorMarking(new Set(override.rules));
  const supervisor =
    override.direction === 'output'
      ? marking
      : { ...marking, stream: book.supervisor.stream.bind(book.supervisor) };
  const lenient = { ...book, supervisor };
  const giveBack = (): void => overrides.giveBack(keyId, name, override);
  const again = await admit(lenient, from).catch((error: unknown) => {
    giveBack();
    throw error;
  });
  if (again.inspection.decision.action === 'block') {
    // Another rule stops it by now: nothing is gained, so nothing is used up.
    giveBack();
    return { book, admitted };
  }
  return { book: lenient, admitted: { ...again, override: { ...override, name } } };
}
