import { limits } from '#base';
import { type Policy, ageGroups } from '#policy';
import {
  type About,
  type Direction,
  type Inspection,
  type Judged,
  type Supervisor,
  createPlaceholders,
} from '#supervisor';
import { z } from 'zod';

/** One text for the supervisor alone, as it is asked for over HTTP or line by line. */
export const guardRequest = z.object({
  text: z.string().max(limits.requestBodyBytes),
  /** Whose text it is: what an assistant says is judged as an answer, all else as a request. */
  role: z.enum(['user', 'system', 'developer', 'tool', 'assistant']).default('user'),
  /** BCP 47. For rules that name languages, instead of a guess; all are looked at alike. */
  lang: z.string().max(35).optional(),
  /** For rules that name data classes or age groups; they all count where it is not said. */
  class: z.string().max(64).optional(),
  age: z.enum(ageGroups).optional(),
});

export type GuardRequest = z.infer<typeof guardRequest>;

/** Offsets are UTF-16 code units of the text that was given, `end` exclusive; scores 0 to 100. */
export interface GuardFinding {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** Id and version of the detector. */
  readonly detector: string;
  /** The encodings it was read through, such as `base64`; absent where it stands in the clear. */
  readonly through?: string;
  /** The rule that answers it; absent where none does. */
  readonly rule?: string;
}

export interface GuardVerdict {
  readonly decision: 'allow' | 'annotate' | 'redact' | 'escalate' | 'block';
  readonly findings: readonly GuardFinding[];
  /** Ids of the rules that led to the decision. */
  readonly rules: readonly string[];
  /** The text with stand-ins, where a rule says that something is to be replaced. */
  readonly redacted?: string;
  /** Detectors that could not look. Not empty means that nothing may pass. */
  readonly failed: readonly string[];
}

/** What the rule book says about one text. Nothing is kept and nobody is asked. */
export function guard(
  supervisor: Supervisor,
  { text, role }: Pick<GuardRequest, 'text' | 'role'>,
  about: About = {},
): GuardVerdict {
  return verdictOf(text, supervisor.inspect(directionOf(role), [{ path: 'text', text }], about));
}

/**
 * The same, of a long text in a thread of its own.
 * @throws {ThreadsBusy} when too many long texts wait already
 */
export async function guardAside(
  supervisor: Supervisor,
  { text, role }: Pick<GuardRequest, 'text' | 'role'>,
  about: About = {},
): Promise<GuardVerdict> {
  const parts = [{ path: 'text', text }];
  return verdictOf(text, await supervisor.inspectAside(directionOf(role), parts, about));
}

function directionOf(role: GuardRequest['role']): Direction {
  return role === 'assistant' ? 'output' : 'input';
}

/** What was found and decided about one text, as it is told. */
export function verdictOf(text: string, inspection: Inspection): GuardVerdict {
  const masked = inspection.findings.filter((finding) => finding.masked === true);
  return {
    decision: inspection.decision.action,
    rules: inspection.decision.rules,
    findings: inspection.findings.map(told),
    failed: inspection.failed,
    ...(masked.length === 0 ? {} : { redacted: createPlaceholders([text]).redact(text, masked) }),
  };
}

function told({ kind, start, end, score, detector, through, rule }: Judged): GuardFinding {
  return {
    kind,
    start,
    end,
    score,
    detector,
    ...(through === undefined ? {} : { through }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** What a request of the guard says of its text. */
export function aboutOf({ lang, class: dataClass, age }: GuardRequest): About {
  const [language] = (lang ?? '').toLowerCase().split('-');
  return {
    ...(language === undefined || language === '' ? {} : { language, statedLanguage: true }),
    ...(dataClass === undefined ? {} : { dataClass }),
    ...(age === undefined ? {} : { age }),
  };
}

/** The rules as the public reads them. */
export function publicRules({ document, sha256 }: Policy): object {
  const { institution, supervision } = document;
  return {
    institution: institution.name,
    contact: institution.contact,
    sha256,
    rules: supervision,
  };
}
