import type { Client, Transport } from '@modelcontextprotocol/client';
import { limits } from '#base';
import type { DeclaredMcpServer } from '#policy';
import type { Json, JsonObject } from '../json.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { McpServerError } from './server-error.ts';

/** What a tool reports while it works. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Asked for only where somebody listens. */
  readonly onProgress: ((progress: ToolProgress) => void) | undefined;
}

/** One connection to a server of tools. Nothing it says has been looked at. */
export interface ToolConnection {
  /** Fires once, whoever ended it. */
  readonly closed: Promise<void>;
  /** @throws McpServerError */
  listTools(signal: AbortSignal): Promise<readonly JsonObject[]>;
  /**
   * @param definition of the tool, as this connection listed it
   * @returns the result, or the server's own error in the shape of one
   * @throws McpServerError
   */
  callTool(definition: JsonObject, args: JsonObject, options: CallOptions): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface ConnectPorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/**
 * Connects to a server as the rule book declares it, in whichever life of MCP it speaks. A local
 * one is a process of its own, started without a shell; what it writes to its standard error goes
 * nowhere, since it may quote what it was given. The client declares no capability, so no server
 * can ask it for anything.
 * @throws McpServerError `unavailable`
 */
export async function connectToServer(
  declared: DeclaredMcpServer,
  ports: ConnectPorts,
): Promise<ToolConnection> {
  // Loaded with the first connection: a checkpoint without such servers does not pay for it.
  const sdk = await import('@modelcontextprotocol/client');
  const { transport, release } = await transportTo(declared, ports, sdk);
  const client = new sdk.Client(
    { name: 'sekisho', version: ports.version },
    {
      capabilities: {},
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: probeMs } },
      inputRequired: { autoFulfill: false },
      // A schema of a stranger's is not compiled: results are inspected as they are.
      jsonSchemaValidator: {
        getValidator: () => (input: unknown) => ({
          valid: true,
          data: input as never,
          errorMessage: undefined,
        }),
      },
    },
  );
  const closed = new Promise<void>((resolve) => {
    // oxlint-disable-next-line prefer-add-event-listener -- the client has no other way to tell
    client.onclose = resolve;
  });
  try {
    await client.connect(transport, { timeout: limits.mcpConnectMs });
  } catch {
    // What went wrong may quote the server, so it is not kept as a cause.
    await client.close().catch(() => undefined);
    await release();
    throw new McpServerError('unavailable', `couldn't reach ${declared.id}: it gave no greeting`);
  }
  return new SdkConnection({ sdk, client, transport, release, closed }, declared);
}

/** A server that answers nothing to the question which life it speaks is of the older one. */
const probeMs = 5_000;

type Sdk = typeof import('@modelcontextprotocol/client');

async function transportTo(
  declared: DeclaredMcpServer,
  { environment }: ConnectPorts,
  sdk: Sdk,
): Promise<{ readonly transport: Transport; readonly release: () => Promise<void> }> {
  const { id, url, command, tokenEnv } = declared;
  if (url !== undefined) {
    const token = tokenEnv === undefined ? undefined : environment[tokenEnv]?.trim();
    if (tokenEnv !== undefined && (token === undefined || token === '')) {
      throw new McpServerError('unavailable', `couldn't reach ${id}: ${tokenEnv} is not set`);
    }
    const mayBePrivate = declared.private ?? declared.residency === 'local';
    const guarded = guardedFetch(new URL(url), mayBePrivate);
    const transport = new sdk.StreamableHTTPClientTransport(new URL(url), {
      fetch: guarded.fetch,
      requestInit: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 1_000,
        maxReconnectionDelay: 1_000,
        reconnectionDelayGrowFactor: 1,
      },
    });
    return { transport, release: () => guarded.close() };
  }
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const passed = (declared.passEnv ?? []).flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const transport = new StdioClientTransport({
    command: command!,
    args: [...(declared.args ?? [])],
    env: { ...Object.fromEntries(passed), ...declared.env },
    stderr: 'ignore',
    maxBufferSize: limits.mcpAnswerBytes,
    ...(declared.cwd === undefined ? {} : { cwd: declared.cwd }),
  });
  return { transport, release: async () => undefined };
}

