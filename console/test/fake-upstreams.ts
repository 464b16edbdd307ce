import { upstreams } from './fake-rule-book.ts';

const well = {
  available: true,
  absence: null,
  breaker: 'closed',
  calls: 214,
  failures: 1,
  waitMs: 0,
  inFlight: 3,
  firstTokenMs: { p50: 420, p95: 1_300 },
  retriesLeft: 90,
  probe: 'answered',
};

const states: Readonly<Record<string, object>> = {
  'city-llm': well,
  overseas: {
    ...well,
    available: false,
    absence: 'breaker_open',
    breaker: 'open',
    calls: 12,
    failures: 9,
    waitMs: 18_000,
    inFlight: 0,
    probe: 'silent',
  },
};

const terms = {
  url: 'https://llm.example/terms',
  reviewed: '2026-05-01',
  reviewBy: '2027-04-30',
  overdue: false,
};

/** One that is well, one that fails and whose terms are overdue, and one that is not set up. */
export function fakeUpstreams(): object {
  return {
    upstreams: upstreams.map((upstream) => ({
      ...upstream,
      terms:
        upstream.id === 'embedded'
          ? null
          : upstream.id === 'overseas'
            ? { ...terms, reviewBy: '2026-10-31', overdue: true }
            : terms,
      state: states[upstream.id] ?? null,
    })),
  };
}
