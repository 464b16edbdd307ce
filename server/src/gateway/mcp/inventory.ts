import type { DeclaredMcpServer } from '#policy';
import { ownConnection } from './connections.ts';
import type { Pins, ToolRecord } from './pins.ts';
import type { McpPorts } from './ports.ts';
import { McpServerError } from './server-error.ts';

/** A server of tools as an operator sees it. */
export interface ServerInventory {
  readonly id: string;
  readonly transport: 'http' | 'stdio';
  readonly operator: string;
  readonly jurisdiction: string;
  readonly residency: string;
  readonly maxClass: string;
  readonly available: boolean;
  readonly tools: readonly (ToolRecord & { readonly offered: boolean })[];
}

/**
 * Asks every declared server what it offers now, by a connection of the checkpoint's own, and says
 * what is on record of it.
 */
export function takeInventory(ports: McpPorts, pins: Pins): Promise<readonly ServerInventory[]> {
  const servers = ports.ruleBook().policy.document.mcp?.servers ?? [];
  return Promise.all(servers.map((server) => inventoryOf(ports, pins, server)));
}

async function inventoryOf(
  ports: McpPorts,
  pins: Pins,
  server: DeclaredMcpServer,
): Promise<ServerInventory> {
  const offered = await offeredNames(ports, server);
  const { id, operator, jurisdiction, residency, maxClass, url } = server;
  return {
    id,
    transport: url === undefined ? 'stdio' : 'http',
    operator,
    jurisdiction,
    residency,
    maxClass,
    available: offered !== undefined,
    tools: pins
      .list(id)
      .map((record) => ({ ...record, offered: offered?.has(record.tool) ?? false })),
  };
}

async function offeredNames(
  ports: McpPorts,
  server: DeclaredMcpServer,
): Promise<ReadonlySet<string> | undefined> {
  let failure: McpServerError | undefined;
  try {
    const held = await ports.connections.acquire(server, ownConnection);
    try {
      const signal = new AbortController().signal;
      const asked = { held, maxAgeMs: 0, signal };
      const offered = await ports.offers.of(ports.ruleBook(), server, asked);
      return new Set(offered.map(({ definition }) => definition['name'] as string));
    } catch (error) {
      if (error instanceof McpServerError) failure = error;
      throw error;
    } finally {
      held.release(failure);
    }
  } catch (error) {
    if (error instanceof McpServerError) return undefined;
    throw error;
  }
}
