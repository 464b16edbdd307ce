import { limits } from '#base';

export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(): Iterable<string>;
}

/** Seconds; what people wait for an answer, from a cache hit to a long one. */
const waitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Seconds; what a disk takes, from a cache that says it is done to one that hangs. */
export const diskBuckets: readonly number[] = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10,
];

/**
 * What Prometheus may read. Label sets are bounded: what comes after the last place counts under
 * `other`, so that nobody can fill the memory by inventing names. Callers pass names of the rule
 * book, codes and counts; nothing personal reaches this.
 */
export class Registry {
  readonly #families: Family[] = [];

  counter(name: string, help: string): Counter {
    const counter = new Counter(name, help);
    this.#families.push(counter);
    return counter;
  }

  /** @param buckets upper bounds in seconds, rising */
  histogram(name: string, help: string, buckets: readonly number[] = waitBuckets): Histogram {
    const histogram = new Histogram(name, help, buckets);
    this.#families.push(histogram);
    return histogram;
  }

  /** @param read called at each reading; gives labels and values */
  gauge(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): void {
    this.#families.push({
      name,
      help,
      type: 'gauge',
      *lines() {
        for (const [labels, value] of read()) yield `${name}${written(labels)} ${value}`;
      },
    });
  }

  /** The text format 0.0.4 of Prometheus. */
  text(): string {
    return this.#families
      .map((family) => {
        const { name, help, type } = family;
        const body = [...family.lines()].map((line) => `${line}\n`).join('');
        return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${body}`;
      })
      .join('');
  }
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

class Series<Value> {
  readonly #values = new Map<string, Value>();
  /** The same by the labels as they came: they are escaped once, and counted at every request. */
  readonly #byLabels = new Map<string, Value>();
  readonly #make: () => Value;

  constructor(make: () => Value) {
    this.#make = make;
  }

  at(labels: Labels): Value {
    let given = '';
    for (const name in labels) given += `${name}\0${labels[name]}\0`;
    const known = this.#byLabels.get(given);
    if (known !== undefined) return known;
    const value = this.#find(labels);
    // What is counted under `other` is not remembered: strangers may have named it.
    if (this.#byLabels.size < limits.metricSeries) this.#byLabels.set(given, value);
    return value;
  }

  #find(labels: Labels): Value {
    const key = written(labels);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= limits.metricSeries) {
      const other = Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
      return this.#set(written(other));
    }
    return this.#set(key);
  }

  entries(): Iterable<[string, Value]> {
    return this.#values;
  }

  #set(key: string): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = this.#make();
    this.#values.set(key, value);
    return value;
  }
}

export class Counter implements Family {
  readonly name: string;
  readonly help: string;
  readonly type = 'counter';
  readonly #series = new Series(() => ({ value: 0 }));

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  add(labels: Labels, by = 1): void {
    this.#series.at(labels).value += by;
  }

  *lines(): Iterable<string> {
    for (const [labels, { value }] of this.#series.entries())
      yield `${this.name}${labels} ${value}`;
  }
}

export class Histogram implements Family {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #buckets: readonly number[];
  readonly #series = new Series(() => ({
    counts: this.#buckets.map(() => 0),
    sum: 0,
    count: 0,
  }));

  constructor(name: string, help: string, buckets: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#buckets = buckets;
  }

  /** @param seconds a time taken */
  observe(labels: Labels, seconds: number): void {
    const series = this.#series.at(labels);
    const bucket = this.#buckets.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) series.counts[bucket]! += 1;
    series.sum += seconds;
    series.count++;
  }

  *lines(): Iterable<string> {
    for (const [labels, { counts, sum, count }] of this.#series.entries()) {
      let below = 0;
      for (const [i, bound] of this.#buckets.entries()) {
        below += counts[i]!;
        yield `${this.name}_bucket${withBound(labels, String(bound))} ${below}`;
      }
      yield `${this.name}_bucket${withBound(labels, '+Inf')} ${count}`;
      yield `${this.name}_sum${labels} ${sum}`;
      yield `${this.name}_count${labels} ${count}`;
    }
  }
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value
    .slice(0, 200)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

function withBound(labels: string, bound: string): string {
  return labels === '' ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`;
}
