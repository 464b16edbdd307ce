import type { SupervisionRule } from '#policy';
import { type Direction, type Judged, decide, judge } from './decide.ts';
import type { Detector } from './finding.ts';
import { type Inspection, type Panel, createPanel, detectAll } from './inspection.ts';
import { normalise } from './normalise.ts';
import type { Placeholders } from './placeholders.ts';
import { resolve } from './resolve.ts';
import { Channel, type Pace, type StreamChannel } from './stream.ts';

export interface Part {
  /** Where the text stands in the message, such as `messages[2].content`. */
  readonly path: string;
  readonly text: string;
}

/** Looks at text and returns a value. It writes nothing, remembers nothing, and asks nobody. */
export interface Supervisor {
  /** Whole texts. No part completes a finding of another. */
  inspect(direction: Direction, parts: readonly Part[]): Inspection;
  /**
   * One channel of an answer. The pace says when the text is looked at, never what is found: where
   * nobody reads before the end, once is enough.
   */
  stream(direction: 'output', vault: Placeholders, pace?: Pace): StreamChannel;
}

export interface SupervisorOptions {
  readonly rules: readonly SupervisionRule[];
  readonly detectors: readonly Detector[];
  /** Ids of the data classes, least sensitive first. */
  readonly classes: readonly string[];
}

export function createSupervisor({ rules, detectors, classes }: SupervisorOptions): Supervisor {
  const panels: Readonly<Record<Direction, Panel>> = {
    input: createPanel(detectors, rules, 'input'),
    output: createPanel(detectors, rules, 'output'),
  };
  return {
    inspect: (direction, parts) => inspect(panels[direction], parts, classes),
    stream: (direction, vault, pace = 'stream') =>
      new Channel(panels[direction], { vault, classes, pace }),
  };
}

function inspect(panel: Panel, parts: readonly Part[], classes: readonly string[]): Inspection {
  const findings: (Judged & { readonly path: string })[] = [];
  const failed = new Set<string>();
  for (const { path, text } of parts) {
    const detected = detectAll(panel, normalise(text));
    for (const name of detected.failed) failed.add(name);
    const resolved = resolve(detected.raws);
    if (resolved.overflow) failed.add('overlap');
    for (const finding of resolved.findings) {
      findings.push({ ...judge(finding, panel.rulebook), path });
    }
  }
  const names = [...failed];
  const outcome = decide(findings, panel.rulebook, { failed: names, classes });
  return { ...outcome, findings, failed: names };
}
