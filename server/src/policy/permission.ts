import type { Need } from './routing-schema.ts';
import type { DataClass, DeclaredMcpServer, DeclaredUpstream } from './schema.ts';

/** What a dialect cannot carry whatever the model behind it can. */
const beyond: Readonly<Record<string, readonly Need[]>> = { embedded: ['images', 'embeddings'] };

/** What of a request decides whether a model can take it. */
export interface Demands {
  readonly needs: readonly Need[];
  /** Fewer tokens than the request surely has: what exceeds the context even so is too long. */
  readonly leastTokens: number;
}

/**
 * The member of the rule book that keeps a class away from an upstream, by its path; undefined when
 * none does. Every member that is written must hold.
 */
export function forbiddenBy(dataClass: DataClass, upstream: DeclaredUpstream): string | undefined {
  const at = (member: string): string => `dataClasses.${dataClass.id}.${member}`;
  const { upstreams, jurisdictions, residencies } = dataClass;
  if (upstreams !== undefined && !upstreams.includes(upstream.id)) return at('upstreams');
  if (jurisdictions !== undefined && !jurisdictions.includes(upstream.jurisdiction)) {
    return at('jurisdictions');
  }
  if (residencies !== undefined && !residencies.includes(upstream.residency)) {
    return at('residencies');
  }
  // The schema refuses a class that says nothing; should one come here, it may go nowhere.
  if ((upstreams ?? jurisdictions ?? residencies) === undefined) return at('upstreams');
  return undefined;
}

/**
 * The member of the rule book that keeps a class away from a server of tools, by its path;
 * undefined when none does. The countries of a class hold for servers as for upstreams.
 * @param classIds ids of the data classes, least sensitive first
 */
export function forbiddenToServer(
  dataClass: DataClass,
  server: DeclaredMcpServer,
  classIds: readonly string[],
): string | undefined {
  const { jurisdictions, residencies } = dataClass;
  const highest = classIds.indexOf(server.maxClass);
  const rank = classIds.indexOf(dataClass.id);
  if (rank < 0 || rank > highest) return `mcp.servers.${server.id}.maxClass`;
  if (jurisdictions !== undefined && !jurisdictions.includes(server.jurisdiction)) {
    return `dataClasses.${dataClass.id}.jurisdictions`;
  }
  if (residencies !== undefined && !residencies.includes(server.residency)) {
    return `dataClasses.${dataClass.id}.residencies`;
  }
  return undefined;
}

/** The member that says the model cannot take the request, by its path. */
export function incapableBy(upstream: DeclaredUpstream, demands: Demands): string | undefined {
  const at = (member: string): string => `upstreams.${upstream.id}.${member}`;
  const { capabilities = {} } = upstream;
  for (const need of demands.needs) {
    if (capabilities[need] === false) return at(`capabilities.${need}`);
    if (capabilities[need] === undefined && beyond[upstream.dialect]?.includes(need) === true) {
      return at('dialect');
    }
  }
  const { contextTokens } = capabilities;
  if (contextTokens !== undefined && demands.leastTokens > contextTokens) {
    return at('capabilities.contextTokens');
  }
  return undefined;
}

/** Upstreams a class may reach: in the order of its list, or in that of their declaration. */
export function permittedUpstreams(
  dataClass: DataClass,
  declared: readonly DeclaredUpstream[],
): readonly DeclaredUpstream[] {
  const allowed = declared.filter((upstream) => forbiddenBy(dataClass, upstream) === undefined);
  const { upstreams } = dataClass;
  if (upstreams === undefined) return allowed;
  return [...new Set(upstreams)].flatMap((id) => allowed.find((one) => one.id === id) ?? []);
}
