import { type AgeGroup, type Policy, ageGroups } from '#policy';
import {
  type About,
  type Inspection,
  type Numbering,
  type Part,
  type Placeholders,
  type Supervisor,
  ThreadsBusy,
  languageOf,
} from '#supervisor';
import type { Upstream } from '#upstream';
import type { AnswerCache } from './answer-cache.ts';
import type { Caller } from './caller.ts';
import type { ReadyPack } from './class/ready-pack.ts';
import type { Continuity } from './continuity.ts';
import { GatewayError } from './errors.ts';
import type { ApiKey } from './key-store.ts';
import { openingOf } from './needs.ts';
import { type Admitted, picturesOf } from './passage.ts';
import { readerLanguage } from './refusal.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { JsonObject } from './json.ts';
import { lastUserText, replaceTexts, withoutItems } from './request-text.ts';
import type { Dialect, ParsedRequest } from './dialect.ts';

/** The rule book in force with all that was made of it. Replaced whole when the policy changes. */
export interface RuleBook {
  readonly policy: Policy;
  readonly supervisor: Supervisor;
  /** The same, with rules that stop only marking what they see. @param rules their ids */
  readonly supervisorMarking: (rules: ReadonlySet<string>) => Supervisor;
  readonly createPlaceholders: (texts: readonly string[], numbering?: Numbering) => Placeholders;
  /** Leaf hash of the `policy.change` entry that recorded it. */
  readonly policyLeaf: string;
  /** Leaf hash of each upstream's `model.record`, by upstream id. */
  readonly modelLeaves: ReadonlyMap<string, string>;
  /** Those it declares, opened: no id can change its meaning under an exchange. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Who is asked, and who is asked next. */
  readonly continuity: Continuity;
  /** Answers of this rule book that may be given again. */
  readonly cache: AnswerCache;
  /** Country packs that are ready for classes, by their ids. */
  readonly packs?: ReadonlyMap<string, ReadyPack>;
}

/**
 * Looks at a request before anything is done with it: its data class, what the supervisor found,
 * and the body as it may go on.
 * @throws GatewayError when the caller names a data class the policy does not know, and
 * `too_many_requests` when too many long texts wait already
 */
export async function admit(
  book: RuleBook,
  from: { caller: Caller; key: ApiKey; dialect: Dialect; incoming: IncomingRequest },
): Promise<Admitted> {
  const { policy } = book;
  const { caller, key, dialect, incoming } = from;
  const { parsed: request } = incoming;
  const statedClass = caller.header('x-sekisho-data-class');
  if (statedClass !== undefined && policy.dataClass(statedClass) === undefined) {
    throw new GatewayError('data_class_unknown', {
      param: 'x-sekisho-data-class',
      detail: `Known: ${policy.classIds.join(', ')}.`,
    });
  }
  const pictures = picturesOf(request);
  const base = statedClass ?? policy.document.defaultClass;
  const about = aboutOf(policy, { caller, dataClass: base, text: lastUserText(request.body) });
  const inspection = await inspected(book, incoming.texts, about);
  const placeholders = placeholdersOf(book, from);
  const effective =
    inspection.decision.action === 'block'
      ? request
      : redacted({ dialect, request, inspection, placeholders, pictures });
  return {
    key,
    clientAddress: caller.request.socket.remoteAddress ?? 'unknown',
    policy,
    policyLeaf: book.policyLeaf,
    dialect,
    request,
    effective,
    dialectHeaders: dialectHeaders(dialect, caller),
    placeholders,
    inspection,
    guards: [],
    about,
    statedClass,
    dataClass:
      inspection.raisedTo === undefined ? base : policy.higherClass(base, inspection.raisedTo),
    // Asked for where something is refused.
    get language() {
      return readerLanguage(
        caller.header('accept-language'),
        lastUserText(request.body),
        policy.document.institution.language,
      );
    },
  };
}

/**
 * What the supervisor finds in the texts of a request.
 * @throws GatewayError `too_many_requests`
 */
export async function inspected(
  { supervisor }: RuleBook,
  texts: readonly Part[],
  about: About,
): Promise<Inspection> {
  try {
    return await supervisor.inspectAside('input', texts, about);
  } catch (cause) {
    if (!(cause instanceof ThreadsBusy)) throw cause;
    throw new GatewayError('too_many_requests', { cause });
  }
}

