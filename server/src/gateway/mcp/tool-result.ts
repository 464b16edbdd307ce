import { createHash } from 'node:crypto';
import {
  type About,
  type Decision,
  type Judged,
  type Placeholders,
  joinSpans,
  placeholderName,
} from '#supervisor';
import type { RuleBook } from '../admission.ts';
import { type Json, type JsonObject, isObject } from '../json.ts';
import { type TextPart, replaceTexts, textParts } from '../request-text.ts';
import { type Looks, lookAt, needsGuard } from './guarded-result.ts';
import { isShallow } from './message.ts';

type Found = Judged & { readonly path: string };

/** What a tool gave, looked at in both directions: a client reads it, and then a model does. */
export interface SupervisedResult {
  readonly action: Decision['action'];
  /** The rules that led to it. */
  readonly rules: readonly string[];
  readonly findings: readonly Found[];
  readonly failed: readonly string[];
  readonly raisedTo: string | undefined;
  /** As it may leave: masked where a rule says so, with the caller's own values put back. */
  readonly delivered: JsonObject;
  /** As it came, for the record: what is no text stands there by its hash. */
  readonly recorded: JsonObject;
  /** Pictures, sounds and files that were left out because this class may hold none. */
  readonly withheld: number;
}

export interface ResultContext {
  readonly placeholders: Placeholders;
  /** What the rules may ask about the call beside its texts. */
  readonly about: About;
  /** Whether the class may hold what nobody here can inspect. */
  readonly allowsBinary: boolean;
  /** What guard models made of it, where any was asked. */
  readonly looks?: Looks;
  /** Whether the caller's revision of MCP takes structured results that are no objects. */
  readonly allowsAnyStructure: boolean;
}

const notes = {
  en: '[A picture, sound or file was left out: it cannot be inspected, and the policy allows none for this data class.]',
  ja: '[画像・音声・ファイルを除きました。検査できず、この区分では規則により通せません。]',
};

/**
 * Looks at a result. Rules on input count because it goes to a model next, and that is where orders
 * hidden in data do harm; rules on output because it leaves here. What an input rule masks would be
 * put back for the client anyway, so only the masks of output rules are applied.
 */
export function superviseResult(
  book: RuleBook,
  result: JsonObject,
  context: ResultContext,
): SupervisedResult {
  if (!isShallow(result)) {
    const nothing = { findings: [], raisedTo: undefined, delivered: {}, recorded: {}, withheld: 0 };
    return { ...nothing, action: 'block', rules: [], failed: ['depth'] };
  }
  const { picked, withheld } = pick(result, context);
  const binary = binaryPaths(picked);
  const parts = textParts(picked, binary);
  const looked = weigh(book, context.looks ?? lookAt(book, parts, context.about));
  const masks = new Map<string, Found[]>();
  for (const finding of looked.masks) {
    masks.set(finding.path, [...(masks.get(finding.path) ?? []), finding]);
  }
  const { placeholders } = context;
  const same = masks.size === 0 && placeholders.count === 0;
  const rewrite = ({ path, text }: TextPart): string =>
    rewritten(text, masks.get(path) ?? [], placeholders);
  return {
    ...looked,
    delivered: same ? picked : replaceTexts(picked, rewrite, binary),
    recorded: recordedResult(result),
    withheld,
  };
}

/** The texts of a result that pass to the caller. None where it will be stopped unread. */
export function resultParts(
  result: JsonObject,
  context: Pick<ResultContext, 'allowsBinary' | 'allowsAnyStructure'>,
): readonly TextPart[] {
  if (!isShallow(result)) return [];
  const { picked } = pick(result, context);
  return textParts(picked, binaryPaths(picked));
}

/** A text of a result as a guard may read it: what a rule of either direction masks is masked. */
export function maskedPart({ path, text }: TextPart, { asInput, asOutput }: Looks): string {
  const masks = [...asInput.findings, ...asOutput.findings].filter(
    (finding) => finding.path === path && finding.masked === true,
  );
  return withMasks(text, masks, (between) => between);
}

/** The same for a word said on the way, which may be left out. @returns undefined when stopped */
export function superviseNote(
  book: RuleBook,
  text: string,
  { placeholders, about }: Pick<ResultContext, 'placeholders' | 'about'>,
): string | undefined {
  const parts = [{ path: 'message', text }];
  const looks = lookAt(book, parts, about);
  const looked = weigh(book, looks);
  // Nobody waits for a guard before a word that may be left out.
  if (looked.action === 'block' || needsGuard(book, parts, looks)) return undefined;
  return rewritten(text, looked.masks, placeholders);
}

