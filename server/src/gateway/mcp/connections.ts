import { type Clock, limits } from '#base';
import type { DeclaredMcpServer } from '#policy';
import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { ToolConnection } from './connection.ts';
import { McpServerError } from './server-error.ts';

/** Whose connection it is, when it is the checkpoint's own: to see what a server offers. */
export const ownConnection = '';

interface Held {
  readonly declaration: string;
  readonly server: string;
  readonly opening: Promise<ToolConnection>;
  users: number;
  lastMs: number;
  /** Nobody may take it any more; it closes when its last user lets go. */
  retired: boolean;
  /** What it listed last. */
  list: { readonly tools: readonly JsonObject[]; readonly atMs: number } | undefined;
}

/** A connection that is held for as long as it is used. */
export interface HeldConnection {
  readonly connection: ToolConnection;
  /** What the server offers, asked anew when the last answer is older than that. */
  tools(maxAgeMs: number, signal: AbortSignal): Promise<readonly JsonObject[]>;
  /** @param failure what it ended with, if it did: such a connection is not used again */
  release(failure?: McpServerError): void;
}

export interface ConnectionPorts {
  readonly connect: (declared: DeclaredMcpServer) => Promise<ToolConnection>;
  readonly clock: Clock;
}

/**
 * Connections to servers of tools: one for each key and server, so that nothing a server remembers
 * of one key is seen by another. A server that failed is left alone, for longer each time.
 */
export class Connections {
  readonly #ports: ConnectionPorts;
  readonly #held = new Map<string, Held>();
  readonly #failures = new Map<string, { count: number; untilMs: number }>();
  readonly #sweep: NodeJS.Timeout;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.#sweep = setInterval(() => this.#closeIdle(), limits.mcpConnectionIdleMs / 10).unref();
  }

  get size(): number {
    return this.#held.size;
  }

  /** @throws McpServerError `unavailable`; GatewayError `too_many_requests` */
  async acquire(declared: DeclaredMcpServer, key: string): Promise<HeldConnection> {
    const declaration = JSON.stringify(declared);
    const name = `${key} ${declaration}`;
    let held = this.#held.get(name);
    if (held === undefined) {
      this.#checkBackOff(declared.id);
      this.#makeRoom();
      held = this.#open(name, declared, declaration);
    }
    const mine = held;
    mine.users++;
    mine.lastMs = this.#ports.clock.monotonicMs();
    const release = (failure?: McpServerError): void => {
      mine.users--;
      mine.lastMs = this.#ports.clock.monotonicMs();
      if (failure?.code === 'unavailable' && !mine.retired) this.#failed(declared.id);
      if (failure?.code === 'unavailable' || failure?.code === 'failed') mine.retired = true;
      if (mine.retired) this.#retire(name, mine);
    };
    try {
      const connection = await mine.opening;
      return { connection, tools: (...asked) => this.#tools(mine, connection, ...asked), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Servers that are no longer declared so are let go, once nobody uses them. */
  keepOnly(declared: readonly DeclaredMcpServer[]): void {
    const known = new Set(declared.map((one) => JSON.stringify(one)));
    for (const [name, held] of this.#held) {
      if (!known.has(held.declaration)) this.#retire(name, held);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#held].map(([name, held]) => this.#drop(name, held)));
  }

  #open(name: string, declared: DeclaredMcpServer, declaration: string): Held {
    const opening = this.#ports.connect(declared);
    const held: Held = {
      declaration,
      server: declared.id,
      opening,
      users: 0,
      lastMs: this.#ports.clock.monotonicMs(),
      retired: false,
      list: undefined,
    };
    this.#held.set(name, held);
    void this.#watch(name, held);
    return held;
  }

  /** Forgets a connection when it ends, and notes whether that was a failure. */
  async #watch(name: string, held: Held): Promise<void> {
    const openedMs = held.lastMs;
    const connection = await held.opening.catch(() => undefined);
    await connection?.closed;
    const wasHeld = this.#held.get(name) === held;
    if (wasHeld) this.#held.delete(name);
    held.retired = true;
    const livedMs = this.#ports.clock.monotonicMs() - openedMs;
    if (livedMs >= limits.mcpRestartMaxMs) this.#failures.delete(held.server);
    // One that we closed ourselves did not fail.
    if (wasHeld || connection === undefined) this.#failed(held.server);
    await connection?.close();
  }

  async #tools(
    held: Held,
    connection: ToolConnection,
    maxAgeMs: number,
    signal: AbortSignal,
  ): Promise<readonly JsonObject[]> {
    const nowMs = this.#ports.clock.monotonicMs();
    if (held.list !== undefined && nowMs - held.list.atMs < maxAgeMs) return held.list.tools;
    const tools = await connection.listTools(signal);
    held.list = { tools, atMs: this.#ports.clock.monotonicMs() };
    return tools;
  }

  #checkBackOff(server: string): void {
    const failure = this.#failures.get(server);
    if (failure === undefined || this.#ports.clock.monotonicMs() >= failure.untilMs) return;
    throw new McpServerError('unavailable', `couldn't reach ${server}: it failed a moment ago`);
  }

  #failed(server: string): void {
    const count = (this.#failures.get(server)?.count ?? 0) + 1;
    const waitMs = Math.min(limits.mcpRestartMs * 2 ** (count - 1), limits.mcpRestartMaxMs);
    const untilMs = this.#ports.clock.monotonicMs() + waitMs;
    this.#failures.set(server, { count, untilMs });
  }

  /** The connection that was not used for longest makes way. */
  #makeRoom(): void {
    if (this.#held.size < limits.mcpConnections) return;
    const idle = [...this.#held].filter(([, { users }]) => users === 0);
    const [oldest] = idle.toSorted(([, a], [, b]) => a.lastMs - b.lastMs);
    if (oldest === undefined) throw new GatewayError('too_many_requests');
    void this.#drop(...oldest);
  }

  #closeIdle(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const [name, held] of this.#held) {
      const idleMs = nowMs - held.lastMs;
      if (held.users === 0 && idleMs >= limits.mcpConnectionIdleMs) void this.#drop(name, held);
    }
  }

  #retire(name: string, held: Held): void {
    held.retired = true;
    if (this.#held.get(name) === held) this.#held.delete(name);
    if (held.users === 0) void this.#drop(name, held);
  }

  async #drop(name: string, held: Held): Promise<void> {
    if (this.#held.get(name) === held) this.#held.delete(name);
    await held.opening.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }
}
