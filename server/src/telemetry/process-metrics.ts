import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from './registry.ts';

/** What the process itself uses, under the names other exporters give it. @returns ends it */
export function observeProcess(registry: Registry, version: string): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const none = {};
  registry.gauge('sekisho_build_info', 'Version of the program.', () => [[{ version }, 1]]);
  registry.gauge('process_resident_memory_bytes', 'Resident memory.', () => [
    [none, process.memoryUsage.rss()],
  ]);
  registry.gauge('process_cpu_seconds_total', 'Processor time of the whole process.', () => {
    const { user, system } = process.cpuUsage();
    return [[none, (user + system) / 1e6]];
  });
  registry.gauge('process_uptime_seconds', 'Time since the start.', () => [
    [none, process.uptime()],
  ]);
  registry.gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop.', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return [[none, Number.isFinite(seconds) ? seconds : 0]];
  });
  return () => delay.disable();
}
