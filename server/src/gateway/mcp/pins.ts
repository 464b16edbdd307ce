import { createHash } from 'node:crypto';
import { type Database, type Log, Statements, Turns, limits } from '#base';
import type { Draft, JsonValue, LedgerAppender } from '#ledger';
import type { DeclaredMcpServer } from '#policy';
import type { Json, JsonObject } from '../json.ts';
import { canonicalText } from './message.ts';

/**
 * - `pinned`: the definition is the one that is on record, so the tool may be used
 * - `changed`: it is another one, and the tool is withheld until an operator accepts it
 * - `stopped`: a rule of the supervisor stops its text, whoever accepts it
 * - `declared`: the rule book pins another definition
 */
export type PinState = 'pinned' | 'changed' | 'stopped' | 'declared';

export interface ToolRecord {
  readonly server: string;
  readonly tool: string;
  readonly state: PinState;
  /** Of the definition on record, and of the one that waits to be accepted. */
  readonly sha256: string;
  readonly waiting: string | null;
  /** The rules that stopped the definition that was seen last. */
  readonly rules: readonly string[];
  readonly firstSeenMs: number;
  /** The definitions themselves, as the server says them. */
  readonly definition: string;
  readonly waitingDefinition: string | null;
}

interface Row {
  readonly server: string;
  readonly tool: string;
  readonly sha256: string;
  readonly definition: string;
  readonly waiting: string | null;
  readonly waiting_definition: string | null;
  readonly state: PinState;
  readonly rules: string;
  readonly first_ms: number;
}

/** A tool as a server offers it now, and the rules that stop its text. */
export interface SeenTool {
  readonly definition: JsonObject;
  readonly rules: readonly string[];
}

export function definitionSha256(definition: JsonObject): string {
  return createHash('sha256').update(canonicalText(definition), 'utf8').digest('hex');
}

/**
 * Which definition of each tool is on record. The first one seen is pinned; another one is an
 * incident. Each step is an entry in the ledger before it takes effect.
 */
export class Pins {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #ledger: LedgerAppender;
  readonly #log: Log;
  readonly #policyLeaf: () => string;
  readonly #nowMs: () => number;
  readonly #turns = new Turns();

