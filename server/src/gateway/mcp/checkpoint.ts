import { type Database, limits } from '#base';
import type { Registry, SpanSink } from '#telemetry';
import type { KeyPass } from '../accounts.ts';
import { authenticate } from '../authenticate.ts';
import type { Caller } from '../caller.ts';
import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { ApiKey } from '../key-store.ts';
import { parseJson, readBody } from '../request-body.ts';
import { type ConnectPorts, connectToServer } from './connection.ts';
import { Connections } from './connections.ts';
import { mayReachServer, splitName } from './grants.ts';
import { type ServerInventory, takeInventory } from './inventory.ts';
import { type Life, lifeOf, sessionVersions, spokenVersions, statelessVersions } from './life.ts';
import {
  type Message,
  type RequestId,
  callParams,
  cancelParams,
  initializeParams,
  listParams,
  parseMessage,
  parseParams,
} from './message.ts';
import { McpMeter } from './meter.ts';
import { Offers } from './offer.ts';
import { Pins, type ToolRecord } from './pins.ts';
import type { McpPorts } from './ports.ts';
import { McpReply } from './reply.ts';
import { type Session, Sessions } from './sessions.ts';
import { ToolCall } from './tool-call.ts';
import { listTools } from './tool-list.ts';

export { mcpErrorBody, mcpMessageSchema } from './message.ts';
export type { ServerInventory } from './inventory.ts';
export type { ToolRecord } from './pins.ts';

type Given = Omit<McpPorts, 'connections' | 'offers' | 'meter'>;

export interface McpOptions extends Given {
  readonly database: Database;
  readonly environment: ConnectPorts['environment'];
  readonly registry: Registry;
  readonly spans: SpanSink;
}

/** One request whose caller, life and session are known. */
interface Asked {
  readonly caller: Caller;
  readonly key: ApiKey;
  readonly scope: string | undefined;
  readonly message: Message;
  readonly id: RequestId;
  readonly life: Life;
  readonly session: Session | undefined;
  readonly reply: McpReply;
}

const address = /^\/mcp(?:\/([a-z0-9][a-z0-9-]{0,31}))?$/;

/** Whether a path is one of ours: the merged address, or that of one server. */
export function isMcpPath(path: string): boolean {
  return address.test(path);
}

/**
 * The door for clients of MCP, in both of its lives: tools of the declared servers, each call of
 * one a passage.
 */
export class McpCheckpoint {
  readonly #ports: McpPorts;
  readonly #pins: Pins;
  readonly #sessions: Sessions;
  readonly #connections: Connections;
  /** Calls under way, by key. */
  readonly #calls = new Map<string, number>();
  #underWay = 0;

