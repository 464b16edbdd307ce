import { limits } from '#base';
import type { DeclaredMcpServer } from '#policy';
import type { RuleBook } from '../admission.ts';
import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { ApiKey } from '../key-store.ts';
import { joinedName, mayCall, mayReachServer } from './grants.ts';
import type { Life } from './life.ts';
import { shownDefinition } from './offer.ts';
import type { McpPorts } from './ports.ts';
import { McpServerError } from './server-error.ts';

export interface ListRequest {
  readonly key: ApiKey;
  readonly book: RuleBook;
  /** One server's own address; undefined for the merged one. */
  readonly scope: string | undefined;
  readonly life: Life;
  readonly signal: AbortSignal;
}

/**
 * What a key may call, as the servers offer it now. Tools that are withheld are not there. At the
 * merged address a server that is away is named in `_meta`, and the others are listed.
 * @throws GatewayError
 */
export async function listTools(ports: McpPorts, asked: ListRequest): Promise<JsonObject> {
  const { key, book, scope, life } = asked;
  const declared = (book.policy.document.mcp?.servers ?? []).filter(
    ({ id }) => mayReachServer(key.terms, id) && (scope === undefined || id === scope),
  );
  if (scope !== undefined && declared.length === 0) {
    throw new GatewayError('mcp_server_unavailable');
  }
  const lists = await Promise.all(declared.map((server) => toolsOf(ports, asked, server)));
  const away = declared.filter((_server, i) => lists[i] === undefined).map(({ id }) => id);
  if (scope !== undefined && away.length > 0) throw new GatewayError('mcp_server_unavailable');
  return {
    tools: lists.flatMap((tools) => tools ?? []),
    ...(life === 'stateless' ? { ttlMs: limits.mcpListAgeMs, cacheScope: 'private' } : {}),
    ...(away.length === 0 ? {} : { _meta: { 'sekisho/unavailable': away } }),
  };
}

/** @returns undefined for a server that is away */
async function toolsOf(
  ports: McpPorts,
  { key, book, scope, life, signal }: ListRequest,
  server: DeclaredMcpServer,
): Promise<readonly JsonObject[] | undefined> {
  let failure: McpServerError | undefined;
  const held = await ports.connections.acquire(server, key.id).catch((error: unknown) => {
    if (error instanceof McpServerError) return undefined;
    throw error;
  });
  if (held === undefined) return undefined;
  try {
    const offered = await ports.offers.of(book, server, { held, maxAgeMs: 0, signal });
    return offered.flatMap(({ definition, state }) => {
      const tool = definition['name'] as string;
      if (state !== 'pinned' || !mayCall(key.terms, server.id, tool)) return [];
      const name = scope === undefined ? joinedName(server.id, tool) : tool;
      return [shownDefinition(definition, name, life === 'session')];
    });
  } catch (error) {
    if (!(error instanceof McpServerError)) {
      throw new GatewayError('ledger_unavailable', { cause: error });
    }
    failure = error;
    return undefined;
  } finally {
    held.release(failure);
  }
}
