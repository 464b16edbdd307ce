import type { Ban } from '#policy';
import { type About, type Inspection, ThreadsBusy } from '#supervisor';
import type { RuleBook } from '../admission.ts';
import {
  type Consulted,
  type Heard,
  type Subject,
  type Waiting,
  askGuards,
  isUnsureOf,
  reconsidered,
} from '../guard-consult.ts';
import type { TextPart } from '../request-text.ts';

/** A result as both directions see it: it leaves here, and it goes to a model next. */
export interface Looks {
  readonly asInput: Inspection;
  readonly asOutput: Inspection;
}

export function lookAt(book: RuleBook, parts: readonly TextPart[], about: About): Looks {
  const { supervisor } = book;
  return {
    asInput: supervisor.inspect('input', parts, about),
    asOutput: supervisor.inspect('output', parts, about),
  };
}

/**
 * The same, of a long result in a thread of its own. Where too many wait it is looked at here: what
 * was asked for must be judged.
 */
export async function lookAside(
  book: RuleBook,
  parts: readonly TextPart[],
  about: About,
): Promise<Looks> {
  const { supervisor } = book;
  try {
    const [asInput, asOutput] = await Promise.all([
      supervisor.inspectAside('input', parts, about),
      supervisor.inspectAside('output', parts, about),
    ]);
    return { asInput, asOutput };
  } catch (error) {
    if (!(error instanceof ThreadsBusy)) throw error;
    return lookAt(book, parts, about);
  }
}

/** Whether a guard would have to be asked, for what nobody can wait for. */
export function needsGuard(
  { policy, supervisor }: RuleBook,
  parts: readonly TextPart[],
  { asInput }: Looks,
): boolean {
  if (policy.document.guards === undefined) return false;
  const { findings } = supervisor.watched(parts);
  return isUnsureOf(policy, 'input', asInput.findings) || isUnsureOf(policy, 'output', findings);
}

/**
 * Asks guard models about a result in both directions, each by the rules of its own.
 * @returns the looks with what they said taken into account
 */
export async function hearGuards(
  book: RuleBook,
  parts: readonly TextPart[],
  of: {
    readonly about: About;
    /** Of the call; what was found in the result may raise it. */
    readonly dataClass: string;
    readonly bans: readonly Ban[];
    /** The arguments, which a guard on answers reads as the question. */
    readonly asked: string;
    /** A text with what rules mask in it replaced. */
    readonly masked: (part: TextPart, looks: Looks) => string;
    readonly from: Waiting;
  },
): Promise<Looks & { readonly opinions: readonly Consulted[] }> {
  const looks = await lookAside(book, parts, of.about);
  const { asInput, asOutput } = looks;
  const { policy, supervisor } = book;
  const { raisedTo } = asInput;
  const subject: Omit<Subject, 'direction' | 'findings'> = {
    policy,
    dataClass: raisedTo === undefined ? of.dataClass : policy.higherClass(of.dataClass, raisedTo),
    bans: [...of.bans, ...asInput.bans],
    texts: () => parts.map((part) => ({ path: part.path, text: of.masked(part, looks) })),
  };
  const watched = supervisor.watched(parts);
  const incoming = { ...subject, direction: 'input', findings: asInput.findings } as const;
  const outgoing = {
    ...subject,
    direction: 'output',
    findings: watched.findings,
    asked: of.asked,
  } as const;
  const [input, output] = await Promise.all([
    askGuards(book, incoming, of.from),
    askGuards(book, outgoing, of.from),
  ]);
  const again = (look: Inspection, direction: 'input' | 'output', heard: Heard): Inspection =>
    supervisor.reconsider(direction, parts, reconsidered(look, heard), of.about);
  return {
    asInput: input === undefined ? asInput : again(asInput, 'input', input),
    asOutput:
      output === undefined ? asOutput : again(asOutput, 'output', cleared(asOutput, output)),
    opinions: [...(input?.opinions ?? []), ...(output?.opinions ?? [])],
  };
}

/** What was watched is not what was judged: the same is meant by the same place and kind. */
function cleared(judged: Inspection, heard: Heard): Heard {
  const nameOf = ({ path, kind, start, end }: Inspection['findings'][number]): string =>
    `${path} ${kind} ${start} ${end}`;
  const names = new Set([...heard.cleared].map(nameOf));
  return { ...heard, cleared: new Set(judged.findings.filter((one) => names.has(nameOf(one)))) };
}
