import { limits, openDatabase, silentLog } from '#base';
import type { Draft } from '#ledger';
import { parsePolicy } from '#policy';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/gateway/json.ts';
import { Pins, definitionSha256 } from '../../../src/gateway/mcp/pins.ts';
import { policyWithMcp } from '../../e2e/mcp-fixture.ts';
import { temporaryDirectory } from '../../e2e/running-checkpoint.ts';

const server = parsePolicy(
  policyWithMcp(`    - id: desk
      command: desk
      operator: A test
      jurisdiction: local
      residency: local
      maxClass: personal
`),
).document.mcp!.servers[0];

let folder: ReturnType<typeof temporaryDirectory>;
let written: Draft[];
let fails: boolean;
let pins: Pins;
let close: () => void;

beforeEach(() => {
  folder = temporaryDirectory();
  written = [];
  fails = false;
  const database = openDatabase(join(folder.path, 'state.db'));
  close = () => database.close();
  pins = new Pins(database, {
    ledger: {
      append: async (drafts) => {
        if (fails) throw new Error('no ledger');
        written.push(...drafts);
        return [];
      },
    },
    log: silentLog,
    policyLeaf: () => 'leaf',
    nowMs: () => 1,
  });
});

afterEach(() => {
  close();
  folder.remove();
});

const tool = (description: string, name = 'echo'): JsonObject => ({ name, description });
const see = async (description: string, rules: readonly string[] = []): Promise<string> =>
  (await pins.see(server, [{ definition: tool(description), rules }])).get('echo') ?? '';
const kinds = (): string[] => written.map(({ type }) => type);

describe('a definition of a tool', () => {
  test('has one hash, in whatever order its members stand', () => {
    const one = { name: 'a', inputSchema: { type: 'object', properties: { x: {}, y: {} } } };
    const same = { inputSchema: { properties: { y: {}, x: {} }, type: 'object' }, name: 'a' };
    expect(definitionSha256(one)).toBe(definitionSha256(same));
    expect(definitionSha256({ ...one, title: '' })).not.toBe(definitionSha256(one));
  });

  test('is pinned at first sight, and one change is one incident', async () => {
    expect(await see('good')).toBe('pinned');
    expect(await see('good')).toBe('pinned');
    expect(kinds()).toEqual(['system.record']);
    for (const other of ['bad', 'bad', 'worse', 'bad']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      expect(await see(other)).toBe('changed');
    }
    expect(kinds()).toEqual(['system.record', 'incident']);
    expect(await see('good')).toBe('pinned');
    expect(await see('bad')).toBe('changed');
    expect(kinds()).toEqual(['system.record', 'incident', 'incident']);
  });

  test('is accepted as it was looked at, and not as it is by then', async () => {
    await see('good');
    await see('bad');
    const looked = { server: 'desk', tool: 'echo', sha256: definitionSha256(tool('bad')) };
    await see('worse');
    expect(await pins.accept(looked, 'operator')).toBeUndefined();
    await see('bad');
    expect(await pins.accept(looked, 'operator')).toMatchObject({ state: 'pinned', waiting: null });
    expect(written.at(-1)).toMatchObject({
      type: 'system.record',
      fields: { 'system.by': 'operator', 'system.mcp': { event: 'accepted' } },
    });
    expect(await see('bad')).toBe('pinned');
    expect(await see('good')).toBe('changed');
  });

  test('that a rule stops stays stopped, also when it is accepted', async () => {
    await see('good');
    expect(await see('sly', ['a-rule'])).toBe('stopped');
    const sha256 = definitionSha256(tool('sly'));
    const accepted = await pins.accept({ server: 'desk', tool: 'echo', sha256 }, 'operator');
    expect(accepted?.state).toBe('stopped');
    expect(await see('sly', ['a-rule'])).toBe('stopped');
    expect(await see('sly')).toBe('pinned');
  });

  test('that cannot be recorded is not pinned', async () => {
    fails = true;
    await expect(see('good')).rejects.toThrow('no ledger');
    expect(pins.list()).toEqual([]);
    fails = false;
    await see('good');
    await see('bad');
    fails = true;
    const sha256 = definitionSha256(tool('bad'));
    const accepting = pins.accept({ server: 'desk', tool: 'echo', sha256 }, 'operator');
    await expect(accepting).rejects.toThrow('no ledger');
    expect(pins.list()[0]).toMatchObject({ state: 'changed', waiting: sha256 });
    expect(pins.withheld()).toBe(1);
  });

  test('of a server that invents names without end is withheld from some number on', async () => {
    const named = (from: number, count: number) =>
      Array.from({ length: count }, (_none, i) => ({
        definition: tool('x', `tool-${from + i}`),
        rules: [],
      }));
    for (let from = 0; from < limits.mcpToolsOnRecord; from += 500) {
      // oxlint-disable-next-line no-await-in-loop -- one list after another
      await pins.see(server, named(from, 500));
    }
    const before = written.length;
    const states = await pins.see(server, named(limits.mcpToolsOnRecord, 1));
    expect([...states.values()]).toEqual(['changed']);
    expect(written.length).toBe(before);
  });
});
