import { describe, expect, test, vi } from 'vitest';
import { silentLog } from '#base';
import type { Policy } from '#policy';
import { type ChatEvent, type EmbedAnswer, type EmbedRequest, UpstreamError } from '#upstream';
import type { Usage } from '../../src/gateway/chat-response.ts';
import { Continuity } from '../../src/gateway/continuity.ts';
import { probe } from '../../src/gateway/probe.ts';
import type { Candidate } from '../../src/gateway/route.ts';
import type { ShadowComparison } from '../../src/gateway/shadow.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { type TimedUpstream, chatRequest, timedUpstream } from '../fakes/timed-upstream.ts';
import { type TestUpstream, policyOf } from '../policy/routing-document.ts';

const failed = (code: 'connect' | 'status' = 'status', retryAfterMs?: number): UpstreamError =>
  new UpstreamError(code, 'down', undefined, {
    status: 500,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

interface Setting {
  readonly continuity: Continuity;
  readonly policy: Policy;
  readonly clock: ManualClock;
  readonly compared: readonly ShadowComparison[];
  readonly charged: readonly object[];
  readonly lost: Set<string>;
}

function settingOf(
  upstreams: readonly TimedUpstream[],
  more: {
    declared?: Readonly<Record<string, Partial<TestUpstream>>>;
    [member: string]: unknown;
  } = {},
): Setting {
  const { declared = {}, ...members } = more;
  const clock = new ManualClock();
  const policy = policyOf({
    upstreams: upstreams.map(({ id }) => ({ id, ...declared[id] })),
    dataClasses: [{ id: 'c', upstreams: upstreams.map(({ id }) => id) }],
    ...members,
    continuity: { probeSeconds: 0, ...(members['continuity'] as object) },
  });
  const map = new Map(upstreams.map((upstream) => [upstream.id, upstream]));
  const compared: ShadowComparison[] = [];
  const charged: object[] = [];
  const lost = new Set<string>();
  const ports = {
    clock,
    lost,
    cost: () => undefined,
    log: silentLog,
    random: () => 0,
    chargeShadow: ({ id }: { readonly id: string }, usage: Usage) => {
      charged.push({ upstream: id, ...usage });
      return usage;
    },
    recordShadow: (comparison: ShadowComparison) => {
      compared.push(comparison);
      return Promise.resolve();
    },
  };
  return { policy, clock, compared, charged, lost, continuity: new Continuity(policy, map, ports) };
}

/** Does with the candidates what an exchange does, until one has answered. */
async function exchange(
  { continuity, policy }: Setting,
  more: { readonly caller?: AbortSignal; readonly conversation?: string } = {},
): Promise<string[]> {
  const attempts: { upstream: string; outcome: string }[] = [];
  const { caller = new AbortController().signal, conversation } = more;
  const way = continuity.route(policy, {
    model: 'auto',
    dataClass: 'c',
    ...(conversation === undefined ? {} : { conversation }),
  });
  const turn = { attempts, passage: 'p', caller, request: () => chatRequest };
  for await (const candidate of continuity.inTurn(way, turn)) {
    const outcome = await tryOne(candidate, caller);
    attempts.push({ upstream: candidate.declared.id, outcome });
    if (outcome === 'answered') break;
  }
  return attempts.map(({ upstream, outcome }) => `${upstream}=${outcome}`);
}

async function tryOne({ upstream }: Candidate, caller: AbortSignal): Promise<string> {
  if (!upstream.available()) return 'unavailable';
  const events: ChatEvent[] = [];
  try {
    for await (const event of upstream.chat(chatRequest, caller)) events.push(event);
    return 'answered';
  } catch (error) {
    if (error instanceof UpstreamError) return error.code;
    throw error;
  }
}

describe('an upstream that fails', () => {
  test('is followed by the next, then left alone, then tried again', async () => {
    const a = timedUpstream('a', [failed()]);
    const b = timedUpstream('b');
    const setting = settingOf([a, b]);
    for (let i = 0; i < 3; i++) {
      expect(await exchange(setting)).toEqual(['a=status', 'b=answered']);
    }
    expect(await exchange(setting)).toEqual(['a=breaker_open', 'b=answered']);
    expect(a.calls).toBe(3);
    setting.clock.pass(10_000);
    a.scripts = [['Back.']];
    expect(await exchange(setting)).toEqual(['a=answered']);
    expect(setting.continuity.states()[0]).toMatchObject({ breaker: 'closed', available: true });
  });

  test('has exactly one trial when its time is over, however many come at once', async () => {
    const a = timedUpstream('a', [failed()]);
    const setting = settingOf([a, timedUpstream('b')]);
    for (let i = 0; i < 3; i++) await exchange(setting);
    setting.clock.pass(10_000);
    a.scripts = [[failed()]];
    const before = a.calls;
    const told = await Promise.all(Array.from({ length: 20 }, () => exchange(setting)));
    expect(a.calls - before).toBe(1);
    expect(told.filter(([first]) => first === 'a=status').length).toBe(1);
    expect(told.every((attempts) => attempts.at(-1) === 'b=answered')).toBe(true);
  });

  test('has one trial also where two looked before either asked', async () => {
    const a = timedUpstream('a', [failed()]);
    const { continuity, clock, ...setting } = settingOf([a]);
    for (let i = 0; i < 3; i++) await exchange({ continuity, clock, ...setting });
    clock.pass(10_000);
    a.scripts = [['Back.']];
    const watched = continuity.upstreams.get('a')!;
    expect([watched.available(), watched.available()]).toEqual([true, true]);
    const { signal } = new AbortController();
    const begin = () => watched.chat(chatRequest, signal)[Symbol.asyncIterator]().next();
    const [first, second] = await Promise.allSettled([begin(), begin()]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  });

  test('is asked by all who have nobody else, while one of them is the trial', async () => {
    const a = timedUpstream('a', [failed()]);
    const setting = settingOf([a]);
    for (let i = 0; i < 3; i++) await exchange(setting);
    setting.clock.pass(10_000);
    a.scripts = [['Back.']];
    const told = await Promise.all(Array.from({ length: 5 }, () => exchange(setting)));
    expect(told.map((attempts) => attempts.at(-1))).toEqual(Array(5).fill('a=answered'));
    expect(setting.continuity.states()[0]).toMatchObject({ breaker: 'closed' });
  });

  test('rests as long as it asked for with Retry-After, at the first failure', async () => {
    const a = timedUpstream('a', [failed('status', 30_000)], ['Back.']);
    const setting = settingOf([a, timedUpstream('b')]);
    expect(await exchange(setting)).toEqual(['a=status', 'b=answered']);
    expect(await exchange(setting)).toEqual(['a=retry_after', 'b=answered']);
    expect(setting.continuity.states()[0]).toMatchObject({
      absence: 'retry_after',
      waitMs: 30_000,
    });
    setting.clock.pass(30_000);
    expect(await exchange(setting)).toEqual(['a=answered']);
  });

  test('is not blamed for a request it refuses, or for a caller who leaves', async () => {
    const refusing = timedUpstream('a', [new UpstreamError('refused_input', 'too long')]);
    const setting = settingOf([refusing, timedUpstream('b')]);
    for (let i = 0; i < 9; i++) await exchange(setting);
    const leaving = settingOf([timedUpstream('a', ['So', 'silence'])]);
    for (let i = 0; i < 9; i++) {
      const caller = new AbortController();
      const ended = exchange(leaving, { caller: caller.signal });
      setTimeout(() => caller.abort(), 1);
      expect(await ended).toEqual(['a=aborted']);
    }
    for (const { continuity } of [setting, leaving]) {
      expect(continuity.states()[0]).toMatchObject({ breaker: 'closed', failures: 0, inFlight: 0 });
    }
  });

  test('is asked after all when every other is left alone too, within the budget', async () => {
    const a = timedUpstream('a', [failed()]);
    const setting = settingOf([a], { continuity: { retries: { burst: 2, percent: 0 } } });
    for (let i = 0; i < 3; i++) expect(await exchange(setting)).toEqual(['a=status']);
    expect(await exchange(setting)).toEqual(['a=breaker_open', 'a=status']);
    expect(await exchange(setting)).toEqual(['a=breaker_open', 'a=status']);
    expect(await exchange(setting)).toEqual(['a=breaker_open']);
  });

  test('does not take its neighbour with it: calls after a failure have a budget', async () => {
    const down = timedUpstream('a', [failed()]);
    const b = timedUpstream('b');
    const setting = settingOf([down, b], {
      continuity: { breaker: { failures: 1_000 }, retries: { burst: 5, percent: 20 } },
    });
    for (let i = 0; i < 100; i++) await exchange(setting);
    // Five at once and, as each of them earns a fifth, one more.
    expect(b.calls).toBe(6);
    expect(await exchange(setting)).toEqual(['a=status', 'b=retry_budget']);
  });

  test('without a key costs nothing and opens nothing', async () => {
    const a = timedUpstream('a');
    a.up = false;
    const setting = settingOf([a, timedUpstream('b')], {
      continuity: { retries: { burst: 0, percent: 0 } },
    });
    expect(await exchange(setting)).toEqual(['a=unavailable', 'b=answered']);
    expect(setting.continuity.states()[0]).toMatchObject({ breaker: 'closed', calls: 0 });
  });
});

describe('time limits', () => {
  const limit = (timeLimits: object) => ({ declared: { a: { timeLimits } } });

  test('end the wait for the first token, and the next upstream is asked', async () => {
    const a = timedUpstream('a', ['silence']);
    const setting = settingOf([a, timedUpstream('b')], limit({ firstTokenMs: 50 }));
    expect(await exchange(setting)).toEqual(['a=timeout', 'b=answered']);
    expect(a.cancelled).toBe(1);
    expect(setting.continuity.states()[0]).toMatchObject({ failures: 1 });
  });

  test('end a silence between two tokens', async () => {
    const a = timedUpstream('a', ['One', 'silence']);
    const setting = settingOf([a], limit({ gapMs: 50 }));
    expect(await exchange(setting)).toEqual(['a=timeout']);
    expect(a.cancelled).toBe(1);
  });

  test('do not count the time in which nobody reads', async () => {
    const a = timedUpstream('a', ['One', 'Two', 'Three']);
    const { continuity } = settingOf([a], limit({ firstTokenMs: 50, gapMs: 50 }));
    const events = continuity.upstreams.get('a')!.chat(chatRequest, new AbortController().signal);
    let count = 0;
    for await (const { type } of events) {
      count += type === 'usage' ? 0 : 1;
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    expect(count).toBe(4);
  });
});

describe('a call for vectors', () => {
  const asked = { model: 'm', inputs: ['x'] } as unknown as EmbedRequest;
  const signal = (): AbortSignal => new AbortController().signal;

  test('is watched like any other: bounded, counted, and not offered by who cannot', async () => {
    const a = timedUpstream('a');
    const b = timedUpstream('b');
    let answers = false;
    b.embed = (_request, until) =>
      new Promise((resolve, reject) => {
        if (answers) resolve({} as EmbedAnswer);
        const give = (): void => reject(new UpstreamError('aborted', 'gone'));
        until.addEventListener('abort', give, { once: true });
      });
    const timeLimits = { answerMs: 50 };
    const { continuity } = settingOf([a, b], { declared: { b: { timeLimits } } });
    expect(continuity.upstreams.get('a')?.embed).toBeUndefined();
    const watched = continuity.upstreams.get('b')!;
    const late = await watched.embed?.(asked, signal()).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'timeout' });
    expect(watched.state()).toMatchObject({ failures: 1, inFlight: 0 });
    answers = true;
    await watched.embed?.(asked, signal());
    expect(watched.state()).toMatchObject({ calls: 2, failures: 1 });
  });
});

describe('hedging', () => {
  const hedged = (afterMs = 10) => ({
    routing: [{ id: 'r', order: 'order', hedge: { afterMs } }],
  });

  test('asks a second when the first is slow, and cancels who is slower', async () => {
    const a = timedUpstream('a', ['silence']);
    const b = timedUpstream('b');
    const setting = settingOf([a, b], hedged());
    expect(await exchange(setting)).toEqual(['a=hedged', 'b=answered']);
    await vi.waitFor(() => expect(a.cancelled).toBe(1));
    expect(setting.continuity.states()).toMatchObject([
      { inFlight: 0, failures: 0 },
      { inFlight: 0, failures: 0, retriesLeft: 99 },
    ]);
  });

  test('asks nobody else when the first is quick', async () => {
    const b = timedUpstream('b');
    expect(await exchange(settingOf([timedUpstream('a'), b], hedged()))).toEqual(['a=answered']);
    expect(b.calls).toBe(0);
  });

  test('falls back on the slow one when the second fails', async () => {
    const a = timedUpstream('a', ['silence']);
    const b = timedUpstream('b', [failed()]);
    const c = timedUpstream('c');
    const setting = settingOf([a, b, c], {
      ...hedged(),
      declared: { a: { timeLimits: { firstTokenMs: 100 } } },
    });
    expect(await exchange(setting)).toEqual(['b=status', 'a=timeout', 'c=answered']);
  });

  test('keeps the second for later where the budget allows no second call', async () => {
    const a = timedUpstream('a', ['silence']);
    const b = timedUpstream('b');
    const setting = settingOf([a, b], {
      ...hedged(),
      declared: { a: { timeLimits: { firstTokenMs: 60 } } },
      continuity: { retries: { burst: 0, percent: 0 } },
    });
    expect(await exchange(setting)).toEqual(['a=timeout', 'b=retry_budget']);
  });

  test('cancels both when the caller leaves', async () => {
    const a = timedUpstream('a', ['silence']);
    const b = timedUpstream('b', ['silence']);
    const setting = settingOf([a, b], hedged());
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 40);
    await exchange(setting, { caller: caller.signal });
    await vi.waitFor(() => expect([a.cancelled, b.cancelled]).toEqual([1, 1]));
  });
});

describe('a conversation', () => {
  test('stays with the upstream that answered it, and moves when that one is lost', async () => {
    const busy = timedUpstream('a', [failed()], ['Back.']);
    const setting = settingOf([busy, timedUpstream('b')], {
      routing: [{ id: 'r', order: 'order', sticky: true }],
    });
    expect(await exchange(setting, { conversation: 'x' })).toEqual(['a=status', 'b=answered']);
    expect(await exchange(setting, { conversation: 'x' })).toEqual(['b=answered']);
    expect(await exchange(setting, { conversation: 'y' })).toEqual(['a=answered']);
    setting.lost.add('b');
    expect(await exchange(setting, { conversation: 'x' })).toEqual(['b=drill', 'a=answered']);
    setting.lost.clear();
    expect(await exchange(setting, { conversation: 'x' })).toEqual(['a=answered']);
  });
});

describe('a shadow', () => {
  const shadowed = (percent: number, dataClass: object = {}) => ({
    routing: [{ id: 'r', order: 'order', shadow: { upstream: 'b', percent } }],
    dataClasses: [{ id: 'c', upstreams: ['a', 'b'], ...dataClass }],
  });

  test('is asked the same, and compared in numbers without a word of the answers', async () => {
    const b = timedUpstream('b', ['Longer ', 'by far.']);
    const setting = settingOf([timedUpstream('a', ['Short.']), b], shadowed(100));
    expect(await exchange(setting)).toEqual(['b=shadow', 'a=answered']);
    await vi.waitFor(() => expect(setting.compared).toHaveLength(1));
    expect(setting.compared[0]).toMatchObject({
      passage: 'p',
      rule: 'r',
      answer: { upstream: 'a', outcome: 'answered', contentCharacters: 6, finish: 'stop' },
      shadow: { upstream: 'b', outcome: 'answered', contentCharacters: 14, finish: 'stop' },
    });
    expect(JSON.stringify(setting.compared)).not.toMatch(/Short|Longer/);
    // Neither said how many tokens that was.
    const used = { inputTokens: 0, outputTokens: 4, estimated: true };
    expect(setting.charged).toEqual([{ upstream: 'b', ...used }]);
    expect(setting.compared[0]?.charged).toEqual(used);
  });

  test('delays nobody, and its failure is nobody’s', async () => {
    const b = timedUpstream('b', ['silence']);
    const slow = settingOf([timedUpstream('a'), b], {
      ...shadowed(100),
      declared: { b: { timeLimits: { firstTokenMs: 80 } } },
    });
    expect(await exchange(slow)).toEqual(['b=shadow', 'a=answered']);
    expect(slow.compared).toEqual([]);
    await vi.waitFor(() => expect(slow.compared[0]?.shadow.outcome).toBe('timeout'));
    expect(slow.charged).toEqual([]);
    // A failure of the shadow leaves the budget of retries and the answer alone.
    expect(slow.continuity.states()[0]).toMatchObject({ retriesLeft: 100, failures: 0 });
  });

  test('is given up when the caller leaves, or the checkpoint closes', async () => {
    const b = timedUpstream('b', ['silence']);
    const setting = settingOf([timedUpstream('a'), b], shadowed(100));
    await exchange(setting);
    setting.continuity.stop();
    await vi.waitFor(() => expect(b.cancelled).toBe(1));
    expect(setting.compared).toEqual([]);
  });

  test('is never one that the class may not reach, nor the one that answers', async () => {
    const b = timedUpstream('b');
    const kept = settingOf([timedUpstream('a'), b], {
      ...shadowed(100, { jurisdictions: ['JP'] }),
      declared: { b: { jurisdiction: 'US' } },
    });
    expect(await exchange(kept)).toEqual(['a=answered']);
    expect(await exchange(settingOf([timedUpstream('a'), b], shadowed(0)))).toEqual(['a=answered']);
    expect(b.calls).toBe(0);
    const itself = settingOf([timedUpstream('a'), b], shadowed(100, { upstreams: ['b', 'a'] }));
    expect(await exchange(itself)).toEqual(['b=answered']);
  });
});

describe('a probe', () => {
  const signal = new AbortController().signal;

  test('that finds nobody counts as a failure, and nobody is asked', async () => {
    const inner = timedUpstream('a');
    const setting = settingOf([inner]);
    const a = setting.continuity.upstreams.get('a')!;
    inner.probe = () => Promise.resolve();
    await probe(a, signal);
    expect(a.state()).toMatchObject({ probe: 'answered', failures: 0 });
    inner.probe = () => Promise.reject(failed('connect'));
    for (let i = 0; i < 3; i++) await probe(a, signal);
    expect(a.state()).toMatchObject({ probe: 'silent', breaker: 'open', absence: 'breaker_open' });
    expect(inner.calls).toBe(0);
  });

  test('is given up without blame when the checkpoint closes', async () => {
    const inner = timedUpstream('a');
    inner.probe = (_how, until) =>
      new Promise((_resolve, reject) => {
        until.addEventListener('abort', () => reject(new Error('given up')), { once: true });
      });
    const { continuity } = settingOf([inner], { declared: { a: { probe: 'models' } } });
    const a = continuity.upstreams.get('a')!;
    const { closing } = await import('../../src/gateway/watched-upstream.ts');
    const stop = new AbortController();
    const looking = probe(a, stop.signal);
    stop.abort(closing);
    await looking;
    expect(a.state()).toMatchObject({ probe: null, failures: 0 });
  });
});

describe('a changed rule book', () => {
  test('leaves what is known of an upstream that stays, and forgets one that changed', async () => {
    const a = timedUpstream('a', [failed()]);
    const setting = settingOf([a], { routing: [{ id: 'r', order: 'order', sticky: true }] });
    for (let i = 0; i < 3; i++) await exchange(setting);
    const next = (declared: Partial<TestUpstream>): Continuity => {
      const { policy } = settingOf([a], { declared: { a: declared } });
      const ports = {
        clock: setting.clock,
        log: silentLog,
        random: () => 0,
        lost: setting.lost,
        cost: () => undefined,
        chargeShadow: (_declared: unknown, usage: Usage) => usage,
        recordShadow: () => Promise.resolve(),
      };
      return new Continuity(policy, new Map([['a', a]]), ports, setting.continuity);
    };
    const same = next({});
    expect(same.states()[0]).toMatchObject({ breaker: 'open', failures: 3 });
    expect(same.conversations).toBe(setting.continuity.conversations);
    expect(next({ weight: 2 }).states()[0]).toMatchObject({ breaker: 'closed', failures: 0 });
  });
});