function weigh(
  { policy }: RuleBook,
  { asInput, asOutput }: Looks,
): Pick<SupervisedResult, 'action' | 'rules' | 'findings' | 'failed' | 'raisedTo'> & {
  readonly masks: readonly Found[];
} {
  const masks = asOutput.findings.filter(({ masked }) => masked === true);
  const strength = ['allow', 'annotate', 'redact', 'escalate', 'block'] as const;
  const { decision: input } = asInput;
  const { decision: output } = asOutput;
  // Nothing is masked for the client by an input rule: see above.
  const inputAction = input.action === 'redact' ? 'annotate' : input.action;
  const inputLeads = strength.indexOf(inputAction) > strength.indexOf(output.action);
  const equal = inputAction === output.action;
  const rules = equal ? [...input.rules, ...output.rules] : (inputLeads ? input : output).rules;
  const known = new Set(asOutput.findings.map(nameOf));
  const { raisedTo } = asInput;
  return {
    action: inputLeads ? inputAction : output.action,
    rules: policy.document.supervision.flatMap(({ id }) => (rules.includes(id) ? [id] : [])),
    findings: [...asOutput.findings, ...asInput.findings.filter((f) => !known.has(nameOf(f)))],
    failed: [...new Set([...asInput.failed, ...asOutput.failed])],
    raisedTo,
    masks,
  };
}

function nameOf({ path, kind, start, end, rule }: Found): string {
  return [path, kind, start, end, rule ?? ''].join(' ');
}

/** What came back for good is masked; a stand-in of this call becomes the caller's value again. */
function rewritten(text: string, masks: readonly Found[], placeholders: Placeholders): string {
  return withMasks(text, masks, (between) => placeholders.restore(between));
}

function withMasks(
  text: string,
  masks: readonly Found[],
  write: (between: string) => string,
): string {
  let out = '';
  let at = 0;
  for (const { start, end, kind } of joinSpans(masks)) {
    out += `${write(text.slice(at, start))}[${placeholderName(kind)}]`;
    at = end;
  }
  return out + write(text.slice(at));
}

/** The members that pass. Words of ours and of the protocol in `_meta` are not the server's. */
function pick(
  result: JsonObject,
  { allowsBinary, allowsAnyStructure }: Pick<ResultContext, 'allowsBinary' | 'allowsAnyStructure'>,
): { readonly picked: JsonObject; readonly withheld: number } {
  const { content, structuredContent, isError, _meta: meta } = result;
  let withheld = 0;
  const blocks = (Array.isArray(content) ? (content as readonly Json[]) : []).flatMap((block) => {
    if (allowsBinary || !isBinary(block)) return [block];
    withheld++;
    return [notes.en, notes.ja].map((text): Json => ({ type: 'text', text }));
  });
  const structured =
    structuredContent !== undefined && (allowsAnyStructure || isObject(structuredContent));
  const foreign = Object.entries(isObject(meta) ? meta : {}).filter(
    ([name]) =>
      !/^(?:[a-z0-9.-]*\.)?(?:modelcontextprotocol|mcp|sekisho)(?:\.[a-z0-9.-]*)?\//i.test(name),
  );
  const picked = {
    content: blocks,
    ...(structured ? { structuredContent } : {}),
    ...(isError === true ? { isError } : {}),
    ...(foreign.length === 0 ? {} : { _meta: Object.fromEntries(foreign) }),
  };
  return { picked, withheld };
}

function isBinary(block: Json): boolean {
  if (!isObject(block)) return false;
  const { type, resource } = block;
  return type === 'image' || type === 'audio' || (isObject(resource) && 'blob' in resource);
}

function binaryPaths({ content }: JsonObject): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const [i, block] of (content as readonly Json[]).entries()) {
    if (!isObject(block) || !isBinary(block)) continue;
    paths.add(isObject(block['resource']) ? `content[${i}].resource.blob` : `content[${i}].data`);
  }
  return paths;
}

/** A result for the record: what is no text stands there by its hash. */
export function recordedResult(result: JsonObject): JsonObject {
  const { content } = result;
  if (!Array.isArray(content)) return result;
  const blocks = (content as readonly Json[]).map((block) => {
    if (!isObject(block) || !isBinary(block)) return block;
    const { resource, data } = block;
    if (!isObject(resource)) return { ...block, data: fingerprint(data) };
    return { ...block, resource: { ...resource, blob: fingerprint(resource['blob']) } };
  });
  return { ...result, content: blocks };
}

function fingerprint(data: Json | undefined): Json {
  const bytes = Buffer.from(typeof data === 'string' ? data : '', 'base64');
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
