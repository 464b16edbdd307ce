import { limits } from '#base';
import { Registry } from '#telemetry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('what Prometheus reads', () => {
  test('is its text format, counts and times alike', () => {
    const registry = new Registry();
    registry.counter('a_total', 'Some.').add({ code: 'x' }, 2);
    const seconds = registry.histogram('b_seconds', 'Times.');
    seconds.observe({ of: 'y' }, 0.03);
    seconds.observe({ of: 'y' }, 500);
    registry.gauge('c', 'Now.', () => [[{}, 7]]);
    const lines = registry.text().split('\n');
    expect(lines).toContain('# TYPE a_total counter');
    expect(lines).toContain('a_total{code="x"} 2');
    expect(lines).toContain('b_seconds_bucket{of="y",le="0.025"} 0');
    expect(lines).toContain('b_seconds_bucket{of="y",le="0.05"} 1');
    expect(lines).toContain('b_seconds_bucket{of="y",le="+Inf"} 2');
    expect(lines).toContain('b_seconds_count{of="y"} 2');
    expect(lines).toContain('c 7');
  });

  test('stays one line for each series, whatever a label holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        const registry = new Registry();
        registry.counter('a_total', 'Some.').add({ of: value });
        const body = registry.text().split('\n').slice(2);
        expect(body).toHaveLength(2);
        expect(body[0]).toMatch(/^a_total\{of="(?:[^"\\]|\\["\\n])*"\} 1$/su);
      }),
    );
  });

  test('has a bounded number of series, and loses no count', () => {
    const registry = new Registry();
    const counter = registry.counter('a_total', 'Some.');
    for (let i = 0; i < limits.metricSeries + 500; i++) counter.add({ of: `n${i}` });
    const values = registry
      .text()
      .split('\n')
      .filter((line) => line.startsWith('a_total{'));
    expect(values).toHaveLength(limits.metricSeries + 1);
    expect(values).toContain('a_total{of="other"} 500');
  });
});
