import type { KeyTerms } from '../key-terms.ts';

/** A tool as a client names it at the merged address. */
export function joinedName(server: string, tool: string): string {
  return `${server}__${tool}`;
}

/** @returns undefined for a name without a server's id before two underscores */
export function splitName(
  name: string,
): { readonly server: string; readonly tool: string } | undefined {
  const found = /^([a-z0-9][a-z0-9-]{0,31})__([A-Za-z0-9_.-]{1,128})$/.exec(name);
  return found === null ? undefined : { server: found[1]!, tool: found[2]! };
}

/** Whether a key may call a tool. What is not named is not allowed. */
export function mayCall({ mcp }: Pick<KeyTerms, 'mcp'>, server: string, tool: string): boolean {
  return mcp.includes(joinedName(server, '*')) || mcp.includes(joinedName(server, tool));
}

/** Whether a key may call anything of a server. */
export function mayReachServer({ mcp }: Pick<KeyTerms, 'mcp'>, server: string): boolean {
  return mcp.some((grant) => splitGrant(grant) === server);
}

/** The server that a grant is about. */
function splitGrant(grant: string): string {
  return grant.slice(0, grant.indexOf('__'));
}
