import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { StandIns } from '../../src/gateway/stand-ins.ts';
import { type Finding, createPlaceholders } from '../../src/supervisor/index.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

function masked(standIns: StandIns, conversation: string, text: string): string {
  const findings: Finding[] = [];
  for (const { index, 0: found } of text.matchAll(/[a-z]+@[a-z.]+/g)) {
    const span = { start: index, end: index + found.length };
    findings.push({ ...span, kind: 'personal.email', score: 95, detector: 'test@1' });
  }
  return createPlaceholders(
    [text],
    standIns.numbering(() => conversation),
  ).redact(text, findings);
}

test('a value keeps its number within a conversation, whatever is still sent', () => {
  const standIns = new StandIns(new ManualClock());
  expect(masked(standIns, 'one', 'a@x.jp b@x.jp')).toBe('[EMAIL_1] [EMAIL_2]');
  expect(masked(standIns, 'one', 'c@x.jp b@x.jp a@x.jp')).toBe('[EMAIL_3] [EMAIL_2] [EMAIL_1]');
  expect(masked(standIns, 'one', 'b@x.jp')).toBe('[EMAIL_2]');
});

test('another conversation, and so another key, knows nothing of it', () => {
  const standIns = new StandIns(new ManualClock());
  masked(standIns, 'one', 'a@x.jp b@x.jp');
  expect(masked(standIns, 'two', 'b@x.jp')).toBe('[EMAIL_1]');
});

test('a number that the text itself uses is passed over, and no two values have one', () => {
  const standIns = new StandIns(new ManualClock());
  masked(standIns, 'one', 'a@x.jp');
  const next = masked(standIns, 'one', 'keep [EMAIL_1]: a@x.jp b@x.jp');
  expect(next).toBe('keep [EMAIL_1]: [EMAIL_2] [EMAIL_3]');
  expect(masked(standIns, 'one', 'b@x.jp a@x.jp')).toBe('[EMAIL_3] [EMAIL_2]');
});

test('a conversation is forgotten after its time, and the oldest of too many', () => {
  const clock = new ManualClock();
  const standIns = new StandIns(clock);
  masked(standIns, 'one', 'a@x.jp b@x.jp');
  clock.pass(limits.conversationMs + 1);
  expect(masked(standIns, 'one', 'b@x.jp')).toBe('[EMAIL_1]');
  masked(standIns, 'old', 'a@x.jp b@x.jp');
  for (let n = 0; n < limits.standInConversations; n++) masked(standIns, `n${n}`, 'c@x.jp');
  expect(masked(standIns, 'old', 'b@x.jp')).toBe('[EMAIL_1]');
});
