import { z } from 'zod';

// A country pack as it lies in a folder: pack.json, one JSON-lines file for each kind of row, and
// pack.note with the signatures. docs/en/packs.md describes every member.

/** What is allowed in one pack, so that a stranger's pack fits into memory. */
export const packLimits = {
  manifestBytes: 1024 * 1024,
  fileBytes: 64 * 1024 * 1024,
  rowCharacters: 20_000,
  rows: 200_000,
  noteBytes: 64 * 1024,
} as const;

const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const code = z.string().min(1).max(120);
const line = z.string().min(1).max(500);
const text = z.string().min(1).max(packLimits.rowCharacters);
const tag = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/);
const address = z.url({ protocol: /^https?$/ }).max(2_000);
const date = z.iso.date();
/** Of schooling: 1 is the first year of primary school, 0 what comes before it. */
const year = z.int().min(0).max(20);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One text in several languages. English is there so that another country can review it. */
const texts = z
  .record(tag, z.string().min(1).max(2_000))
  .refine((all) => all['en'] !== undefined, 'an English text is missing');

/**
 * Words that show what a text is about. One of `any` must be there and, where there are such, one
 * of `with`; none of `not` may cover it. Compared after NFKC without regard to case; a word in
 * Latin, Greek or Cyrillic letters ends where a word ends, others are found within words too.
 */
const cues = z.strictObject({
  any: z.array(line).min(1).max(200),
  with: z.array(line).max(200).default([]),
  not: z.array(line).max(200).default([]),
});

/** 0 pass, 1 annotate, 2 ask the model again, 3 hold for the teacher, 4 stop. */
const level = z.int().min(0).max(4);

/** What a rule does in some years of schooling; where no row covers a year, the strictest holds. */
const framing = z.strictObject({
  from: year.default(0),
  to: year.default(20),
  /** `facts`: what happened and what is known; `open`: also values and views. */
  allowed: z.enum(['none', 'facts', 'open']),
  level,
});

/** What a pack's rows rest on. */
const source = z.strictObject({
  id,
  title: line,
  publisher: line,
  url: address.optional(),
  /** An SPDX expression where there is one; else what the publisher says, in words. */
  licence: line,
  /** The line that has to be shown with it. */
  attribution: line.optional(),
  /** What was changed: left out, cut, translated. */
  changes: line.optional(),
  /** Of the file that was read. */
  sha256: sha256.optional(),
});

export const fileNames = [
  'items',
  'passages',
  'aliases',
  'characters',
  'words',
  'topics',
  'views',
  'cautions',
  'calendar',
  'signs',
  'helplines',
] as const;
export type FileName = (typeof fileNames)[number];

export const manifestSchema = z.strictObject({
  format: z.literal('sekisho.pack/v1'),
  id,
  version: z.string().regex(/^[0-9]+(\.[0-9]+){0,3}(-[a-z0-9.]{1,32})?$/),
  /** ISO 3166-1 alpha-2, or a region of it (`GB-ENG`). */
  country: z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/),
  title: texts,
  /** The language of instruction first. */
  languages: z.array(tag).min(1).max(8),
  authors: z.array(line).min(1).max(50),
  /** What its authors do not know, have not checked, and leave to the country's own people. */
  limits: texts,
  years: z
    .array(
      z.strictObject({
        year,
        label: texts,
        /** Other names a request may give it: `小4`, `Primary 4`. */
        also: z.array(line).max(20).default([]),
        ages: z.tuple([z.int().min(0).max(30), z.int().min(0).max(30)]),
      }),
    )
    .min(1)
    .max(21),
  subjects: z
    .array(z.strictObject({ id, title: texts, also: z.array(line).max(50).default([]) }))
    .max(200)
    .default([]),
  sources: z.array(source).min(1).max(200),
  files: z.partialRecord(
    z.enum(fileNames),
    z.strictObject({ sha256, bytes: z.int().min(0), rows: z.int().min(0) }),
  ),
});

/** One statement of the curriculum. */
const item = z.strictObject({
  code,
  text,
  /** Empty where it belongs to no single year. */
  years: z.array(year).max(21).default([]),
  subject: id.nullable().default(null),
  parent: code.nullable().default(null),
  /** Codes of what has to be learnt before it. */
  prerequisites: z.array(code).max(50).default([]),
  source: id,
});

