import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  PolicyError,
  type RoutingFacts,
  explainRoute,
  isReviewOverdue,
  needs,
  noFacts,
  planRoute,
} from '#policy';
import { type TestUpstream, policyOf, requestFor } from './routing-document.ts';

const vendors: readonly TestUpstream[] = [
  {
    id: 'openai',
    jurisdiction: 'US',
    residency: 'US',
    capabilities: { tools: true, images: true, contextTokens: 100_000 },
    weight: 3,
  },
  {
    id: 'tokyo',
    jurisdiction: 'US',
    residency: 'JP',
  },
  { id: 'city', capabilities: { tools: false, contextTokens: 4_000 }, weight: 0 },
  { id: 'embedded', dialect: 'embedded', jurisdiction: 'local', residency: 'local' },
];

const classes = [
  { id: 'open', upstreams: ['openai', 'tokyo', 'city', 'embedded'] },
  { id: 'resident', residencies: ['JP', 'local'] },
  { id: 'domestic', jurisdictions: ['JP', 'local'], residencies: ['JP', 'local'] },
  { id: 'listed', upstreams: ['city', 'openai'], jurisdictions: ['JP'] },
  { id: 'nowhere', upstreams: [] },
];

const book = (routing: readonly object[] = []) =>
  policyOf({ upstreams: vendors, dataClasses: classes, routing });
const plain = book();

function way(
  policy: ReturnType<typeof book>,
  request: Parameters<typeof planRoute>[1],
  facts: Partial<RoutingFacts> = {},
): readonly string[] {
  return planRoute(policy, request, { ...noFacts, ...facts }).candidates.map(({ id }) => id);
}

describe('where a class may go', () => {
  test.each([
    ['open', ['openai', 'tokyo', 'city', 'embedded']],
    ['resident', ['tokyo', 'city', 'embedded']],
    ['domestic', ['city', 'embedded']],
    ['listed', ['city']],
    ['nowhere', []],
    ['unheard-of', []],
  ])('is what every written member allows: %s', (dataClass, expected) => {
    expect(way(plain, requestFor(dataClass))).toEqual(expected);
  });

  test('never widens because an upstream was asked for by name', () => {
    const plan = planRoute(plain, requestFor('domestic', { model: 'openai' }));
    expect(plan.candidates.map(({ id }) => id)).toEqual(['city', 'embedded']);
    expect(plan.forbidden).toBe('openai');
  });

  test('must be said: a class that says nothing is refused', () => {
    expect(() => policyOf({ upstreams: vendors, dataClasses: [{ id: 'silent' }] })).toThrow(
      /dataClasses\.0\.upstreams: say where this class may go/,
    );
  });
});

describe('what a request needs', () => {
  test('leaves out models that are declared unable, and keeps those that say nothing', () => {
    expect(way(plain, requestFor('open', { needs: ['tools'] }))).toEqual([
      'openai',
      'tokyo',
      'embedded',
    ]);
    expect(way(plain, requestFor('open', { needs: ['images'] }))).toEqual([
      'openai',
      'tokyo',
      'city',
    ]);
  });

  test('leaves out models whose context is surely too short', () => {
    const long = requestFor('open', { leastTokens: 4_001 });
    expect(way(plain, long)).toEqual(['openai', 'tokyo', 'embedded']);
  });

  test('keeps pictures where the class allows them, and names the member that does not', () => {
    const policy = policyOf({
      upstreams: vendors,
      dataClasses: [
        { id: 'open', upstreams: ['openai'] },
        { id: 'shut', upstreams: ['openai'], images: 'refuse' },
      ],
    });
    const asked = { needs: ['images'] } as const;
    expect(way(policy, requestFor('open', asked))).toEqual(['openai']);
    const shut = requestFor('shut', asked);
    expect(planRoute(policy, shut).refusal?.by).toEqual(['dataClasses.shut.images']);
    const [only] = explainRoute(policy, shut, { nowMs: 0 }).verdicts;
    expect(only).toMatchObject({ why: 'forbidden', by: 'dataClasses.shut.images' });
  });

  test.each([
    [requestFor('nowhere'), 'forbidden', ['dataClasses.nowhere.upstreams']],
    [
      requestFor('listed', { needs: ['tools'] }),
      'incapable',
      ['upstreams.city.capabilities.tools'],
    ],
    [
      requestFor('listed', { leastTokens: 5_000 }),
      'incapable',
      ['upstreams.city.capabilities.contextTokens'],
    ],
    [requestFor('unheard-of'), 'forbidden', ['dataClasses']],
  ] as const)('names the member that leaves no upstream: %#', (request, why, by) => {
    expect(planRoute(plain, request).refusal).toEqual({ why, by });
  });

  test('names the member that keeps away the upstream that was asked for', () => {
    const closed = policyOf({
      upstreams: vendors,
      dataClasses: [{ id: 'closed', residencies: ['DE'], jurisdictions: ['JP', 'US'] }],
    });
    const asked = planRoute(closed, requestFor('closed', { model: 'tokyo' }));
    expect(asked.refusal?.by).toEqual(['dataClasses.closed.residencies']);
    expect(planRoute(closed, requestFor('closed')).refusal?.by).toEqual([
      'dataClasses.closed.residencies',
      'dataClasses.closed.jurisdictions',
    ]);
  });
});

