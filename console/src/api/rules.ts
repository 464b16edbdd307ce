import type { Bilingual } from '../text/language.ts';
import type { Client } from './client.ts';
import { type DataClassInfo, type UpstreamInfo, readDataClass, readUpstream } from './session.ts';
import { bilingual, list, number, shape, text, textOrNull } from './shape.ts';

export interface Rule {
  readonly id: string;
  readonly direction: string;
  readonly kinds: readonly string[];
  readonly minScore: number;
  readonly action: string;
  readonly raiseTo: string | null;
  readonly text: Bilingual;
}

export interface DetectorInfo {
  readonly id: string;
  readonly version: number;
  readonly kinds: readonly { readonly kind: string; readonly title: Bilingual }[];
}

export interface RuleBook {
  readonly institution: string;
  readonly sha256: string;
  readonly rules: readonly Rule[];
  readonly dataClasses: readonly (DataClassInfo & { readonly upstreams: readonly string[] })[];
  readonly upstreams: readonly UpstreamInfo[];
  readonly detectors: readonly DetectorInfo[];
  readonly contact: Bilingual;
}

/** The public rule book. It needs no key. */
export async function fetchRules(client: Client): Promise<RuleBook> {
  const found = shape(await client.json('/api/rules'));
  return {
    institution: text(found['institution']),
    sha256: text(found['sha256']),
    rules: list(found['rules'], readRule),
    dataClasses: list(found['dataClasses'], (value) => ({
      ...readDataClass(value),
      upstreams: list(shape(value)['upstreams'], (id) => text(id)),
    })),
    upstreams: list(found['upstreams'], readUpstream),
    detectors: list(found['detectors'], readDetector),
    contact: bilingual(found['contact']),
  };
}

function readRule(value: unknown): Rule {
  const found = shape(value);
  return {
    id: text(found['id']),
    direction: text(found['direction']),
    kinds: list(found['kinds'], (kind) => text(kind)),
    minScore: number(found['minScore']),
    action: text(found['action']),
    raiseTo: textOrNull(found['raiseTo']),
    text: bilingual(found['text']),
  };
}

function readDetector(value: unknown): DetectorInfo {
  const found = shape(value);
  return {
    id: text(found['id']),
    version: number(found['version']),
    kinds: list(found['kinds'], (kind) => ({
      kind: text(shape(kind)['kind']),
      title: bilingual(shape(kind)['title']),
    })),
  };
}
