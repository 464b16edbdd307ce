import { type Database, limits } from '#base';
import { z } from 'zod';
import { classId } from '../key-terms.ts';

const id = z.string().regex(classId, 'use 1 to 64 of a-z 0-9 . _ -');

/** What a teacher may set. */
export const classSettingsSchema = z.strictObject({
  /** What people call it; names of persons do not belong here. */
  title: z.string().trim().min(1).max(100),
  /** The id of a country pack of the rule book. */
  pack: id,
  /** Year of schooling: 1 is the first year of primary school, 0 what comes before it. */
  year: z.int().min(0).max(20),
  /** A subject of the pack; null where any may be asked about. */
  subject: id.nullable().default(null),
  /** Hints and questions back instead of solutions. */
  scaffold: z.boolean().default(false),
  /** Whether pupils see the notes beside an answer. */
  notesToPupil: z.boolean().default(true),
});
export const newClassSchema = classSettingsSchema.extend({ id });

/** A class by its settings: no pupil stands in it, keys name it. */
export interface SchoolClass extends Readonly<z.infer<typeof classSettingsSchema>> {
  readonly id: string;
}

/** Classes and their settings, each of which is on record before it is here. */
export class ClassStore {
  readonly #database: Database;
  readonly #classes = new Map<string, SchoolClass>();

  constructor(database: Database) {
    this.#database = database;
    database.exec(`CREATE TABLE IF NOT EXISTS school_class (
      id TEXT PRIMARY KEY, settings TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
    const rows = database.prepare('SELECT id, settings FROM school_class').all() as {
      id: string;
      settings: string;
    }[];
    for (const { id: of, settings } of rows) {
      this.#classes.set(of, { id: of, ...classSettingsSchema.parse(JSON.parse(settings)) });
    }
  }

  get(of: string): SchoolClass | undefined {
    return this.#classes.get(of);
  }

  list(): readonly SchoolClass[] {
    return [...this.#classes.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  get full(): boolean {
    return this.#classes.size >= limits.classes;
  }

  put(one: SchoolClass): void {
    const { id: of, ...settings } = one;
    this.#database
      .prepare('INSERT OR REPLACE INTO school_class (id, settings) VALUES (?, ?)')
      .run(of, JSON.stringify(settings));
    this.#classes.set(of, one);
  }

  remove(of: string): void {
    this.#database.prepare('DELETE FROM school_class WHERE id = ?').run(of);
    this.#classes.delete(of);
  }
}
