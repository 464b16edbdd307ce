import { parsePolicy } from '#policy';
import { describe, expect, test } from 'vitest';
import type { ToolConnection } from '../../../src/gateway/mcp/connection.ts';
import { Connections } from '../../../src/gateway/mcp/connections.ts';
import { McpServerError } from '../../../src/gateway/mcp/server-error.ts';
import { policyWithMcp } from '../../e2e/mcp-fixture.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const declared = parsePolicy(
  policyWithMcp(`    - id: desk
      command: desk
      operator: A test
      jurisdiction: local
      residency: local
      maxClass: personal
`),
).document.mcp!.servers[0];

interface Made extends ToolConnection {
  end(): void;
  closes: number;
}

function house(up: () => boolean = () => true) {
  const clock = new ManualClock();
  const made: Made[] = [];
  const connections = new Connections({
    clock,
    connect: async () => {
      if (!up()) throw new McpServerError('unavailable', 'no');
      let end = (): void => {};
      const closed = new Promise<void>((resolve) => {
        end = resolve;
      });
      const connection: Made = {
        closed,
        end,
        closes: 0,
        listTools: async () => [],
        callTool: async () => ({}),
        close: async () => {
          connection.closes++;
          end();
        },
      };
      made.push(connection);
      return connection;
    },
  });
  return { clock, made, connections };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('connections to servers of tools', () => {
  test('are kept for each key, and never given to another', async () => {
    const { made, connections } = house();
    const first = await connections.acquire(declared, 'one');
    first.release();
    const again = await connections.acquire(declared, 'one');
    const other = await connections.acquire(declared, 'two');
    expect(again.connection).toBe(first.connection);
    expect(other.connection).not.toBe(first.connection);
    expect(made.length).toBe(2);
    await connections.close();
    expect(made.map(({ closes }) => closes > 0)).toEqual([true, true]);
  });

  test('to a server that fails are tried again after longer and longer', async () => {
    let up = false;
    const { clock, connections } = house(() => up);
    const waits: number[] = [];
    for (let passed = 0; passed < 200_000; passed += 500) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      const error = await connections.acquire(declared, 'one').catch((cause: Error) => cause);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await settle();
      if (error instanceof Error && !error.message.includes('a moment ago')) waits.push(passed);
      clock.pass(500);
    }
    const gaps = waits.slice(1).map((at, i) => at - waits[i]);
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    up = true;
    clock.pass(60_000);
    await expect(connections.acquire(declared, 'one')).resolves.toBeDefined();
    await connections.close();
  });

  test('that a server ended are forgotten, and one that was given up is closed', async () => {
    const { clock, made, connections } = house();
    const held = await connections.acquire(declared, 'one');
    held.release();
    made[0].end();
    await settle();
    expect(connections.size).toBe(0);
    await expect(connections.acquire(declared, 'one')).rejects.toMatchObject({
      code: 'unavailable',
    });
    clock.pass(1_000);
    const next = await connections.acquire(declared, 'one');
    next.release(new McpServerError('failed', 'odd'));
    await settle();
    expect(made[1].closes).toBeGreaterThan(0);
    // What was odd about one answer does not keep the server from being asked.
    await expect(connections.acquire(declared, 'one')).resolves.toBeDefined();
    await connections.close();
  });

  test('to a server that is no longer declared end when nobody uses them', async () => {
    const { made, connections } = house();
    const held = await connections.acquire(declared, 'one');
    connections.keepOnly([{ ...declared, operator: 'Somebody else' }]);
    await settle();
    expect(made[0].closes).toBe(0);
    held.release();
    await settle();
    expect(made[0].closes).toBeGreaterThan(0);
    await connections.close();
  });
});
