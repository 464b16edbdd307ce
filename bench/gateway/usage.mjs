// What a program costs its machine, as Linux counts it. Elsewhere nothing is known: NaN.
import { readFileSync, readdirSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** A process and all it started. */
export function family(pid) {
  const parents = new Map();
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(read(`/proc/${name}/stat`).split(') ')[1]?.split(' ')[1]);
    parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const one of found) {
    for (const [child, parent] of parents) if (parent === one) found.push(child);
  }
  return found;
}

function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Nanoseconds on a processor of each thread, by process and thread. */
export function threadTimes(pids) {
  const times = new Map();
  for (const pid of pids) {
    for (const tid of list(`/proc/${pid}/task`)) {
      const ran = Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(' ')[0]);
      times.set(`${pid}/${tid}`, ran);
    }
  }
  return times;
}

/**
 * Microseconds between two readings: in all, of the first thread, which in Node runs the program,
 * and of the busiest other one, which in Sekisho keeps the ledger.
 */
export function cpuBetween(pid, before, after) {
  if (after.size === 0) return { all: Number.NaN, main: Number.NaN, second: Number.NaN };
  const spent = [...after].map(([id, ran]) => [id, (ran - (before.get(id) ?? 0)) / 1_000]);
  const others = spent.filter(([id]) => id !== `${pid}/${pid}`).map(([, us]) => us);
  return {
    all: spent.reduce((sum, [, us]) => sum + us, 0),
    main: spent.find(([id]) => id === `${pid}/${pid}`)?.[1] ?? Number.NaN,
    second: Math.max(0, ...others),
  };
}

/** Resident megabytes of a process and all it started. */
export function residentMb(pid) {
  const kilobytes = family(pid).map((one) =>
    Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? Number.NaN),
  );
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1_024;
}
