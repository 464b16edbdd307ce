import type { Client } from './client.ts';
import { type Texts, readTexts } from './lessons.ts';
import { list, number, numberOrNull, shape, text, textOrNull } from './shape.ts';

/** What is set for a class. */
export interface ClassSettings {
  readonly title: string;
  readonly pack: string;
  /** Of schooling. */
  readonly year: number;
  readonly subject: string | null;
  readonly scaffold: boolean;
  readonly notesToPupil: boolean;
}

export interface ClassInfo extends ClassSettings {
  readonly id: string;
  /** Whether its pack is there; without it nothing can be checked. */
  readonly ready: boolean;
  /** Keys of each kind. */
  readonly pupils: number;
  readonly teachers: number;
}

/** What a class may be set to. */
export interface PackInfo {
  readonly id: string;
  readonly version: string;
  readonly title: Texts;
  readonly years: readonly { readonly year: number; readonly label: Texts }[];
  readonly subjects: readonly { readonly id: string; readonly title: Texts }[];
}

export interface Classes {
  readonly classes: readonly ClassInfo[];
  readonly packs: readonly PackInfo[];
}

/** Null where the count is too small to be told. */
export interface Counted {
  readonly name: string;
  readonly count: number | null;
}

export const reportParts = ['all', 'decision', 'rule', 'subject', 'code', 'review'] as const;
export type ReportPart = (typeof reportParts)[number];

export interface ReportWeek {
  /** The Monday it begins with. */
  readonly week: string;
  /** Whether it goes on. */
  readonly open: boolean;
  readonly counts: Readonly<Record<ReportPart, readonly Counted[]>>;
}

export interface ClassReport {
  /** Counts below it are not told. */
  readonly least: number;
  readonly weeks: readonly ReportWeek[];
}

export async function fetchClasses(client: Client): Promise<Classes> {
  const found = shape(await client.json('/api/classes'));
  return { classes: list(found['classes'], readClass), packs: list(found['packs'], readPack) };
}

export async function fetchClass(
  client: Client,
  id: string,
): Promise<{ readonly one: ClassInfo; readonly packs: readonly PackInfo[] }> {
  const found = shape(await client.json(classPath(id)));
  return { one: readClass(found), packs: list(found['packs'], readPack) };
}

export async function createClass(
  client: Client,
  settings: ClassSettings & { readonly id: string },
): Promise<ClassInfo> {
  return readClass(await client.json('/api/classes', { method: 'POST', json: settings }));
}

export async function changeClass(
  client: Client,
  id: string,
  settings: ClassSettings,
): Promise<ClassInfo> {
  return readClass(await client.json(classPath(id), { method: 'PATCH', json: settings }));
}

export async function removeClass(client: Client, id: string): Promise<void> {
  await client.call(classPath(id), { method: 'DELETE' });
}

export async function fetchReport(client: Client, id: string): Promise<ClassReport> {
  const found = shape(await client.json(`${classPath(id)}/report?weeks=8`));
  return {
    least: number(found['least'], 10),
    weeks: list(found['weeks'], (value) => {
      const week = shape(value);
      const counts = reportParts.map((part) => [part, list(week[part], readCount)] as const);
      return {
        week: text(week['week']),
        open: week['open'] === true,
        counts: Object.fromEntries(counts) as ReportWeek['counts'],
      };
    }),
  };
}

function classPath(id: string): string {
  return `/api/classes/${encodeURIComponent(id)}`;
}

function readClass(value: unknown): ClassInfo {
  const found = shape(value);
  return {
    id: text(found['id']),
    title: text(found['title']),
    pack: text(found['pack']),
    year: number(found['year']),
    subject: textOrNull(found['subject']),
    scaffold: found['scaffold'] === true,
    notesToPupil: found['notesToPupil'] === true,
    ready: found['ready'] === true,
    pupils: number(found['pupils']),
    teachers: number(found['teachers']),
  };
}

function readPack(value: unknown): PackInfo {
  const found = shape(value);
  return {
    id: text(found['id']),
    version: text(found['version']),
    title: readTexts(found['title']),
    years: list(found['years'], (entry) => {
      const { year, label } = shape(entry);
      return { year: number(year), label: readTexts(label) };
    }),
    subjects: list(found['subjects'], (entry) => {
      const { id, title } = shape(entry);
      return { id: text(id), title: readTexts(title) };
    }),
  };
}

function readCount(value: unknown): Counted {
  const found = shape(value);
  return { name: text(found['name']), count: numberOrNull(found['count']) };
}
