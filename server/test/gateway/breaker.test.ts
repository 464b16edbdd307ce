import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '#base';
import { Breaker } from '../../src/gateway/breaker.ts';
import { Conversations } from '../../src/gateway/conversation.ts';
import { LatencyWindow } from '../../src/gateway/latency-window.ts';
import { RetryBudget } from '../../src/gateway/retry-budget.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const settings = { windowSeconds: 10, failures: 3, failurePercent: 50, openSeconds: 5 };

function breakerOf(more: Partial<typeof settings> = {}): { breaker: Breaker; clock: ManualClock } {
  const clock = new ManualClock();
  return { clock, breaker: new Breaker({ ...settings, ...more }, { clock, random: () => 0 }) };
}

function calls(breaker: Breaker, ends: string): void {
  for (const end of ends) breaker.begin()[end === 'f' ? 'fail' : 'succeed']();
}

describe('a breaker', () => {
  test('stays closed below the number of failures, and below their share', () => {
    const { breaker } = breakerOf();
    calls(breaker, 'ff');
    expect(breaker.state).toBe('closed');
    const { breaker: busy } = breakerOf();
    calls(busy, 'sssssssffff');
    expect(busy.state).toBe('closed');
    calls(busy, 'fff');
    expect(busy.state).toBe('open');
    expect(busy.passable).toBe(false);
  });

  test('forgets failures that have left the window', () => {
    const { breaker, clock } = breakerOf();
    calls(breaker, 'ff');
    clock.pass(10_001);
    calls(breaker, 'ff');
    expect(breaker.counts).toEqual({ calls: 2, failures: 2 });
    expect(breaker.state).toBe('closed');
  });

  test('lets one trial pass when its time is over, and closes when that succeeds', () => {
    const { breaker, clock } = breakerOf();
    calls(breaker, 'fff');
    expect(breaker.waitMs).toBe(5_000);
    clock.pass(4_999);
    expect(breaker.passable).toBe(false);
    clock.pass(1);
    expect([breaker.state, breaker.passable]).toEqual(['half-open', true]);
    const trial = breaker.begin();
    expect(breaker.passable).toBe(false);
    trial.succeed();
    expect([breaker.state, breaker.passable]).toEqual(['closed', true]);
    // What failed before does not count against it any more.
    calls(breaker, 'ff');
    expect(breaker.state).toBe('closed');
  });

  test('has one trial however many calls begin, and the others change nothing', () => {
    const { breaker, clock } = breakerOf();
    calls(breaker, 'fff');
    clock.pass(5_000);
    const trial = breaker.begin();
    const others = [breaker.begin(), breaker.begin()];
    others[0].fail();
    expect(breaker.state).toBe('half-open');
    others[1].succeed();
    expect([breaker.state, breaker.passable]).toEqual(['half-open', false]);
    trial.fail();
    expect(breaker.state).toBe('open');
    expect(breaker.waitMs).toBe(10_000);
  });

  test('stays away twice as long after each trial that fails, up to a bound', () => {
    const { breaker, clock } = breakerOf();
    calls(breaker, 'fff');
    const waits = Array.from({ length: 9 }, () => {
      const { waitMs } = breaker;
      clock.pass(waitMs);
      calls(breaker, 'f');
      return waitMs / 1_000;
    });
    const most = limits.breakerOpenMaxMs / 1_000;
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, most, most, most]);
  });

  test('gives the trial to another when its caller left, and learns nothing from it', () => {
    const { breaker, clock } = breakerOf();
    calls(breaker, 'fff');
    clock.pass(5_000);
    const trial = breaker.begin();
    trial.drop();
    trial.fail();
    expect([breaker.state, breaker.passable]).toEqual(['half-open', true]);
  });

  test('is not opened for longer by calls that began before it opened', () => {
    const { breaker, clock } = breakerOf();
    const early = [breaker.begin(), breaker.begin()];
    calls(breaker, 'fff');
    clock.pass(1_000);
    for (const call of early) call.fail();
    expect(breaker.waitMs).toBe(4_000);
  });

  test('rests as long as the upstream asks, within bounds, and longest wish wins', () => {
    const { breaker, clock } = breakerOf();
    breaker.rest(2_000);
    breaker.rest(1_000);
    expect([breaker.resting, breaker.passable, breaker.waitMs]).toEqual([true, false, 2_000]);
    clock.pass(2_000);
    expect([breaker.resting, breaker.passable, breaker.state]).toEqual([false, true, 'closed']);
    breaker.rest(10 ** 12);
    expect(breaker.waitMs).toBe(limits.breakerOpenMaxMs);
    breaker.rest(-5);
    expect(breaker.waitMs).toBe(limits.breakerOpenMaxMs);
  });

  test('settles down with an upstream that comes and goes', () => {
    const { breaker, clock } = breakerOf();
    const asked = { s: 0, f: 0 };
    // Alternately up and down for 20 s; somebody asks ten times a second, 3,000 times of each.
    for (let tenth = 0; tenth < 6_000; tenth++) {
      clock.pass(100);
      if (!breaker.passable) continue;
      const end = Math.floor(tenth / 200) % 2 === 0 ? 's' : 'f';
      asked[end]++;
      calls(breaker, end);
    }
    expect(asked.f).toBeLessThan(600);
    expect(asked.s).toBeGreaterThan(300);
  });

  test('passes nothing while open and at most one while half-open, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ act: fc.constantFrom('begin', 'succeed', 'fail', 'drop'), at: fc.nat() }),
      fc.record({ act: fc.constant('pass'), at: fc.nat({ max: 20_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { breaker, clock } = breakerOf();
        const open: ReturnType<Breaker['begin']>[] = [];
        let trial: (typeof open)[number] | undefined;
        for (const { act, at } of steps) {
          if (act === 'pass') clock.pass(at);
          else if (act === 'begin') {
            if (!breaker.passable) continue;
            expect(breaker.state).not.toBe('open');
            if (breaker.state === 'half-open') {
              expect(trial).toBeUndefined();
              trial = breaker.begin();
              open.push(trial);
            } else open.push(breaker.begin());
          } else {
            const call = open.splice(at % Math.max(1, open.length), 1)[0];
            call?.[act as 'succeed']();
            if (call === trial) trial = undefined;
          }
          const { calls: all, failures } = breaker.counts;
          expect(failures).toBeLessThanOrEqual(all);
        }
      }),
    );
  });
});

