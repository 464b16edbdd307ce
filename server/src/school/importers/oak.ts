import { SchoolError } from '../errors.ts';
import type { Item, Manifest, PackPassage, Word } from '../schema.ts';
import { type Imported, type ImportedFile, hashOf } from './imported.ts';
import { type Graph, readTurtle } from './turtle.ts';

// England: the Oak curriculum ontology (data OGL v3). Statements of the national curriculum and
// Oak's units are items; what the lessons of a unit teach, with its corrections of common errors,
// are passages; key words are words.

const curric = 'https://w3id.org/uk/oak/curriculum/ontology/';
const national = 'https://w3id.org/uk/oak/curriculum/nationalcurriculum/';
const oak = 'https://w3id.org/uk/oak/curriculum/oakcurriculum/';
const rdfs = 'http://www.w3.org/2000/01/rdf-schema#';
const skos = 'http://www.w3.org/2004/02/skos/core#';
const type = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const label = `${rdfs}label`;

const source = {
  id: 'oak',
  title: 'Oak curriculum ontology',
  publisher: 'Oak National Academy; Department for Education',
  url: 'https://github.com/oaknational/oak-curriculum-ontology',
  licence: 'OGL-UK-3.0',
  attribution:
    'Contains public sector information licensed under the Open Government Licence v3.0. © Oak National Academy; Crown copyright.',
  changes: 'statements, units and lesson points turned into rows',
} as const;

/** Years of a key stage, as the curriculum names them: 1 and 2, 3 to 6, 7 to 9, 10 and 11. */
const stages: Readonly<Record<string, readonly number[]>> = {
  'key-stage-1': [1, 2],
  'key-stage-2': [3, 4, 5, 6],
  'key-stage-3': [7, 8, 9],
  'key-stage-4': [10, 11],
};

/** Any files of the ontology's `data` folder: what they name in other files is left open. */
export function importOak(files: readonly ImportedFile[]): Imported {
  const graph = readTurtle(files.map(({ text }) => text));
  const subjects = subjectsOf(graph);
  const statements = statementsOf(graph);
  const { units, passages } = unitsOf(graph);
  const items = withParents([...statements, ...units]);
  if (items.length === 0) {
    throw new SchoolError('pack_invalid', `${files[0]?.name}: no statements and no units`);
  }
  const known = new Set(subjects.map(({ id }) => id));
  const bare = items.filter(({ subject }) => subject === null).length;
  return {
    source: { ...source, ...hashOf(files) },
    rows: {
      items: items.map((item) => ({
        ...item,
        subject: known.has(item.subject ?? '') ? item.subject : null,
      })),
      passages: passages.map((row) => ({
        ...row,
        subject: known.has(row.subject ?? '') ? row.subject : null,
      })),
      words: wordsOf(graph),
    },
    subjects,
    leftOut: bare === 0 ? [] : [`${bare} statements whose subject is named in files not given`],
  };
}

function ofType(graph: Graph, name: string): readonly string[] {
  return [...graph.subjects()].filter((subject) => graph.has(subject, type, curric + name));
}

/** `subject-history` → `history`. */
function subjectId(address: string): string {
  return address.slice(national.length).replace(/^subject-/, '');
}

function subjectsOf(graph: Graph): Manifest['subjects'] {
  return ofType(graph, 'Subject').map((subject) => {
    const title = graph.one(subject, label) ?? subjectId(subject);
    return { id: subjectId(subject), title: { en: title }, also: [] };
  });
}

/** Which subject a scheme is of, and of which years. */
function schemeOf(
  graph: Graph,
  scheme: string | undefined,
): { readonly subject: string | null; readonly years: readonly number[] } {
  if (scheme === undefined) return { subject: null, years: [] };
  const subject = graph.one(scheme, `${curric}isSchemeOf`);
  const named = graph.all(scheme, `${curric}coversKeyStage`).map(({ value }) => value);
  // The file that describes the scheme may not be there, but its name says the same.
  const [, byName = '', stage = ''] = /scheme-(.+)-(key-stage-[1-4])$/.exec(scheme) ?? [];
  const years = (named.length > 0 ? named : [stage]).flatMap(
    (address) => stages[address.split('/').at(-1) ?? ''] ?? [],
  );
  return { subject: subject === undefined ? byName || null : subjectId(subject), years };
}

/** Content descriptors and their parts, with years by the progressions that include them. */
function statementsOf(graph: Graph): readonly Item[] {
  const schemes = new Map<string, string[]>();
  for (const progression of ofType(graph, 'Progression')) {
    const scheme = graph.one(progression, `${curric}isProgressionOf`);
    for (const { value } of graph.all(progression, `${curric}includesContentDescriptor`)) {
      if (scheme !== undefined) schemes.set(value, [...(schemes.get(value) ?? []), scheme]);
    }
  }
  return ['ContentDescriptor', 'SubContentDescriptor'].flatMap((name) =>
    ofType(graph, name).flatMap((address) => {
      const text = plain(graph.one(address, `${skos}prefLabel`));
      if (text === '') return [];
      const above = graph.one(address, `${skos}broader`);
      const of = (schemes.get(address) ?? schemes.get(above ?? '') ?? []).map((scheme) =>
        schemeOf(graph, scheme),
      );
      return [
        {
          code: codeOf(address),
          text,
          years: sorted(of.flatMap(({ years }) => years)),
          subject: of[0]?.subject ?? null,
          parent: above === undefined ? null : codeOf(above),
          prerequisites: [],
          source: source.id,
        },
      ];
    }),
  );
}