interface Parts {
  readonly sdk: Sdk;
  readonly client: Client;
  readonly transport: Transport;
  readonly release: () => Promise<void>;
  readonly closed: Promise<void>;
}

class SdkConnection implements ToolConnection {
  readonly #parts: Parts;
  readonly #declared: DeclaredMcpServer;

  constructor(parts: Parts, declared: DeclaredMcpServer) {
    this.#parts = parts;
    this.#declared = declared;
  }

  get closed(): Promise<void> {
    return this.#parts.closed;
  }

  async listTools(signal: AbortSignal): Promise<readonly JsonObject[]> {
    const { client } = this.#parts;
    if (client.getServerCapabilities()?.tools === undefined) return [];
    const found: JsonObject[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < limits.mcpListPages; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const options = { signal, timeout: limits.mcpListMs };
      // oxlint-disable-next-line no-await-in-loop -- a page names the next
      const list = await client
        .request({ method: 'tools/list', params }, options)
        .catch((error: unknown) => {
          throw this.#failure(error, signal);
        });
      for (const tool of list.tools) found.push(tool as unknown as JsonObject);
      if (found.length > limits.mcpTools) break;
      cursor = list.nextCursor;
      if (cursor === undefined) return found;
    }
    throw new McpServerError('failed', `couldn't list tools of ${this.#declared.id}: too many`);
  }

  async callTool(
    definition: JsonObject,
    args: JsonObject,
    { signal, timeoutMs, onProgress }: CallOptions,
  ): Promise<JsonObject> {
    const { name, inputSchema } = definition;
    try {
      const result = await this.#parts.client.callTool(
        { name: name as string, arguments: args },
        {
          signal,
          timeout: timeoutMs,
          resetTimeoutOnProgress: true,
          maxTotalTimeout: limits.mcpCallMaxMs,
          toolDefinition: { name: name as string, inputSchema: inputSchema as never },
          ...(onProgress === undefined ? {} : { onprogress: onProgress }),
        },
      );
      return result as unknown as JsonObject;
    } catch (error) {
      // An error that the server itself gives is an answer, to be looked at like any other.
      if (error instanceof this.#parts.sdk.ProtocolError && !signal.aborted) {
        return { isError: true, content: [{ type: 'text', text: error.message }] as Json[] };
      }
      throw this.#failure(error, signal);
    }
  }

  async close(): Promise<void> {
    const { client, transport, release } = this.#parts;
    if ('terminateSession' in transport && typeof transport.terminateSession === 'function') {
      const ended = transport.terminateSession() as Promise<void>;
      await Promise.race([ended.catch(() => undefined), pause(farewellMs)]);
    }
    await client.close().catch(() => undefined);
    await release();
  }

  #failure(error: unknown, signal: AbortSignal): McpServerError {
    const { SdkError, SdkErrorCode, ProtocolError } = this.#parts.sdk;
    const { id } = this.#declared;
    if (signal.aborted) return new McpServerError('cancelled', `stopped asking ${id}`);
    if (error instanceof ProtocolError) {
      return new McpServerError('failed', `couldn't use the answer of ${id}`);
    }
    if (error instanceof SdkError) {
      if (error.code === SdkErrorCode.RequestTimeout) {
        return new McpServerError('timeout', `couldn't wait for ${id} any longer`);
      }
      const gone: readonly string[] = [
        SdkErrorCode.NotConnected,
        SdkErrorCode.ConnectionClosed,
        SdkErrorCode.SendFailed,
      ];
      if (!gone.includes(error.code)) {
        return new McpServerError('failed', `couldn't use the answer of ${id}`);
      }
      return new McpServerError('unavailable', `couldn't reach ${id}: it is gone`);
    }
    if (error instanceof RangeError) {
      return new McpServerError('failed', `couldn't use the answer of ${id}: it is too large`);
    }
    return new McpServerError('unavailable', `couldn't reach ${id}`);
  }
}

/** Time a server is given to hear that nobody will ask it any more. */
const farewellMs = 1_000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