describe('a budget of retries', () => {
  test('allows a burst, then a share of the answers', () => {
    const budget = new RetryBudget({ burst: 2, percent: 20 });
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    for (let i = 0; i < 4; i++) budget.earn();
    expect(budget.take()).toBe(false);
    budget.earn();
    expect(budget.take()).toBe(true);
    for (let i = 0; i < 1_000; i++) budget.earn();
    expect(budget.left).toBe(2);
  });
});

describe('times to the first token', () => {
  test('are kept for a while and up to a number', () => {
    const clock = new ManualClock();
    const window = new LatencyWindow(clock);
    expect(window.quantile(0.5)).toBeUndefined();
    for (let ms = 1; ms <= 100; ms++) window.add(ms);
    expect([window.quantile(0.5), window.quantile(0.95), window.quantile(1)]).toEqual([
      51, 96, 100,
    ]);
    for (let i = 0; i < limits.latencySamples; i++) window.add(7);
    expect([window.count, window.quantile(0.95)]).toEqual([limits.latencySamples, 7]);
    clock.pass(limits.latencyAgeMs + 1);
    expect([window.count, window.quantile(0.5)]).toEqual([0, undefined]);
  });
});

describe('conversations', () => {
  const marks = { keyId: 'k1', stated: undefined, opening: ['You help.', 'Hello'] };

  test('are told apart by their opening or their name, and never cross a key', () => {
    const conversations = new Conversations(new ManualClock());
    const name = conversations.nameOf(marks);
    expect(conversations.nameOf({ ...marks })).toBe(name);
    const others = [
      { ...marks, keyId: 'k2' },
      { ...marks, opening: ['You help.Hello'] },
      { ...marks, opening: ['You help.', 'Hello', ''] },
      { ...marks, stated: 'You help.' },
      { ...marks, stated: 'c', keyId: 'k2' },
      { ...marks, stated: 'c' },
    ].map((other) => conversations.nameOf(other));
    expect(new Set([name, ...others]).size).toBe(7);
    // Nobody who sees the name learns the text: it depends on a secret of this process.
    expect(new Conversations(new ManualClock()).nameOf(marks)).not.toBe(name);
  });

  test('are forgotten after an hour without a turn, and the oldest when there are too many', () => {
    const clock = new ManualClock();
    const conversations = new Conversations(clock);
    conversations.remember('a', 'x');
    clock.pass(limits.conversationMs);
    expect(conversations.upstreamOf('a')).toBe('x');
    clock.pass(1);
    expect(conversations.upstreamOf('a')).toBeUndefined();
    for (let i = 0; i <= limits.conversationsInMemory; i++) conversations.remember(`c${i}`, 'y');
    expect(conversations.upstreamOf('c0')).toBeUndefined();
    expect(conversations.upstreamOf('c1')).toBe('y');
  });
});
