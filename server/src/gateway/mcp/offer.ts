import { limits } from '#base';
import type { DeclaredMcpServer } from '#policy';
import type { RuleBook } from '../admission.ts';
import { type Json, type JsonObject, isObject } from '../json.ts';
import { uncheckedRule } from '../refusal.ts';
import { textParts } from '../request-text.ts';
import type { HeldConnection } from './connections.ts';
import { canonicalText, isShallow } from './message.ts';
import {
  type PinState,
  type Pins,
  type SeenTool,
  definitionSha256,
  plainDefinition,
} from './pins.ts';

/** A tool that a server offers, with what the record says about its definition. */
export interface OfferedTool {
  readonly definition: JsonObject;
  readonly sha256: string;
  readonly state: PinState;
}

/** The tools of one server: looked at by the supervisor and compared with the record. */
export class Offers {
  readonly #pins: Pins;
  /** What was made of a list, so that each call does not look at all of it again. */
  readonly #looked = new WeakMap<readonly JsonObject[], { book: RuleBook; seen: SeenTool[] }>();

  constructor(pins: Pins) {
    this.#pins = pins;
  }

  /**
   * @param only the tool that is called; every one that is offered when left out
   * @throws McpServerError; what the ledger throws when something new cannot be recorded
   */
  async of(
    book: RuleBook,
    server: DeclaredMcpServer,
    from: {
      readonly held: HeldConnection;
      readonly maxAgeMs: number;
      readonly signal: AbortSignal;
      readonly only?: string;
    },
  ): Promise<readonly OfferedTool[]> {
    const listed = await from.held.tools(from.maxAgeMs, from.signal);
    const seen = this.#look(book, listed).filter(
      ({ definition }) => from.only === undefined || definition['name'] === from.only,
    );
    const states = await this.#pins.see(server, seen);
    const taken = new Set<string>();
    return seen.flatMap(({ definition }) => {
      const name = definition['name'] as string;
      if (taken.has(name)) return [];
      taken.add(name);
      const sha256 = definitionSha256(definition);
      return [{ definition, sha256, state: states.get(name) ?? 'changed' }];
    });
  }

  #look(book: RuleBook, listed: readonly JsonObject[]): readonly SeenTool[] {
    const known = this.#looked.get(listed);
    if (known?.book === book) return known.seen;
    const seen = listed.flatMap((tool) => {
      if (!isUsable(tool)) return [];
      const definition = plainDefinition(tool);
      return [{ definition, rules: stoppedBy(book, definition) }];
    });
    this.#looked.set(listed, { book, seen });
    return seen;
  }
}

/** A tool whose name is no name, or that is too large to be looked at, is not there. */
function isUsable(tool: JsonObject): boolean {
  const { name } = tool;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.-]{1,128}$/.test(name)) return false;
  return isShallow(tool) && canonicalText(tool).length <= limits.mcpDefinitionBytes;
}

/**
 * The rules that stop a definition. It goes into the prompt of a model, so it is looked at like any
 * other text on its way there; what a rule would mask there concerns nobody here.
 */
function stoppedBy({ supervisor }: RuleBook, definition: JsonObject): readonly string[] {
  const { decision } = supervisor.inspect('input', textParts(definition));
  if (decision.action !== 'block') return [];
  return decision.rules.length > 0 ? decision.rules : [uncheckedRule];
}

/**
 * A definition as a caller is shown it: under the name it is called by here, and in words that the
 * caller's revision of MCP knows.
 */
export function shownDefinition(
  definition: JsonObject,
  name: string,
  sessions: boolean,
): JsonObject {
  const { inputSchema, outputSchema, ...rest } = definition;
  const output = isObject(outputSchema) ? outputSchema : undefined;
  const sayable = output !== undefined && (!sessions || output['type'] === 'object');
  return {
    ...rest,
    name,
    inputSchema: withoutHeaders(inputSchema ?? { type: 'object' }),
    ...(sayable ? { outputSchema: output } : {}),
  };
}

/** No argument is repeated in a header of a request to us: headers are not supervised. */
function withoutHeaders(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(withoutHeaders);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== 'x-mcp-header')
      .map(([name, member]) => [name, withoutHeaders(member)]),
  );
}
