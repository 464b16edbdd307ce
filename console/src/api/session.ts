import type { Bilingual } from '../text/language.ts';
import type { Client } from './client.ts';
import { bilingual, list, shape, text, textOrNull } from './shape.ts';

export interface UpstreamInfo {
  readonly id: string;
  readonly model: string;
  readonly operator: string;
  readonly jurisdiction: string;
  readonly residency: string;
}

export interface DataClassInfo {
  readonly id: string;
  readonly title: Bilingual;
}

/** What the checkpoint says about itself and about the key in use. */
export interface SessionInfo {
  readonly institution: string;
  readonly contact: Bilingual;
  readonly vkey: string;
  /** Of the ledger's second key, or empty. */
  readonly postQuantumVkey: string;
  readonly version: string;
  readonly role: string;
  /** What the role of the key includes. */
  readonly rights: readonly string[];
  readonly keyName: string;
  /** The class whose pupil or teacher has the key. */
  readonly class: string | null;
  /** Whether it is somebody who signed in, and not the holder of a key. */
  readonly person: boolean;
  /** Whether people can sign in here. */
  readonly signIn: boolean;
  readonly upstreams: readonly UpstreamInfo[];
  readonly dataClasses: readonly DataClassInfo[];
  readonly defaultClass: string;
  readonly models: readonly string[];
}

/** Whoever asks in a class reads plainer words, and fewer of them. */
export function isPupil(info: SessionInfo | undefined): boolean {
  return info !== undefined && info.class !== null && info.role === 'user';
}

export async function fetchSession(client: Client): Promise<SessionInfo> {
  const found = shape(await client.json('/api/session'));
  return {
    institution: text(found['institution']),
    contact: bilingual(found['contact']),
    vkey: text(found['vkey']),
    postQuantumVkey: text(found['postQuantumVkey']),
    version: text(found['version']),
    role: text(found['role'], 'user'),
    rights: list(found['rights'], (right) => text(right)),
    keyName: text(found['keyName']),
    class: textOrNull(found['class']),
    person: found['person'] === true,
    signIn: found['signIn'] === true,
    upstreams: list(found['upstreams'], readUpstream),
    dataClasses: list(found['dataClasses'], readDataClass),
    defaultClass: text(found['defaultClass']),
    models: list(found['models'], (model) => text(model)).filter((model) => model !== ''),
  };
}

/** The checkpoint's own keys, as `sekisho-verify` takes them. */
export function verifierKeys(info: SessionInfo | undefined): readonly string[] {
  return [info?.vkey ?? '', info?.postQuantumVkey ?? ''].filter((key, i) => i === 0 || key !== '');
}

export function readUpstream(value: unknown): UpstreamInfo {
  const found = shape(value);
  return {
    id: text(found['id']),
    model: text(found['model']),
    operator: text(found['operator']),
    jurisdiction: text(found['jurisdiction']),
    residency: text(found['residency']),
  };
}

export function readDataClass(value: unknown): DataClassInfo {
  const found = shape(value);
  return { id: text(found['id']), title: bilingual(found['title']) };
}
