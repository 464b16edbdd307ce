import { createHash } from 'node:crypto';
import { limits } from '#base';
import { parseDocument } from 'yaml';
import { PolicyError } from './errors.ts';
import { permittedUpstreams } from './permission.ts';
import {
  type DataClass,
  type DeclaredUpstream,
  type PolicyDocument,
  policySchema,
} from './schema.ts';

/** The rule book in force, with what is asked of it on each request already looked up. */
export interface Policy {
  readonly document: PolicyDocument;
  /** The file's text as it was read: what the hash is over, and what is recorded. */
  readonly text: string;
  /** SHA-256 of the text's UTF-8 bytes, lower-case hex. */
  readonly sha256: string;
  /** The ranks of the data classes, least sensitive first. */
  readonly classIds: readonly string[];
  dataClass(id: string): DataClass | undefined;
  upstream(id: string): DeclaredUpstream | undefined;
  /** The more sensitive of two classes that the policy knows. */
  higherClass(a: string, b: string): string;
  /** Upstreams a class may reach, in order. Empty for a class that may reach none. */
  permitted(classId: string): readonly DeclaredUpstream[];
  /** Whether a request of this class may hold pictures, which nobody here can inspect. */
  allowsImages(classId: string): boolean;
}

/**
 * Reads a rule book.
 * @param text the content of `sekisho.yaml`
 * @throws PolicyError naming the line or the fields, so that it can be mended
 */
export function parsePolicy(text: string): Policy {
  if (Buffer.byteLength(text) > limits.configBytes) {
    throw new PolicyError(
      'unreadable',
      `couldn't read the policy: it is larger than ${limits.configBytes} bytes`,
    );
  }
  const parsed = policySchema.safeParse(readYaml(text));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const at = issue.path.map(String).join('.');
      return `${at === '' ? 'the document' : at}: ${issue.message}`;
    });
    throw new PolicyError('invalid', `couldn't use the policy: ${lines.join('; ')}`);
  }
  return index(parsed.data, text);
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, {
    uniqueKeys: true,
    schema: 'core',
    maxAliasCount: 0,
  } as object);
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new PolicyError('not_yaml', `couldn't parse the policy: ${problem.message}`, problem);
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new PolicyError(
      'not_yaml',
      "couldn't parse the policy: aliases are not used here",
      cause,
    );
  }
}

function index(document: PolicyDocument, text: string): Policy {
  const classIds = document.dataClasses.map((c) => c.id);
  const ranks = new Map(classIds.map((id, rank) => [id, rank]));
  const classes = new Map(document.dataClasses.map((c) => [c.id, c]));
  const upstreams = new Map(document.upstreams.map((u) => [u.id, u]));
  const permitted = new Map(
    document.dataClasses.map((c) => [c.id, permittedUpstreams(c, document.upstreams)]),
  );
  return {
    document,
    text,
    sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
    classIds,
    dataClass: (id) => classes.get(id),
    upstream: (id) => upstreams.get(id),
    higherClass: (a, b) => ((ranks.get(a) ?? -1) >= (ranks.get(b) ?? -1) ? a : b),
    permitted: (id) => permitted.get(id) ?? [],
    allowsImages: (id) => {
      const said = classes.get(id)?.images;
      if (said !== undefined) return said === 'allow';
      return (ranks.get(id) ?? Infinity) <= (ranks.get(document.defaultClass) ?? -1);
    },
  };
}