/** The same request once more is known about it. No class is lowered, and no stand-in forgotten. */
export function readmit(admitted: Admitted, inspection: Admitted['inspection']): Admitted {
  const { policy, request, dialect, placeholders, dataClass } = admitted;
  const pictures = picturesOf(request);
  return {
    ...admitted,
    inspection,
    effective:
      inspection.decision.action === 'block'
        ? admitted.effective
        : redacted({ dialect, request, inspection, placeholders, pictures }),
    dataClass:
      inspection.raisedTo === undefined
        ? dataClass
        : policy.higherClass(dataClass, inspection.raisedTo),
  };
}

/** Stand-ins with the numbers they had at the last turn of the conversation. */
function placeholdersOf(
  { continuity, createPlaceholders }: RuleBook,
  { caller, key, incoming }: { caller: Caller; key: ApiKey; incoming: IncomingRequest },
): Placeholders {
  const nameOf = (): string =>
    continuity.conversations.nameOf({
      keyId: key.id,
      stated: caller.header('x-sekisho-conversation'),
      opening: openingOf(incoming.parsed.body),
    });
  const texts = incoming.texts.map(({ text }) => text);
  return createPlaceholders(texts, continuity.standIns.numbering(nameOf));
}

/**
 * What the rules may ask about a request beside its texts.
 * @throws GatewayError for an age group that there is not
 */
export function aboutOf(
  policy: Policy,
  from: { readonly caller: Caller; readonly dataClass: string; readonly text: string },
): About {
  const stated = from.caller.header('x-sekisho-age-group');
  const age = stated === undefined ? policy.document.institution.ageGroup : ageGroupOf(stated);
  if (age === undefined) {
    throw new GatewayError('invalid_value', {
      param: 'x-sekisho-age-group',
      detail: `Known: ${ageGroups.join(', ')}.`,
    });
  }
  const { dataClass } = from;
  return asksLanguage(policy)
    ? { dataClass, age, language: languageOf(from.text) }
    : { dataClass, age };
}

const askingLanguage = new WeakMap<Policy, boolean>();

/** Whether a rule depends on the language: looked up once for each rule book. */
function asksLanguage(policy: Policy): boolean {
  const known = askingLanguage.get(policy);
  if (known !== undefined) return known;
  const asks = policy.document.supervision.some(({ when }) => when?.languages !== undefined);
  askingLanguage.set(policy, asks);
  return asks;
}

function ageGroupOf(stated: string): AgeGroup | undefined {
  return ageGroups.find((group) => group === stated);
}

/** @throws GatewayError for a value that is more than a list of plain words */
function dialectHeaders(dialect: Dialect, caller: Caller): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const name of dialect.headers) {
    const value = caller.header(name);
    if (value === undefined) continue;
    if (!/^[a-z0-9][a-z0-9., -]{0,500}$/i.test(value)) {
      throw new GatewayError('invalid_value', { param: name });
    }
    headers[name] = value;
  }
  return headers;
}

interface Redaction {
  readonly dialect: Dialect;
  readonly request: ParsedRequest;
  readonly inspection: Admitted['inspection'];
  readonly placeholders: Placeholders;
  readonly pictures: ReadonlySet<string>;
}

function redacted(from: Redaction): ParsedRequest {
  const { dialect, request, inspection, placeholders, pictures } = from;
  // Also where a stricter rule decides: what some rule masks does not reach a model unmasked.
  const chosen = inspection.findings.filter((finding) => finding.masked === true);
  if (chosen.length === 0) return request;
  const wire = replaceTexts(
    request.wire,
    ({ path, text }) =>
      placeholders.redact(
        text,
        chosen.filter((finding) => finding.path === path),
      ),
    pictures,
  );
  const broken = new Set(
    chosen.flatMap(({ path }) => /^(.*\])\.(?:thinking|signature|data)$/.exec(path)?.[1] ?? []),
  );
  return dialect.parse(broken.size === 0 ? wire : (withoutItems(wire, broken) as JsonObject));
}
