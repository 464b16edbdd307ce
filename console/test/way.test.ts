import { expect, test } from 'vitest';
import type { Finding, PassageDetail } from '../src/api/passages.ts';
import { describeWay } from '../src/passage/way.ts';
import { tallLayout, wideLayout } from '../src/passage/way-layout.ts';

const whole: PassageDetail = {
  id: 'a',
  index: 3,
  time: 0,
  key: 'k',
  dataClass: 'internal',
  upstream: 'u',
  model: 'm',
  decision: 'allow',
  end: 'complete',
  rules: [],
  fallback: false,
  ms: 1,
  outcomeIndex: 4,
  findings: [],
  attempts: [{ upstream: 'u', outcome: 'answered' }],
  failure: null,
  cache: null,
  guards: [],
  inputTokens: 1,
  outputTokens: 1,
  estimated: false,
  firstByteMs: 1,
  intentLeaf: 'x',
  outcomeLeaf: 'y',
  contentState: 'PRESENT',
  erasures: [],
  held: false,
};

const finding = (direction: string, rule: string | null): Finding => ({
  kind: 'k',
  path: 'p',
  start: 0,
  end: 1,
  score: 90,
  detector: 'd@1',
  direction,
  rule,
});

const actionOf = (rule: string): string | undefined =>
  ({ mask: 'redact', note: 'annotate', review: 'escalate' })[rule];

test('an answer that is given again comes from where its upstream would stand', () => {
  const cache = { answer: 'semantic-hit', passage: 'b' };
  const way = describeWay({ ...whole, attempts: [], cache }, actionOf);
  expect(way).toMatchObject({
    kept: true,
    attempts: [{ upstream: 'u', outcome: 'semantic-hit' }],
    received: 'received',
  });
  expect(way.travelled.has('upstream-out')).toBe(true);
  expect(way.travelled.has('bypass')).toBe(false);
});

test('a whole passage travels every road but the short cut', () => {
  const way = describeWay(whole, actionOf);
  expect([...way.travelled].toSorted()).toEqual([
    'caller-in',
    'in-intent',
    'intent-upstream',
    'out-outcome',
    'outcome-caller',
    'upstream-out',
  ]);
  expect(way.received).toBe('received');
});

test('a request that was stopped never reaches an upstream, and its gate is shut', () => {
  const way = describeWay(
    { ...whole, decision: 'block', end: 'refused', attempts: [], upstream: null },
    actionOf,
  );
  expect(way.travelled.has('intent-upstream')).toBe(false);
  expect(way.travelled.has('bypass')).toBe(true);
  expect(way.gates.in.decision).toBe('block');
  expect(way.gates.out.reached).toBe(false);
  expect(way.received).toBe('refusal');
});

test('an answer that was stopped shuts the gate on the way out, not the one on the way in', () => {
  const way = describeWay({ ...whole, decision: 'block', end: 'refused' }, actionOf);
  expect(way.gates.in.decision).toBe('allow');
  expect(way.gates.out.decision).toBe('block');
});

test('each gate shows the strongest of the rules that applied there', () => {
  const findings = [
    finding('input', 'note'),
    finding('input', 'mask'),
    finding('input', null),
    finding('output', 'review'),
  ];
  const way = describeWay({ ...whole, decision: 'escalate', findings }, actionOf);
  expect(way.gates.in).toMatchObject({ decision: 'redact', findings: 3 });
  expect(way.gates.out).toMatchObject({ decision: 'escalate', findings: 1 });
});

test('a passage under way has received nothing yet', () => {
  const way = describeWay(
    { ...whole, end: null, outcomeIndex: null, attempts: [], upstream: null },
    actionOf,
  );
  expect([...way.travelled]).toEqual(['caller-in', 'in-intent']);
  expect(way.received).toBe('waits');
});

test('every upstream that was tried has its place inside the picture', () => {
  for (const layout of [wideLayout, tallLayout]) {
    for (let count = 1; count <= 12; count++) {
      const { upstreams, width, height } = layout(count);
      expect(upstreams).toHaveLength(count);
      for (const box of upstreams) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.y).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.y + box.height).toBeLessThanOrEqual(height);
      }
    }
  }
});