/** A paragraph an answer is checked against: commentary, or a textbook the school may use. */
const passage = z.strictObject({
  id: code,
  text,
  codes: z.array(code).max(50).default([]),
  years: z.array(year).max(21).default([]),
  subject: id.nullable().default(null),
  title: line.optional(),
  /** Page or section, as a reader would look it up; or its address. */
  place: line.optional(),
  source: id,
});

/** Words in which pupils speak of what these statements are about. */
const alias = z.strictObject({
  codes: z.array(code).min(1).max(50),
  words: z.array(z.string().min(1).max(100)).min(1).max(500),
  source: id,
});

/** Characters that are taught in a year; those in no row are of no year. */
const characters = z.strictObject({ year, characters: z.string().min(1).max(5_000), source: id });

/** A word, its reading and how to say it simpler. */
const word = z.strictObject({
  word: line,
  reading: line.optional(),
  /** From when on pupils know it; absent where only the reading is known. */
  year: year.optional(),
  simpler: line.optional(),
  meaning: line.optional(),
  /** What pupils say instead, so that their questions find the curriculum: shop, `お店`. */
  also: z.array(line).max(100).optional(),
  source: id,
});

/** A topic that needs care, and how it may be spoken of. */
const topic = z.strictObject({
  id,
  title: texts,
  cues,
  framing: z.array(framing).min(1).max(21),
  /** What the teacher and the pupil are told. */
  note: texts,
  source: id,
});

/** A topic of which one view alone is not an answer. */
const twoViews = z.strictObject({
  id,
  title: texts,
  cues,
  views: z
    .array(z.strictObject({ id, title: texts, cues: z.array(line).min(1).max(100) }))
    .min(2)
    .max(8),
  note: texts,
  source: id,
});

/** What is read differently by religion, region or history. */
const caution = z.strictObject({
  id,
  kind: z.enum(['religion', 'history', 'custom', 'ethnicity', 'territory', 'state', 'language']),
  title: texts,
  cues,
  level,
  note: texts,
  source: id,
});

/** Days on which something needs thought. */
const day = z.strictObject({
  id,
  title: texts,
  /** Days that are fixed by no rule of the civil calendar are listed year by year. */
  on: z.union([
    z.strictObject({ monthDay: z.string().regex(/^\d{2}-\d{2}$/) }),
    z.strictObject({
      dates: z
        .array(z.strictObject({ from: date, to: date }))
        .min(1)
        .max(100),
    }),
  ]),
  note: texts.optional(),
  source: id,
});

/** Words after which a person has to look, whatever else happens. */
const sign = z.strictObject({
  id,
  kind: z.enum([
    'suicide',
    'self_harm',
    'abuse',
    'sexual_abuse',
    'bullying',
    'violence',
    'running_away',
    'eating',
    'drugs',
    'grooming',
  ]),
  cues,
  source: id,
});

const helpline = z.strictObject({
  id,
  kinds: z.array(sign.shape.kind).min(1),
  title: texts,
  /** As a pupil would use it: a telephone number, an address of a chat. */
  contact: line,
  hours: texts.optional(),
  url: address.optional(),
  ages: z.tuple([z.int().min(0).max(120), z.int().min(0).max(120)]).default([0, 120]),
  languages: z.array(tag).min(1).max(20),
  /** When somebody last saw that it is right. */
  checked: date,
  source: id,
});

/** The rows of each file. */
export const rowSchemas = {
  items: item,
  passages: passage,
  aliases: alias,
  characters,
  words: word,
  topics: topic,
  views: twoViews,
  cautions: caution,
  calendar: day,
  signs: sign,
  helplines: helpline,
} as const satisfies Record<FileName, z.ZodType>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Row<N extends FileName> = DeepReadonly<z.infer<(typeof rowSchemas)[N]>>;

export type Manifest = DeepReadonly<z.infer<typeof manifestSchema>>;
export type Rows = { readonly [N in FileName]: readonly Row<N>[] };
export type Texts = Manifest['title'];
export type Source = Manifest['sources'][number];
export type Cues = Row<'topics'>['cues'];
export type Item = Row<'items'>;
export type PackPassage = Row<'passages'>;
export type Word = Row<'words'>;
export type Topic = Row<'topics'>;
export type TwoViews = Row<'views'>;
export type Caution = Row<'cautions'>;
export type Day = Row<'calendar'>;
export type Sign = Row<'signs'>;
export type SignKind = Sign['kind'];
export type Helpline = Row<'helplines'>;
