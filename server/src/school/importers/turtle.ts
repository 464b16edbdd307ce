import { Parser } from 'n3';
import { SchoolError } from '../errors.ts';

/** One statement's object: an address, a literal, or the name of a blank node. */
export interface Term {
  readonly kind: 'address' | 'literal' | 'blank';
  readonly value: string;
  readonly language: string;
}

/** Statements by subject and predicate. */
export class Graph {
  readonly #bySubject = new Map<string, Map<string, Term[]>>();

  add(subject: string, predicate: string, object: Term): void {
    let about = this.#bySubject.get(subject);
    if (about === undefined) this.#bySubject.set(subject, (about = new Map()));
    const objects = about.get(predicate);
    if (objects === undefined) about.set(predicate, [object]);
    else objects.push(object);
  }

  /** In the order of the file. */
  subjects(): IterableIterator<string> {
    return this.#bySubject.keys();
  }

  all(subject: string, predicate: string): readonly Term[] {
    return this.#bySubject.get(subject)?.get(predicate) ?? [];
  }

  /** The first value, or undefined. */
  one(subject: string, predicate: string): string | undefined {
    return this.all(subject, predicate)[0]?.value;
  }

  has(subject: string, predicate: string, value: string): boolean {
    return this.all(subject, predicate).some((object) => object.value === value);
  }
}

/** A file of linked data may not be larger; the largest course of study has 900,000 statements. */
const mostStatements = 5_000_000;

/**
 * Reads Turtle (W3C RDF 1.1), one file or several into one graph.
 * @throws SchoolError `pack_invalid` with the parser's reason, `pack_too_large`
 */
export function readTurtle(texts: readonly string[]): Graph {
  const graph = new Graph();
  let statements = 0;
  for (const text of texts) {
    try {
      for (const { subject, predicate, object } of new Parser().parse(text)) {
        if (++statements > mostStatements) throw new SchoolError('pack_too_large', 'Turtle');
        graph.add(nameOf(subject), predicate.value, {
          kind: kindOf(object.termType),
          value: object.termType === 'BlankNode' ? nameOf(object) : object.value,
          language: object.termType === 'Literal' ? object.language : '',
        });
      }
    } catch (error) {
      if (error instanceof SchoolError) throw error;
      throw new SchoolError('pack_invalid', 'no Turtle', error);
    }
  }
  return graph;
}

function nameOf(term: { readonly termType: string; readonly value: string }): string {
  return term.termType === 'BlankNode' ? `_:${term.value}` : term.value;
}

function kindOf(termType: string): Term['kind'] {
  if (termType === 'Literal') return 'literal';
  return termType === 'BlankNode' ? 'blank' : 'address';
}
