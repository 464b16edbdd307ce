import { SchoolError } from '../errors.ts';
import type { Item, Manifest } from '../schema.ts';
import { type Imported, type ImportedFile, hashOf } from './imported.ts';
import { type Graph, readTurtle } from './turtle.ts';

// Germany: the Lehrplan ontology of the sixteen states. What is published is the vocabulary
// (subjects, years, kinds of curricular elements); statements of a state's curriculum that are
// described with it are read by the same properties.

const lehrplan = 'https://w3id.org/lehrplan/ontology/';
const rdfs = 'http://www.w3.org/2000/01/rdf-schema#';
const type = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const terms = {
  schoolSubject: `${lehrplan}LP_0000001`,
  yearLevel: `${lehrplan}LP_0000009`,
  /** Curricular elements, and areas (Bereiche) of a curriculum. */
  elements: [`${lehrplan}LP_0000261`, `${lehrplan}LP_0000349`, `${lehrplan}LP_0000342`],
  hasSubject: `${lehrplan}LP_0000537`,
  hasYear: `${lehrplan}LP_0000026`,
  parts: [`${lehrplan}LP_0000008`, 'http://purl.obolibrary.org/obo/BFO_0000051'],
  number: 'http://purl.org/dc/terms/identifier',
} as const;

const source = {
  id: 'lehrplan',
  title: 'Lehrplan-Ontologie',
  publisher: 'DINI-AG KIM; FWU',
  url: 'https://w3id.org/lehrplan/ontology/',
  licence: 'CC-BY-SA-4.0',
  attribution: 'Lehrplan Ontology, https://w3id.org/lehrplan/ontology (CC BY-SA 4.0)',
  changes: 'subjects and curricular elements turned into rows',
} as const;

/** The ontology, and any files that describe a curriculum with it. */
export function importLehrplan(files: readonly ImportedFile[]): Imported {
  const graph = readTurtle(files.map(({ text }) => text));
  const kinds = new Kinds(graph);
  const subjects = new Map<string, Manifest['subjects'][number]>();
  for (const address of kinds.individuals(terms.schoolSubject)) {
    const title = labelOf(graph, address);
    if (title === undefined) continue;
    const id = `s-${tail(address).toLowerCase()}`.replaceAll(/[^a-z0-9._-]/g, '-').slice(0, 64);
    subjects.set(address, {
      id,
      title: { de: title, en: enOf(graph, address) ?? title },
      also: [],
    });
  }
  if (subjects.size === 0) throw new SchoolError('pack_invalid', `${files[0]?.name}: no subjects`);
  const items = itemsOf(graph, kinds, subjects);
  const leftOut = items.length > 0 ? [] : ['the files hold no statements of a curriculum'];
  return {
    source: { ...source, ...hashOf(files) },
    rows: { items },
    subjects: [...subjects.values()],
    leftOut,
  };
}

/** Which individuals are of a class or of one below it. */
class Kinds {
  readonly #graph: Graph;
  readonly #below = new Map<string, string[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const subject of graph.subjects()) {
      for (const { value } of graph.all(subject, `${rdfs}subClassOf`)) {
        this.#below.set(value, [...(this.#below.get(value) ?? []), subject]);
      }
    }
  }

  individuals(...classes: readonly string[]): readonly string[] {
    const wanted = new Set<string>();
    const open = [...classes];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (wanted.has(next)) continue;
      wanted.add(next);
      open.push(...(this.#below.get(next) ?? []));
    }
    return [...this.#graph.subjects()].filter((subject) =>
      this.#graph.all(subject, type).some(({ value }) => wanted.has(value)),
    );
  }
}

function itemsOf(
  graph: Graph,
  kinds: Kinds,
  subjects: ReadonlyMap<string, Manifest['subjects'][number]>,
): readonly Item[] {
  const elements = kinds.individuals(...terms.elements);
  const known = new Set(elements.filter((address) => labelOf(graph, address) !== undefined));
  const parents = new Map<string, string>();
  for (const whole of known) {
    for (const property of terms.parts) {
      for (const { value } of graph.all(whole, property)) parents.set(value, whole);
    }
  }
  return [...known].map((address) => {
    const parent = parents.get(address);
    const subject = nearest(address, parents, (at) => graph.one(at, terms.hasSubject));
    const year = nearest(address, parents, (at) => graph.one(at, terms.hasYear));
    const number = year === undefined ? Number.NaN : Number(graph.one(year, terms.number));
    return {
      code: tail(address),
      text: labelOf(graph, address)!,
      years: Number.isInteger(number) && number >= 1 && number <= 13 ? [number] : [],
      subject: subjects.get(subject ?? '')?.id ?? null,
      parent: parent === undefined ? null : tail(parent),
      prerequisites: [],
      source: source.id,
    };
  });
}

/** Subject and year are often said at the top of a curriculum alone. */
function nearest(
  address: string,
  parents: ReadonlyMap<string, string>,
  said: (at: string) => string | undefined,
): string | undefined {
  const seen = new Set<string>();
  for (let at: string | undefined = address; at !== undefined; at = parents.get(at)) {
    if (seen.has(at)) return undefined;
    seen.add(at);
    const found = said(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function labelOf(graph: Graph, address: string): string | undefined {
  const labels = graph.all(address, `${rdfs}label`);
  const found = (labels.find(({ language }) => language === 'de') ?? labels[0])?.value;
  // Which list of subjects a name is from is no part of the name.
  return found?.replace(/ \(KIM-Schulfach\)$/, '');
}

function enOf(graph: Graph, address: string): string | undefined {
  return graph.all(address, `${rdfs}label`).find(({ language }) => language === 'en')?.value;
}

function tail(address: string): string {
  return (/[^/#]+$/.exec(address)?.[0] ?? address).slice(0, 120);
}