describe('the order', () => {
  test('is that of the first rule that is about the request', () => {
    const policy = book([
      { id: 'with-tools', needs: ['tools'], order: 'cheapest' },
      { id: 'by-name', models: ['tokyo'], order: 'fastest' },
      { id: 'others', classes: ['open'], order: 'weighted' },
    ]);
    const rule = (request: Parameters<typeof planRoute>[1]) => planRoute(policy, request).rule?.id;
    expect(rule(requestFor('open', { needs: ['tools', 'streaming'] }))).toBe('with-tools');
    expect(rule(requestFor('open', { model: 'tokyo' }))).toBe('by-name');
    expect(rule(requestFor('open'))).toBe('others');
    expect(rule(requestFor('resident'))).toBeUndefined();
  });

  test('takes the cheapest for what is asked, and those without a price last', () => {
    const policy = book([{ id: 'r', order: 'cheapest' }]);
    const reading = requestFor('open', { inputTokens: 10_000, outputTokens: 10 });
    const writing = requestFor('open', { inputTokens: 10, outputTokens: 10_000 });
    const prices: Readonly<Record<string, readonly [number, number]>> = {
      openai: [2.5, 10],
      tokyo: [3, 1],
    };
    const cost: RoutingFacts['cost'] = ({ id }, { inputTokens, outputTokens }) => {
      const [input, output] = prices[id] ?? [];
      if (input === undefined || output === undefined) return undefined;
      return { micros: input * inputTokens + output * outputTokens, currency: 'USD' };
    };
    expect(way(policy, reading, { cost }).slice(0, 2)).toEqual(['openai', 'tokyo']);
    expect(way(policy, writing, { cost })).toEqual(['tokyo', 'openai', 'city', 'embedded']);
  });

  test('takes the fastest, after one that was not measured lately', () => {
    const times: Readonly<Record<string, number>> = { openai: 300, tokyo: 200, city: 900 };
    const facts = { firstTokenMs: (id: string) => times[id] };
    expect(way(book([{ id: 'r', order: 'fastest' }]), requestFor('open'), facts)).toEqual([
      'embedded',
      'tokyo',
      'openai',
      'city',
    ]);
  });

  test('takes the least busy for its weight, and weight 0 last', () => {
    const busy: Readonly<Record<string, number>> = { openai: 2, tokyo: 1, city: 0, embedded: 1 };
    const facts = { inFlight: (id: string) => busy[id] ?? 0 };
    expect(way(book([{ id: 'r', order: 'least-busy' }]), requestFor('open'), facts)).toEqual([
      'openai',
      'tokyo',
      'embedded',
      'city',
    ]);
  });

  test('draws by weight: three times the weight is three times as often first', () => {
    const policy = book([{ id: 'r', order: 'weighted' }]);
    let seed = 1;
    // Park and Miller's generator: the same draws in every run.
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const first = new Map<string, number>();
    for (let i = 0; i < 5_000; i++) {
      const order = way(policy, requestFor('open'), { random });
      const [taken = ''] = order;
      first.set(taken, (first.get(taken) ?? 0) + 1);
      expect(order.at(-1)).toBe('city');
    }
    expect(first.get('openai')! / 5_000).toBeCloseTo(3 / 5, 1);
    expect(first.get('tokyo')! / 5_000).toBeCloseTo(1 / 5, 1);
  });

  test('keeps a conversation with the upstream that answered it, where the rule says so', () => {
    const facts = { sticksTo: () => 'city' };
    const request = requestFor('open', { conversation: 'c' });
    const sticky = book([{ id: 'r', order: 'order', sticky: true }]);
    expect(way(sticky, request, facts)[0]).toBe('city');
    expect(way(plain, request, facts)[0]).toBe('openai');
    // A conversation that has become more sensitive does not take its upstream with it.
    const elsewhere = { sticksTo: () => 'openai' };
    const raised = requestFor('domestic', { conversation: 'c' });
    expect(way(sticky, raised, elsewhere)).toEqual(['city', 'embedded']);
  });
});

