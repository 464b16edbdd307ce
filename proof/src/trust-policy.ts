import { decodeUtf8, encodeUtf8, equalBytes, parseDecimal } from './bytes.ts';
import { ProofError } from './codes.ts';
import { type VerifierKey, keyTypes, parseVerifierKey } from './note.ts';

/** C2SP tlog-policy: which logs a verifier knows, and whose cosignatures together suffice. */
export interface TrustPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly TrustedWitness[];
  /** Each refers only to witnesses and groups before it. */
  readonly groups: readonly WitnessGroup[];
  /** Name of a witness or a group; undefined where the file says `none`. */
  readonly quorum: string | undefined;
}

export interface TrustedWitness {
  /** Of meaning inside the policy only; the key has a name of its own. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

export interface WitnessGroup {
  readonly name: string;
  /** How many of the members must have witnessed: 1 up to all of them. */
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface Quorum {
  readonly holds: boolean;
  /**
   * Who contributed: a witness that stands alone, or a group of which any witness suffices, which
   * is how the witnesses of one institution are written. Each counts once.
   */
  readonly institutions: readonly string[];
}

/** The specification asks for at least 32 of each; a policy for every country has some 200. */
const itemsMax = 256;
const linesMax = 4 * itemsMax;
const policyBytesMax = 256 * 1024;

/**
 * Reads a trust policy strictly.
 * @throws ProofError `E_POLICY`; its subject names the line
 */
export async function parseTrustPolicy(input: string | Uint8Array): Promise<TrustPolicy> {
  // A text has at least as many bytes as characters, and is not encoded only to be refused.
  if (input.length > policyBytesMax) throw refusal();
  const bytes = typeof input === 'string' ? encodeUtf8(input) : input;
  const text = bytes.length > policyBytesMax ? undefined : octets(bytes);
  const lines = text?.split('\n') ?? [];
  // Every line ends in a newline, so the last part is empty.
  if (text === undefined || lines.pop() !== '' || lines.length > linesMax) throw refusal();
  const draft: Draft = { logs: [], witnesses: [], groups: [], quorum: [], used: new Set() };
  for (const [i, line] of lines.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- a line may refer to those before it only
    if (!(await readLine(line, draft))) throw refusal(i + 1);
  }
  const [quorum] = draft.quorum;
  if (quorum === undefined) throw refusal();
  const { logs, witnesses, groups } = draft;
  return { logs, witnesses, groups, quorum: quorum === none ? undefined : quorum };
}

/** @param signed whether the witness with this key has cosigned */
export function evaluateQuorum(policy: TrustPolicy, signed: (key: VerifierKey) => boolean): Quorum {
  // Where no cosignature is asked for, none is missing; but nobody vouches for anything either.
  if (policy.quorum === undefined) return { holds: true, institutions: [] };
  const { holds, institutions } = weigh(policy, signed).get(policy.quorum)!;
  return { holds, institutions: institutions.map(shown) };
}

/** By name, in the order of the file: members always stand before the groups they are in. */
function weigh(
  policy: TrustPolicy,
  signed: (key: VerifierKey) => boolean,
): ReadonlyMap<string, Quorum> {
  const weighed = new Map<string, Quorum>();
  const isWitness = new Set(policy.witnesses.map(({ name }) => name));
  for (const { name, key } of policy.witnesses) {
    const holds = signed(key);
    weighed.set(name, { holds, institutions: holds ? [name] : [] });
  }
  for (const { name, threshold, members } of policy.groups) {
    const holding = members.map((member) => weighed.get(member)!).filter(({ holds }) => holds);
    const holds = holding.length >= threshold;
    const isInstitution = threshold === 1 && members.every((member) => isWitness.has(member));
    const inside = isInstitution ? [name] : holding.flatMap(({ institutions }) => institutions);
    weighed.set(name, { holds, institutions: holds ? inside : [] });
  }
  return weighed;
}

const none = 'none';

interface Draft {
  readonly logs: VerifierKey[];
  readonly witnesses: TrustedWitness[];
  readonly groups: WitnessGroup[];
  readonly quorum: string[];
  /** Names that are a member already. */
  readonly used: Set<string>;
}

async function readLine(line: string, draft: Draft): Promise<boolean> {
  // Only space and tab separate, and only they may surround: `trim` would take more.
  const [word = '', ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (word === '' || word.startsWith('#')) return true;
  switch (word) {
    case 'log':
      return readLog(items, draft);
    case 'witness':
      return readWitness(items, draft);
    case 'group':
      return readGroup(items, draft);
    case 'quorum':
      return readQuorum(items, draft);
    default:
      return false;
  }
}

async function readLog(items: readonly string[], { logs }: Draft): Promise<boolean> {
  const [vkey = '', , ...more] = items;
  const key = await readKey(vkey, keyTypes.ed25519, logs);
  if (key === undefined || more.length > 0 || logs.length >= itemsMax) return false;
  logs.push(key);
  return true;
}

async function readWitness(items: readonly string[], draft: Draft): Promise<boolean> {
  const { witnesses } = draft;
  const [name = '', vkey = '', url, ...more] = items;
  const known = witnesses.map((witness) => witness.key);
  const key = await readKey(vkey, keyTypes.cosignatureV1, known);
  if (key === undefined || more.length > 0 || witnesses.length >= itemsMax) return false;
  if (!isNewName(name, draft)) return false;
  witnesses.push({ name, key, url: url === undefined ? undefined : shown(url) });
  return true;
}

function readGroup(items: readonly string[], draft: Draft): boolean {
  const { groups, used } = draft;
  const [name = '', count = '', ...members] = items;
  if (!isNewName(name, draft) || members.length === 0 || groups.length >= itemsMax) return false;
  const words: Readonly<Record<string, number>> = { any: 1, all: members.length };
  const threshold = Object.hasOwn(words, count) ? words[count] : parseDecimal(count);
  if (threshold === undefined || threshold < 1 || threshold > members.length) return false;
  for (const member of members) {
    if (!isDefined(member, draft) || used.has(member)) return false;
    used.add(member);
  }
  groups.push({ name, threshold, members });
  return true;
}

function readQuorum([name = '', ...more]: readonly string[], draft: Draft): boolean {
  if (more.length > 0 || draft.quorum.length > 0) return false;
  if (name !== none && !isDefined(name, draft)) return false;
  draft.quorum.push(name);
  return true;
}

/** Two keys with the same public key are the same signer, whatever they are called. */
async function readKey(
  octetText: string,
  type: VerifierKey['type'],
  known: readonly VerifierKey[],
): Promise<VerifierKey | undefined> {
  const key = await parseVerifierKey(shown(octetText));
  if (key?.type !== type) return undefined;
  return known.some(({ publicKey }) => equalBytes(publicKey, key.publicKey)) ? undefined : key;
}

function isDefined(name: string, { witnesses, groups }: Draft): boolean {
  return [...witnesses, ...groups].some((item) => item.name === name);
}

function isNewName(name: string, draft: Draft): boolean {
  return name !== '' && name !== none && !isDefined(name, draft);
}

/**
 * The file is one of octets, so that nothing depends on a version of Unicode: each becomes one
 * character here. Undefined where a control character other than tab and newline is among them.
 */
function octets(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a) || byte === 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The octets as a person reads them, where they are UTF-8. */
function shown(octetText: string): string {
  return decodeUtf8(Uint8Array.from(octetText, (char) => char.charCodeAt(0))) ?? octetText;
}

function refusal(line?: number): ProofError {
  return new ProofError('E_POLICY', line === undefined ? 'the trust policy' : `line ${line}`);
}
