import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase, silentLog, systemClock } from '#base';
import { ConversationLevels } from '../../src/gateway/class/conversation-levels.ts';
import { releaseOverturned } from '../../src/main/review.ts';
import { loadPacks } from '../../src/main/school.ts';
import { parsePolicy } from '#policy';
import { temporaryDirectory } from '../e2e/running-checkpoint.ts';
import { writeTinyPack } from '../fakes/tiny-pack.ts';
import { policyOf } from '../policy/routing-document.ts';

test('a verdict whose conversation was not opened before the end opens it at the start', async () => {
  const levels = new ConversationLevels(openDatabase(':memory:'), systemClock);
  levels.withhold('a', { passage: 'p1', level: 4, locks: true });
  levels.withhold('b', { passage: 'p2', level: 3, locks: false });
  await releaseOverturned(levels, {
    overturned: (passages) => Promise.resolve(passages.filter((id) => id === 'p1')),
  });
  expect(levels.withheld('a')).toEqual({ level: 0, locked: false });
  expect(levels.withheld('b')).toEqual({ level: 3, locked: false });
});

test('a pack that cannot be read, or checked with, is left out and told of', async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder.path, 'packs', 'folder', '1', 'pack.json'), { recursive: true });
  writeTinyPack(join(folder.path, 'packs', 'tiny', '1'));
  const { text } = policyOf({
    upstreams: [{ id: 'model', baseUrl: 'http://127.0.0.1:9/v1', probe: 'none' }],
    dataClasses: [{ id: 'lesson', upstreams: ['model'] }],
    school: { packs: ['folder', 'tiny', 'absent'] },
  });
  const told: string[] = [];
  const ready = await loadPacks(parsePolicy(text), new Map(), {
    dataDirectory: folder.path,
    recorded: { recordPack: () => Promise.resolve('leaf') },
    createSupervisor: () => {
      throw new Error('scripted');
    },
    log: silentLog,
    notice: ({ en }) => told.push(en),
  });
  folder.remove();
  expect(ready.size).toBe(0);
  expect(told.map((one) => /pack (\w+) cannot be used/.exec(one)?.[1])).toEqual([
    'folder',
    'tiny',
    'absent',
  ]);
  expect(told[0]).toContain('the pack does not keep to the format');
  expect(told[2]).toContain('sekisho pack build absent … -o DIR');
});