describe('a forbidden upstream', () => {
  const places: fc.Arbitrary<string> = fc.constantFrom('JP', 'US', 'CN', 'local');
  const upstream = fc.record({
    jurisdiction: places,
    residency: places,
    weight: fc.nat({ max: 5 }),
    capabilities: fc.dictionary(fc.constantFrom(...needs), fc.boolean()),
  });
  const some = <T>(items: fc.Arbitrary<T>) => fc.option(fc.array(items, { maxLength: 5 }));
  const written = { noNullPrototype: true } as const;

  test('is never a candidate, whatever the rule book, the request and the moment', () => {
    fc.assert(
      fc.property(
        fc.array(upstream, { minLength: 1, maxLength: 6 }),
        fc.record(
          {
            upstreams: some(fc.nat({ max: 5 })),
            jurisdictions: some(places),
            residencies: some(places),
          },
          written,
        ),
        fc.record({
          order: fc.constantFrom('order', 'weighted', 'least-busy', 'cheapest', 'fastest'),
          sticky: fc.boolean(),
          wanted: fc.subarray([...needs]),
          asked: fc.nat({ max: 7 }),
          seed: fc.nat(),
        }),
        (list, members, { order, sticky, wanted, asked, seed }) => {
          const upstreams = list.map((one, i) => ({ id: `u${i}`, ...one }));
          const ids = members.upstreams?.filter((i) => i < upstreams.length).map((i) => `u${i}`);
          const said = {
            ...(ids === undefined ? {} : { upstreams: ids }),
            ...(members.jurisdictions === null ? {} : { jurisdictions: members.jurisdictions }),
            ...(members.residencies === null ? {} : { residencies: members.residencies }),
          };
          fc.pre(Object.keys(said).length > 0);
          const policy = policyOf({
            upstreams,
            dataClasses: [{ id: 'c', ...said }],
            routing: [{ id: 'r', order, sticky }],
          });
          const facts: RoutingFacts = {
            ...noFacts,
            inFlight: (id) => (seed + id.charCodeAt(1)) % 3,
            firstTokenMs: (id) => (seed * id.charCodeAt(1)) % 100,
            random: () => ((seed % 97) + 1) / 98,
            sticksTo: () => `u${asked}`,
          };
          const model = asked > upstreams.length ? 'auto' : `u${asked}-model`;
          const request = requestFor('c', { model, needs: wanted, conversation: 'x' });
          const { candidates, refusal } = planRoute(policy, request, facts);
          for (const one of candidates) {
            expect(ids?.includes(one.id) ?? true).toBe(true);
            expect(members.jurisdictions?.includes(one.jurisdiction) ?? true).toBe(true);
            expect(members.residencies?.includes(one.residency) ?? true).toBe(true);
            for (const need of wanted) expect(one.capabilities?.[need]).not.toBe(false);
          }
          expect(new Set(candidates).size).toBe(candidates.length);
          // Refused exactly when nobody is left, and then some member is named.
          expect(refusal === undefined).toBe(candidates.length > 0);
          if (refusal !== undefined) expect(refusal.by.length).toBeGreaterThan(0);
          const { verdicts } = explainRoute(policy, request, { nowMs: 0, facts });
          expect(verdicts.map(({ declared }) => declared.id).toSorted()).toEqual(
            upstreams.map(({ id }) => id).toSorted(),
          );
          for (const { place, by } of verdicts) expect(place === undefined).toBe(by !== undefined);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the rule book', () => {
  const fault = (more: object, upstreams: readonly TestUpstream[] = vendors): string => {
    try {
      policyOf({ upstreams, dataClasses: classes, ...more });
    } catch (error) {
      if (error instanceof PolicyError) return error.message;
      throw error;
    }
    return 'no fault';
  };

  test.each([
    [{ routing: [{ id: 'r', order: 'best' }] }, /routing\.0\.order/],
    [{ routing: [{ id: 'r', order: 'order', classes: ['gone'] }] }, /no data class "gone"/],
    [
      { routing: [{ id: 'r', order: 'order', shadow: { upstream: 'gone', percent: 1 } }] },
      /no upstream "gone"/,
    ],
    [
      {
        routing: [
          { id: 'r', order: 'order' },
          { id: 'r', order: 'order' },
        ],
      },
      /routing\.1\.id: "r" is used twice/,
    ],
    [{ continuity: { breaker: { failures: 0 } } }, /continuity\.breaker\.failures/],
    [
      { examples: [{ name: 'a', text: 'x', class: 'gone', expect: { decision: 'allow' } }] },
      /examples\.0: there is no data class/,
    ],
  ])('names what leads nowhere: %#', (more, message) => {
    expect(fault(more)).toMatch(message);
  });

  test.each<[unknown, string]>([
    [
      { currency: 'USD', inputPerMillion: 2.5, outputPerMillion: 10 },
      'upstream: yen, currency: USD, inputPerMillion: 2.5, outputPerMillion: 10, validFrom: <',
    ],
    ['dear', 'upstream: yen, currency: JPY, inputPerMillion: 0, outputPerMillion: 0, validFrom: <'],
    [null, 'upstream: yen, currency: JPY'],
  ])('says where a price stands now, and the line to write: %j', (price, line) => {
    const said = fault({}, [...vendors, { id: 'yen', price }]);
    expect(said).toContain('upstreams.4.price: prices have a day on which they begin');
    expect(said).toContain(`add to accounting.prices { ${line}`);
  });

  test('knows whose terms were to be read again', () => {
    const terms = {
      url: 'https://x.example/terms',
      reviewed: '2026-01-10',
      reviewBy: '2026-07-01',
    };
    expect(isReviewOverdue({ terms }, Date.parse('2026-07-01T23:00:00Z'))).toBe(false);
    expect(isReviewOverdue({ terms }, Date.parse('2026-07-02T12:00:00Z'))).toBe(true);
    expect(isReviewOverdue({ terms: undefined }, Date.parse('2099-01-01'))).toBe(false);
    const backwards = { ...terms, reviewBy: '2025-01-01' };
    expect(fault({}, [{ id: 'x', terms: backwards }])).toMatch(/it lies before the review/);
  });
});

test('what was found in a request keeps upstreams of some laws away, also one asked for', () => {
  const policy = book();
  const ban = (jurisdictions: readonly string[]) => [{ by: 'supervision.r', jurisdictions }];
  const ids = (more: object) =>
    planRoute(policy, requestFor('open', more)).candidates.map(({ id }) => id);
  expect(ids({ bans: ban(['US']) })).toEqual(['city', 'embedded']);
  expect(ids({ bans: ban(['US']), model: 'openai' })).toEqual(['city', 'embedded']);
  const none = planRoute(policy, requestFor('open', { bans: ban(['US', 'JP', 'local']) }));
  expect(none.candidates).toEqual([]);
  expect(none.refusal).toEqual({ why: 'forbidden', by: ['supervision.r'] });
  const told = explainRoute(policy, requestFor('open', { bans: ban(['US']) }), { nowMs: 0 });
  expect(told.verdicts.find(({ declared }) => declared.id === 'openai')).toMatchObject({
    why: 'forbidden',
    by: 'supervision.r',
  });
});