  constructor(
    database: Database,
    ports: {
      readonly ledger: LedgerAppender;
      readonly log: Log;
      readonly policyLeaf: () => string;
      readonly nowMs: () => number;
    },
  ) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#ledger = ports.ledger;
    this.#log = ports.log;
    this.#policyLeaf = ports.policyLeaf;
    this.#nowMs = ports.nowMs;
    database.exec(`CREATE TABLE IF NOT EXISTS mcp_tool (
      server TEXT NOT NULL, tool TEXT NOT NULL, sha256 TEXT NOT NULL, definition TEXT NOT NULL,
      waiting TEXT, waiting_definition TEXT, state TEXT NOT NULL, rules TEXT NOT NULL,
      first_ms INTEGER NOT NULL, PRIMARY KEY (server, tool)
    ) STRICT`);
  }

  list(server?: string): readonly ToolRecord[] {
    const rows = this.#statements
      .prepare('SELECT * FROM mcp_tool ORDER BY server, tool')
      .all() as Row[];
    return rows.filter((row) => server === undefined || row.server === server).map(recordOf);
  }

  /** Lets go of the database. */
  close(): void {
    this.#statements.clear();
  }

  /** How many tools are withheld, for whoever watches. */
  withheld(): number {
    const row = this.#statements
      .prepare(`SELECT count(*) AS count FROM mcp_tool WHERE state <> 'pinned'`)
      .get() as { count: number };
    return row.count;
  }

  /**
   * Compares what a server offers with what is on record.
   * @returns the state of each tool, by name
   */
  see(
    server: DeclaredMcpServer,
    tools: readonly SeenTool[],
  ): Promise<ReadonlyMap<string, PinState>> {
    return this.#turns.take(() => this.#see(server, tools));
  }

  /**
   * Puts the definition that waits in the place of the one on record.
   * @param of with the hash of what the operator has looked at
   * @returns undefined when no such definition waits
   */
  accept(
    of: { readonly server: string; readonly tool: string; readonly sha256: string },
    by: string,
  ): Promise<ToolRecord | undefined> {
    return this.#turns.take(async () => {
      const row = this.#row(of.server, of.tool);
      if (row === undefined || row.waiting !== of.sha256) return undefined;
      const { server, tool, sha256 } = of;
      const detail = { event: 'accepted', server, tool, sha256, replaced: row.sha256 };
      await this.#ledger.append([this.#recordDraft(detail, by)]);
      const state = row.state === 'changed' ? 'pinned' : row.state;
      this.#statements
        .prepare(
          `UPDATE mcp_tool SET sha256 = waiting, definition = waiting_definition, state = ?,
           waiting = NULL, waiting_definition = NULL WHERE server = ? AND tool = ?`,
        )
        .run(state, server, tool);
      return recordOf(this.#row(server, tool)!);
    });
  }

  async #see(
    server: DeclaredMcpServer,
    tools: readonly SeenTool[],
  ): Promise<ReadonlyMap<string, PinState>> {
    const states = new Map<string, PinState>();
    const drafts: Draft[] = [];
    const writes: (() => void)[] = [];
    let room: number | undefined;
    for (const { definition, rules } of tools) {
      const tool = definition['name'] as string;
      // A name that stands twice is the first of its kind: what comes later is never asked for.
      if (states.has(tool)) continue;
      const sha256 = definitionSha256(definition);
      const row = this.#row(server.id, tool);
      const state = stateOf(server, { tool, sha256, rules, row });
      const seen = { server: server.id, tool, state, sha256, rules, definition };
      if (row === undefined) {
        room ??= limits.mcpToolsOnRecord - this.#countOf(server.id);
        if (room-- <= 0) {
          states.set(tool, 'changed');
          continue;
        }
        drafts.push(this.#recordDraft({ event: 'pinned', server: server.id, tool, sha256 }));
        if (state !== 'pinned') drafts.push(this.#incident({ ...seen, pinned: null }));
        writes.push(() => this.#insert(seen));
      } else if (!isKnown(row, seen)) {
        // A tool that is withheld may say another thing each time; one incident is enough for it.
        const incident = state !== 'pinned' && state !== row.state;
        if (incident) drafts.push(this.#incident({ ...seen, pinned: row.sha256 }));
        writes.push(() => this.#update(row, seen));
      }
      states.set(tool, state);
    }
    if (drafts.length > 0) await this.#ledger.append(drafts);
    if (writes.length > 0) {
      this.#database.transaction(() => {
        for (const write of writes) write();
      })();
    }
    return states;
  }

  #countOf(server: string): number {
    const row = this.#statements
      .prepare('SELECT count(*) AS count FROM mcp_tool WHERE server = ?')
      .get(server) as { count: number };
    return row.count;
  }

  #row(server: string, tool: string): Row | undefined {
    return this.#statements
      .prepare('SELECT * FROM mcp_tool WHERE server = ? AND tool = ?')
      .get(server, tool) as Row | undefined;
  }

  #insert({ server, tool, state, sha256, rules, definition }: Seen): void {
    this.#statements
      .prepare(
        `INSERT INTO mcp_tool (server, tool, sha256, definition, state, rules, first_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(server, tool, sha256, canonicalText(definition), state, rules.join(' '), this.#nowMs());
  }

  #update(row: Row, { state, sha256, rules, definition }: Seen): void {
    const other = sha256 === row.sha256 ? null : sha256;
    this.#statements
      .prepare(
        `UPDATE mcp_tool SET state = ?, rules = ?, waiting = ?, waiting_definition = ?
         WHERE server = ? AND tool = ?`,
      )
      .run(
        state,
        rules.join(' '),
        other,
        other === null ? null : canonicalText(definition),
        row.server,
        row.tool,
      );
  }

  #recordDraft(detail: Readonly<Record<string, JsonValue>>, by?: string): Draft {
    return {
      type: 'system.record',
      decision: 'allow',
      evidenceClass: 'r2',
      refs: { policy: this.#policyLeaf() },
      fields: { ...(by === undefined ? {} : { 'system.by': by }), 'system.mcp': detail },
    };
  }

  #incident(seen: Seen & { readonly pinned: string | null }): Draft {
    const { server, tool, state, sha256, rules, pinned } = seen;
    this.#log.warn('mcp_tool_withheld', { server, tool, state });
    const note = { event: 'mcp-tool-withheld', server, tool, state, pinned, seen: sha256, rules };
    return {
      type: 'incident',
      decision: 'block',
      evidenceClass: 'r3',
      refs: { policy: this.#policyLeaf() },
      fields: { 'incident.note': note },
    };
  }
}

interface Seen {
  readonly server: string;
  readonly tool: string;
  readonly state: PinState;
  readonly sha256: string;
  readonly rules: readonly string[];
  readonly definition: JsonObject;
}

function stateOf(
  server: DeclaredMcpServer,
  seen: {
    readonly tool: string;
    readonly sha256: string;
    readonly rules: readonly string[];
    readonly row: Row | undefined;
  },
): PinState {
  if (seen.rules.length > 0) return 'stopped';
  const declared = server.pins?.find(({ tool }) => tool === seen.tool)?.sha256;
  if (declared !== undefined) return declared === seen.sha256 ? 'pinned' : 'declared';
  return seen.row === undefined || seen.row.sha256 === seen.sha256 ? 'pinned' : 'changed';
}

/** Whether the table already says so, so that one change is one incident. */
function isKnown(row: Row, { state, sha256, rules }: Seen): boolean {
  const waiting = sha256 === row.sha256 ? null : sha256;
  return row.state === state && row.waiting === waiting && row.rules === rules.join(' ');
}

function recordOf(row: Row): ToolRecord {
  return {
    server: row.server,
    tool: row.tool,
    state: row.state,
    sha256: row.sha256,
    waiting: row.waiting,
    rules: row.rules === '' ? [] : row.rules.split(' '),
    firstSeenMs: row.first_ms,
    definition: row.definition,
    waitingDefinition: row.waiting_definition,
  };
}

/** What a definition is, for a caller and for the record; the rest of it is dropped. */
export function plainDefinition(tool: JsonObject): JsonObject {
  const kept = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'];
  return Object.fromEntries(
    kept.flatMap((member): [string, Json][] => {
      const value = tool[member];
      return value === undefined ? [] : [[member, value]];
    }),
  );
}
