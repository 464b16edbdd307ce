import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, type Database, limits } from '#base';
import { type ConversationState, type Level, freshConversation, highest } from '#school';
import type { ConversationMarks } from '../conversation.ts';

/** Why a passage was withheld: from then on its conversation is not what it was. */
export interface Withheld {
  readonly passage: string;
  readonly level: Level;
  /** Whether the conversation is closed until a teacher has released it. */
  readonly locks: boolean;
}

interface Known {
  state: ConversationState;
  /** Marks of the questions that were looked at, the newest last. */
  readonly looked: readonly string[];
}

/**
 * How far the school's rules have gone in each conversation. What was found is remembered for a
 * time and in bounded memory; that something was withheld outlives a restart. A conversation is
 * known by a keyed hash alone, of which the pupil's key is part.
 */
export class ConversationLevels {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #secret: Uint8Array;
  /** In the order in which they were used. */
  readonly #known = new Map<string, Known>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(`CREATE TABLE IF NOT EXISTS class_withheld (
      passage TEXT PRIMARY KEY, conversation TEXT NOT NULL, level INTEGER NOT NULL,
      locks INTEGER NOT NULL, at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    database.exec('CREATE INDEX IF NOT EXISTS class_withheld_of ON class_withheld (conversation)');
    database.exec(
      'CREATE TABLE IF NOT EXISTS class_secret (one INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT',
    );
    database
      .prepare('INSERT OR IGNORE INTO class_secret (one, secret) VALUES (1, ?)')
      .run([randomBytes(32)]);
    const row = database.prepare('SELECT secret FROM class_secret WHERE one = 1').get() as {
      readonly secret: Uint8Array;
    };
    this.#secret = row.secret;
    this.#dropOld();
  }

  /** @returns a name that says nothing about key or text */
  nameOf({ keyId, stated, opening }: ConversationMarks): string {
    const marks = stated === undefined ? ['opening', ...opening] : ['stated', stated];
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([keyId, ...marks]))
      .digest('base64url');
  }

  /** Which of the questions nobody has looked at: they come again with every turn. */
  unlooked(name: string, questions: readonly string[]): readonly string[] {
    const looked = new Set(this.#known.get(name)?.looked);
    return questions.filter((question) => !looked.has(this.#markOf(question)));
  }

  /** They were looked at, and what was found in them is in the state. */
  look(name: string, questions: readonly string[]): void {
    const { state = freshConversation, looked = [] } = this.#known.get(name) ?? {};
    const marks = questions.map((question) => this.#markOf(question));
    const all = [...new Set([...looked, ...marks])].slice(-2 * (limits.classEarlierQuestions + 1));
    this.#remember(name, { state, looked: all });
  }

  #markOf(question: string): string {
    const mac = createHmac('sha256', this.#secret).update(`question ${question}`);
    return mac.digest('base64url').slice(0, 16);
  }

  /** @returns undefined where nothing is remembered of what was found */
  stateOf(name: string): ConversationState | undefined {
    return this.#known.get(name)?.state;
  }

  /** The highest level at which something of it is withheld. */
  withheld(name: string): { readonly level: Level; readonly locked: boolean } {
    const rows = this.#database
      .prepare('SELECT level, locks FROM class_withheld WHERE conversation = ?')
      .all(name) as { level: Level; locks: number }[];
    return {
      level: highest(rows.map(({ level }) => level)),
      locked: rows.some(({ locks }) => locks === 1),
    };
  }

  /** Everything that is withheld, whichever conversation it is of. */
  withheldPassages(): readonly string[] {
    const rows = this.#database.prepare('SELECT passage FROM class_withheld').all() as {
      passage: string;
    }[];
    return rows.map(({ passage }) => passage);
  }

  /** Two answers of one conversation may end at once: what either found counts. */
  raise(name: string, { level, seen }: ConversationState): void {
    const before = this.#known.get(name)?.state ?? freshConversation;
    const rules = new Set([...Object.keys(before.seen), ...Object.keys(seen)]);
    const state: ConversationState = {
      level: highest([before.level, level]),
      seen: Object.fromEntries(
        [...rules].map((rule) => [rule, Math.max(before.seen[rule] ?? 0, seen[rule] ?? 0)]),
      ),
    };
    this.#remember(name, { state, looked: this.#known.get(name)?.looked ?? [] });
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size <= limits.classConversations) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
  }

  withhold(name: string, { passage, level, locks }: Withheld): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO class_withheld (passage, conversation, level, locks, at_ms)
         VALUES (?, ?, ?, ?, ?)`,
      )
      .run(passage, name, level, locks ? 1 : 0, this.#clock.nowMs());
  }

  /**
   * A teacher has released what was withheld. With the last of a conversation its level falls,
   * which nothing but a person's recorded decision makes it do.
   */
  release(passage: string): void {
    const row = this.#database
      .prepare('DELETE FROM class_withheld WHERE passage = ? RETURNING conversation')
      .get(passage) as { readonly conversation: string } | undefined;
    if (row === undefined) return;
    const { conversation: name } = row;
    const known = this.#known.get(name);
    if (known === undefined || this.withheld(name).level > 0) return;
    // What the teacher has let through comes again with the next turn, and is not held once more.
    this.#known.set(name, { ...known, state: freshConversation });
  }

  /** What is erased leaves no trace here either. */
  forget(passages: readonly string[]): void {
    for (const passage of passages) this.release(passage);
  }

  #dropOld(): void {
    const beforeMs = this.#clock.nowMs() - limits.classHoldDays * 86_400_000;
    this.#database.prepare('DELETE FROM class_withheld WHERE at_ms < ?').run(beforeMs);
  }
}
