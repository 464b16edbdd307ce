import { type Language, limits } from '#base';
import { z } from 'zod';
import { GatewayError, type GatewayErrorCode, errorText, gatewayErrors } from '../errors.ts';
import { type Json, isObject } from '../json.ts';

/** JSON-RPC 2.0 as MCP uses it: one message a body, ids never null. */
const requestId = z.union([z.string().max(256), z.int()]);
export type RequestId = z.infer<typeof requestId>;

const messageSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: requestId.optional(),
  method: z.string().min(1).max(128),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** A request, or a notification where there is no id. Its params are parsed by method. */
export type Message = z.infer<typeof messageSchema>;

const meta = z.looseObject({ progressToken: requestId.optional() }).optional();

export const initializeParams = z.looseObject({ protocolVersion: z.string().min(1).max(64) });
export const listParams = z.strictObject({ cursor: z.string().max(256).optional(), _meta: meta });
export const callParams = z.strictObject({
  /** `server__tool` at `/mcp`, the tool's own name at `/mcp/<server>`. */
  name: z.string().min(1).max(256),
  arguments: z.record(z.string(), z.unknown()).default({}),
  _meta: meta,
});
export const cancelParams = z.looseObject({ requestId });
export type CallParams = z.infer<typeof callParams>;

/** What a client may send to `POST /mcp`, for the description of the API. */
export const mcpMessageSchema = messageSchema;

/** @throws GatewayError `mcp_message_invalid` */
export function parseMessage(value: Json): Message {
  const parsed = messageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const detail = Array.isArray(value) ? { detail: 'Send one message at a time.' } : {};
  throw new GatewayError('mcp_message_invalid', detail);
}

/** @throws GatewayError `invalid_value` that names the member at fault */
export function parseParams<S extends z.ZodType>(schema: S, message: Message): z.infer<S> {
  const parsed = schema.safeParse(message.params ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
  throw new GatewayError('invalid_value', {
    param: ['params', ...path.map(String)].join('.').slice(0, 200),
  });
}

const codes: Readonly<Partial<Record<GatewayErrorCode, number>>> = {
  invalid_json: -32700,
  invalid_utf8: -32700,
  mcp_message_invalid: -32600,
  mcp_method_unknown: -32601,
  invalid_value: -32602,
  unknown_parameter: -32602,
  missing_required_parameter: -32602,
  data_class_unknown: -32602,
  mcp_tool_unknown: -32602,
  mcp_header_mismatch: -32020,
  mcp_version_unsupported: -32022,
  internal_error: -32603,
  ledger_unavailable: -32603,
  mcp_server_unavailable: -32603,
  mcp_server_failed: -32603,
  mcp_server_timeout: -32603,
};
/** What a rule, a bound or a role refused. No code of JSON-RPC or of MCP says that. */
const refusedCode = -32050;

/** @param more what programs read beside the code: receipt, rules, versions */
export function rpcError(error: GatewayError, language: Language, more: object = {}): object {
  const { code, param } = error;
  return {
    code: codes[code] ?? refusedCode,
    message: errorText(error, language),
    data: {
      code,
      type: gatewayErrors[code].type,
      ...(param === undefined ? {} : { param }),
      ...more,
    },
  };
}

/** The shape of an error before it is known which request it answers. */
export function mcpErrorBody(error: GatewayError, language: Language): object {
  return { jsonrpc: '2.0', id: null, error: rpcError(error, language) };
}

/** Whether a value is nested no deeper than a body may be. What a server says is not trusted. */
export function isShallow(value: unknown, levels: number = limits.jsonDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((member) => isShallow(member, levels - 1));
}

/** Members in the order of their names, so that equal values have equal texts. */
export function canonicalText(value: Json): string {
  return JSON.stringify(value, (_name, member: Json) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