/** Units with the years of the programmes that hold them, and the points of their lessons. */
function unitsOf(graph: Graph): {
  readonly units: readonly Item[];
  readonly passages: readonly PackPassage[];
} {
  const yearsOf = yearsOfVariants(graph);
  const variants = new Map<string, string[]>();
  for (const variant of ofType(graph, 'UnitVariant')) {
    const unit = graph.one(variant, `${curric}isUnitVariantOf`);
    if (unit !== undefined) variants.set(unit, [...(variants.get(unit) ?? []), variant]);
  }
  const units: Item[] = [];
  const passages = new Map<string, PackPassage>();
  for (const unit of ofType(graph, 'Unit')) {
    const scheme = schemeOf(graph, graph.one(unit, `${curric}isUnitOf`));
    const own = variants.get(unit) ?? [];
    const years = sorted(own.flatMap((variant) => yearsOf.get(variant) ?? []));
    const title = plain(graph.one(unit, label));
    const more = plain(graph.one(unit, `${rdfs}comment`));
    const code = codeOf(unit);
    const subject = scheme.subject;
    const its = years.length > 0 ? years : scheme.years;
    if (title === '') continue;
    const stop = /[.?!]$/.test(title) ? '' : '.';
    const text = more === '' ? title : `${title}${stop} ${more}`;
    units.push({
      code,
      text,
      years: its,
      subject,
      parent: null,
      prerequisites: [],
      source: source.id,
    });
    for (const variant of own) {
      for (const row of lessonsOf(graph, variant, { code, years: its, subject })) {
        const known = passages.get(row.id);
        const codes = [...new Set([...(known?.codes ?? []), code])];
        passages.set(row.id, { ...row, codes });
      }
    }
  }
  return { units, passages: [...passages.values()] };
}

function yearsOfVariants(graph: Graph): ReadonlyMap<string, readonly number[]> {
  const years = new Map<string, number[]>();
  const add = (variant: string, found: readonly number[]): void => {
    years.set(variant, [...(years.get(variant) ?? []), ...found]);
  };
  for (const programme of ofType(graph, 'Programme')) {
    const groups = graph
      .all(programme, `${curric}coversYearGroup`)
      .flatMap(({ value }) =>
        [...(/year-group-([\d-]+)$/.exec(value)?.[1] ?? '').matchAll(/\d+/g)].map(Number),
      );
    for (const { value } of graph.all(programme, `${curric}hasUnitVariantInclusion`)) {
      for (const variant of graph.all(value, `${curric}includesUnitVariant`)) {
        add(variant.value, groups);
      }
      // Where a school may choose between units, each of them is one of that year.
      for (const choice of graph.all(value, `${curric}includesUnitVariantChoice`)) {
        const options = graph.all(choice.value, `${curric}hasUnitVariantOption`);
        for (const option of options) add(option.value, groups);
      }
    }
  }
  return years;
}

function lessonsOf(
  graph: Graph,
  variant: string,
  of: { readonly code: string; readonly years: readonly number[]; readonly subject: string | null },
): readonly PackPassage[] {
  return graph.all(variant, `${curric}hasLessonInclusion`).flatMap((inclusion) => {
    const lesson = graph.one(inclusion.value, `${curric}includesLesson`);
    if (lesson === undefined) return [];
    const points = graph
      .all(lesson, `${curric}hasKeyLearningPoint`)
      .map(({ value }) => plain(graph.one(value, label)));
    const corrections = graph
      .all(lesson, `${curric}hasMisconception`)
      .map(({ value }) => plain(graph.one(value, `${curric}correction`)));
    const text = [...points, ...corrections].filter((line) => line !== '').join(' ');
    const slug = graph.one(lesson, `${curric}slug`);
    if (text === '') return [];
    const { code, years, subject } = of;
    const title = plain(graph.one(lesson, label)).slice(0, 500);
    return [
      {
        id: codeOf(lesson),
        text,
        codes: [code],
        years,
        subject,
        ...(title === '' ? {} : { title }),
        ...(slug === undefined ? {} : { place: slug }),
        source: source.id,
      },
    ];
  });
}

function wordsOf(graph: Graph): readonly Word[] {
  return ofType(graph, 'Keyword').flatMap((keyword) => {
    const word = plain(graph.one(keyword, 'http://schema.org/name')).slice(0, 500);
    const meaning = plain(graph.one(keyword, 'http://schema.org/description')).slice(0, 500);
    if (word === '') return [];
    return [{ word, ...(meaning === '' ? {} : { meaning }), source: source.id }];
  });
}

/** A parent that is no item itself (a strand) is none. */
function withParents(items: readonly Item[]): readonly Item[] {
  const codes = new Set(items.map(({ code }) => code));
  return items.map((item) => (codes.has(item.parent ?? '') ? item : { ...item, parent: null }));
}

/** The last part of an address: short, and unique within the ontology. */
function codeOf(address: string): string {
  for (const head of [national, oak]) {
    if (address.startsWith(head)) return address.slice(head.length).slice(0, 120);
  }
  return address.slice(-120);
}

/** Texts are wrapped in the source. */
function plain(text: string | undefined): string {
  return (text ?? '').replaceAll(/\s+/g, ' ').trim();
}

function sorted(years: readonly number[]): readonly number[] {
  return [...new Set(years)].toSorted((a, b) => a - b);
}
