import type { Caller } from '../caller.ts';
import { GatewayError } from '../errors.ts';
import { type Json, type JsonObject, isObject } from '../json.ts';
import type { Message } from './message.ts';

/**
 * MCP has two lives. Up to revision 2025-11-25 a handshake opens a session; from 2026-07-28 on each
 * request stands for itself and says its revision in `_meta`.
 */
export const sessionVersions = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;
export const statelessVersions = ['2026-07-28'] as const;
export type Life = 'session' | 'stateless';

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';
export const serverInfoKey = 'io.modelcontextprotocol/serverInfo';

/**
 * Which life a message is of, after the headers that repeat its body were found to agree with it:
 * who decides by the headers must not be told another thing than who reads the body.
 * @throws GatewayError `mcp_header_mismatch`, `mcp_version_unsupported` or `invalid_value`
 */
export function lifeOf(message: Message, caller: Caller): Life {
  const stated = metaOf(message)[versionKey];
  const header = caller.header('mcp-protocol-version');
  checkAgreement(message, caller);
  if (stated === undefined) {
    if (statelessVersions.some((version) => version === header)) {
      throw new GatewayError('invalid_value', { param: `params._meta.${versionKey}` });
    }
    return 'session';
  }
  if (typeof stated !== 'string') {
    throw new GatewayError('invalid_value', { param: `params._meta.${versionKey}` });
  }
  if (header !== undefined && header !== stated) throw mismatch('mcp-protocol-version');
  if (!statelessVersions.some((version) => version === stated)) {
    throw new GatewayError('mcp_version_unsupported', { detail: statelessVersions.join(', ') });
  }
  if (message.id === undefined) return 'stateless';
  if (header === undefined) throw mismatch('mcp-protocol-version');
  if (caller.header('mcp-method') === undefined) throw mismatch('mcp-method');
  if (nameOf(message) !== undefined && caller.header('mcp-name') === undefined) {
    throw mismatch('mcp-name');
  }
  if (!isObject(metaOf(message)[capabilitiesKey])) {
    throw new GatewayError('invalid_value', { param: `params._meta.${capabilitiesKey}` });
  }
  return 'stateless';
}

/** What a caller that spoke an unknown revision is told, as MCP has it. */
export function spokenVersions(message: Message): JsonObject {
  const stated = metaOf(message)[versionKey];
  const requested = typeof stated === 'string' ? stated.slice(0, 64) : '';
  return { supported: [...statelessVersions], requested };
}

function checkAgreement(message: Message, caller: Caller): void {
  const method = caller.header('mcp-method');
  if (method !== undefined && method !== message.method) throw mismatch('mcp-method');
  const name = caller.header('mcp-name');
  if (name !== undefined && decoded(name) !== nameOf(message)) throw mismatch('mcp-name');
  // Definitions are shown here without `x-mcp-header`, so no argument has a header of its own.
  const repeated = Object.keys(caller.request.headers).find((of) => of.startsWith('mcp-param-'));
  if (repeated !== undefined) throw mismatch('mcp-param-*');
}

function nameOf({ method, params }: Message): string | undefined {
  const name = method === 'tools/call' ? params?.['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function metaOf({ params }: Message): Readonly<Record<string, Json>> {
  const meta = params?.['_meta'] as Json | undefined;
  return isObject(meta) ? meta : {};
}

/** A value that is no plain ASCII comes as Base64 of its UTF-8 bytes, and says so. */
function decoded(value: string): string {
  const coded = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value)?.[1];
  return coded === undefined ? value : Buffer.from(coded, 'base64').toString('utf8');
}

function mismatch(param: string): GatewayError {
  return new GatewayError('mcp_header_mismatch', { param });
}