  constructor({ database, environment, registry, spans, ...given }: McpOptions) {
    const { clock, log, ledger, ruleBook } = given;
    this.#pins = new Pins(database, {
      ledger,
      log,
      policyLeaf: () => ruleBook().policyLeaf,
      nowMs: () => clock.nowMs(),
    });
    const connections = new Connections({
      clock,
      connect: async (declared) => {
        try {
          return await connectToServer(declared, { environment, version: given.version });
        } catch (error) {
          log.warn('mcp_server_unavailable', { server: declared.id });
          throw error;
        }
      },
    });
    this.#connections = connections;
    this.#sessions = new Sessions(clock);
    const offers = new Offers(this.#pins);
    const meter = new McpMeter(registry, spans, clock);
    this.#ports = { ...given, connections, offers, meter };
    registry.gauge('sekisho_mcp_connections', 'Connections to servers of tools.', () => [
      [{}, connections.size],
    ]);
    registry.gauge('sekisho_mcp_sessions', 'Sessions of clients of tools.', () => [
      [{}, this.#sessions.size],
    ]);
    registry.gauge(
      'sekisho_mcp_tools_withheld',
      'Tools that wait for an operator, or that a rule stops.',
      () => [[{}, this.#pins.withheld()]],
    );
  }

  /** @throws GatewayError when there is no request yet whose id an answer could name */
  async serve(caller: Caller, path: string): Promise<void> {
    this.#checkOrigin(caller);
    const key = this.#keyOf(caller);
    const scope = address.exec(path)?.[1];
    const { method } = caller.request;
    if (method === 'POST') return this.#post(caller, key, scope);
    if (method === 'DELETE') {
      this.#sessions.close(this.#sessionOf(caller, key, scope));
      return caller.sendEmpty(204);
    }
    // No stream of a server's own is offered: everything is said in answer to a request.
    throw new GatewayError('method_not_allowed', { headers: { allow: 'POST, DELETE' } });
  }

  /** What the declared servers offer, and what is on record of it. */
  inventory(): Promise<readonly ServerInventory[]> {
    return takeInventory(this.#ports, this.#pins);
  }

  /** @returns undefined when no such definition waits; it is recorded before it takes effect */
  accept(
    of: { readonly server: string; readonly tool: string; readonly sha256: string },
    by: string,
  ): Promise<ToolRecord | undefined> {
    return this.#pins.accept(of, by);
  }

  /** Another rule book is in force. */
  reloaded(): void {
    this.#connections.keepOnly(this.#ports.ruleBook().policy.document.mcp?.servers ?? []);
  }

  /** Ends the connections to servers, and the processes of local ones. */
  async close(): Promise<void> {
    await this.#connections.close();
    this.#pins.close();
  }

  #keyOf(caller: Caller): ApiKey {
    try {
      return authenticate(this.#ports.keys, caller);
    } catch (cause) {
      const headers = { 'www-authenticate': 'Bearer' };
      throw new GatewayError('invalid_api_key', { headers, cause });
    }
  }

  /** A page of a stranger's that a browser shows may not call here with what the browser knows. */
  #checkOrigin(caller: Caller): void {
    const origin = caller.header('origin');
    if (origin === undefined) return;
    const own = new URL(this.#ports.baseUrl()).origin;
    const named = this.#ports.ruleBook().policy.document.mcp?.origins ?? [];
    if (origin !== own && !named.includes(origin)) throw new GatewayError('mcp_origin_refused');
  }

  #sessionOf(caller: Caller, key: ApiKey, scope: string | undefined): Session {
    const id = caller.header('mcp-session-id');
    if (id === undefined) throw new GatewayError('mcp_session_missing');
    const session = this.#sessions.find(id, { key: key.id, scope });
    if (session === undefined) throw new GatewayError('mcp_session_unknown');
    const version = caller.header('mcp-protocol-version');
    if (version !== undefined && version !== session.version) {
      throw new GatewayError('mcp_header_mismatch', { param: 'mcp-protocol-version' });
    }
    return session;
  }

  async #post(caller: Caller, key: ApiKey, scope: string | undefined): Promise<void> {
    const type = caller.header('content-type') ?? '';
    if (!/^application\/json\s*(;|$)/i.test(type)) throw new GatewayError('unsupported_media_type');
    const message = parseMessage(parseJson(await readBody(caller.request)).value);
    const { id, method } = message;
    const serverInfo = this.#serverInfo();
    let reply =
      id === undefined ? undefined : new McpReply(caller, { id, life: undefined, serverInfo });
    try {
      const life = lifeOf(message, caller);
      const session =
        life === 'session' && method !== 'initialize'
          ? this.#sessionOf(caller, key, scope)
          : undefined;
      if (id === undefined) return this.#notified(caller, message, session);
      reply = new McpReply(caller, { id, life, serverInfo });
      await this.#answer({ caller, key, scope, message, id, life, session, reply });
    } catch (error) {
      if (!(error instanceof GatewayError) || reply === undefined || caller.answering) throw error;
      this.#ports.observer.refused(error.code);
      if (error.code === 'ledger_unavailable') this.#ports.log.error('ledger_unavailable');
      const versions = error.code === 'mcp_version_unsupported' ? spokenVersions(message) : {};
      reply.error(error, { meta: versions });
    }
  }

  #notified(caller: Caller, message: Message, session: Session | undefined): void {
    if (message.method === 'notifications/cancelled' && session !== undefined) {
      session.calls.get(parseParams(cancelParams, message).requestId)?.abort();
    }
    caller.sendEmpty(202);
  }

  async #answer(asked: Asked): Promise<void> {
    const { message, life, reply } = asked;
    switch (message.method) {
      case 'tools/call':
        return this.#call(asked);
      case 'tools/list':
        return this.#list(asked);
      case 'initialize':
        if (life === 'session') return this.#initialize(asked);
        break;
      case 'ping':
        if (life === 'session') return reply.result({});
        break;
      case 'server/discover':
        if (life === 'stateless') return this.#discover(asked);
        break;
      default:
    }
    const error = new GatewayError('mcp_method_unknown');
    this.#ports.observer.refused(error.code);
    reply.error(error);
  }

  #initialize({ message, key, scope, reply }: Asked): void {
    this.#checkScope(key, scope);
    const { protocolVersion } = parseParams(initializeParams, message);
    // Whoever wants another revision is told ours, and may leave.
    const version = sessionVersions.find((of) => of === protocolVersion) ?? sessionVersions[0];
    const session = this.#sessions.open({ key: key.id, scope, version });
    reply.result(
      {
        protocolVersion: version,
        capabilities: { tools: {} },
        serverInfo: this.#serverInfo(),
      },
      { headers: { 'mcp-session-id': session.id } },
    );
  }

  #discover({ key, scope, reply }: Asked): void {
    this.#checkScope(key, scope);
    reply.result({
      supportedVersions: [...statelessVersions],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: 'private',
    });
  }

  async #list({ caller, key, scope, life, message, reply }: Asked): Promise<void> {
    const { cursor } = parseParams(listParams, message);
    // The list is one page, so nobody was given a cursor.
    if (cursor !== undefined) throw new GatewayError('invalid_value', { param: 'params.cursor' });
    this.#checkScope(key, scope);
    const pass = this.#ports.accounts.admitKey(key, freeRequest);
    try {
      const book = this.#ports.ruleBook();
      const list = await listTools(this.#ports, {
        key,
        book,
        scope,
        life,
        signal: caller.leftSignal,
      });
      reply.result(list, { headers: pass.headers() });
    } finally {
      pass.close();
    }
  }

  async #call({ caller, key, scope, message, id, life, session, reply }: Asked): Promise<void> {
    const { name, arguments: args, _meta: meta } = parseParams(callParams, message);
    const target = splitName(scope === undefined ? name : `${scope}__${name}`);
    if (target === undefined) throw new GatewayError('mcp_tool_unknown');
    const wants = /text\/event-stream/i.test(caller.header('accept') ?? '');
    const token = wants ? meta?.progressToken : undefined;
    const leave = this.#enter(key, session, id);
    let pass: KeyPass | undefined;
    try {
      pass = this.#ports.accounts.admitKey(key, freeRequest);
      const call: ToolCall = await ToolCall.open(this.#ports, {
        caller,
        pass,
        book: this.#ports.ruleBook(),
        revision: session?.version ?? statelessVersions[0],
        sessions: life === 'session',
        ...target,
        args: args as JsonObject,
        signal: AbortSignal.any([caller.leftSignal, leave.signal]),
        onProgress:
          token === undefined
            ? undefined
            : (progress) => reply.progress(token, progress, () => call.headers()),
      });
      const answer = await call.run();
      const sent = { headers: call.headers(), meta: call.receipt() };
      if (answer.kind === 'result') reply.result(answer.result, sent);
      else if (answer.kind === 'error') reply.error(answer.error, sent);
      else reply.none();
    } finally {
      pass?.close();
      leave.done();
    }
  }

  /** @throws GatewayError `too_many_requests`; `mcp_message_invalid` for an id that is under way */
  #enter(
    key: ApiKey,
    session: Session | undefined,
    id: RequestId,
  ): { readonly signal: AbortSignal; readonly done: () => void } {
    const mine = this.#calls.get(key.id) ?? 0;
    if (this.#underWay >= limits.mcpCalls || mine >= limits.mcpCallsPerKey) {
      throw new GatewayError('too_many_requests');
    }
    if (session?.calls.has(id) === true) {
      throw new GatewayError('mcp_message_invalid', { param: 'id' });
    }
    const controller = new AbortController();
    this.#underWay++;
    this.#calls.set(key.id, mine + 1);
    session?.calls.set(id, controller);
    const done = (): void => {
      this.#underWay--;
      session?.calls.delete(id);
      const left = (this.#calls.get(key.id) ?? 1) - 1;
      if (left === 0) this.#calls.delete(key.id);
      else this.#calls.set(key.id, left);
    };
    return { signal: controller.signal, done };
  }

  /** The address of a server that a key may call nothing of is closed to it, there or not. */
  #checkScope(key: ApiKey, scope: string | undefined): void {
    if (scope === undefined || mayReachServer(key.terms, scope)) return;
    const detail = `sekisho key set ${key.id} --mcp ${scope}__*`;
    throw new GatewayError('mcp_tool_not_allowed', { detail });
  }

  #serverInfo(): JsonObject {
    return { name: 'sekisho', title: 'Sekisho', version: this.#ports.version };
  }
}

/** A tool has no tokens and no price: what counts is that somebody asked. */
const freeRequest = { model: 'mcp', inputTokens: 0, outputTokens: 0 } as const;
