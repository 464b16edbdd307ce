import type { Ban, SupervisionRule } from '#policy';
import { type Direction, type Judged, conclude, judge } from './decide.ts';
import type { Detector } from './finding.ts';
import { type Inspection, detectAll } from './inspection.ts';
import { languageOf } from './language.ts';
import { normalise } from './normalise.ts';
import { type About, Panels } from './panels.ts';
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
  inspect(direction: Direction, parts: readonly Part[], about?: About): Inspection;
  /**
   * One channel of an answer. The pace says when the text is looked at, never what is found: where
   * nobody reads before the end, once is enough.
   */
  stream(
    direction: 'output',
    vault: Placeholders,
    how?: { readonly pace?: Pace; readonly about?: About },
  ): StreamChannel;
}

export interface SupervisorOptions {
  readonly rules: readonly SupervisionRule[];
  readonly detectors: readonly Detector[];
  /** Ids of the data classes, least sensitive first. */
  readonly classes: readonly string[];
}

export function createSupervisor({ rules, detectors, classes }: SupervisorOptions): Supervisor {
  const panels: Readonly<Record<Direction, Panels>> = {
    input: new Panels(detectors, rules, 'input'),
    output: new Panels(detectors, rules, 'output'),
  };
  return {
    inspect: (direction, parts, about = {}) =>
      inspect(panels[direction], parts, { about, classes }),
    stream: (direction, vault, { pace = 'stream', about = {} } = {}) =>
      new Channel(panels[direction].for(about), { vault, classes, pace }),
  };
}

function inspect(
  panels: Panels,
  parts: readonly Part[],
  { about, classes }: { readonly about: About; readonly classes: readonly string[] },
): Inspection {
  const findings: (Judged & { readonly path: string })[] = [];
  const failed = new Set<string>();
  const matched = new Set<SupervisionRule>();
  const bans = new Map<string, Ban>();
  for (const { path, text } of parts) {
    const language = panels.askLanguage ? languageOf(text) : undefined;
    const panel = panels.for(language === undefined ? about : { ...about, language });
    const { rulebook } = panel;
    const detected = detectAll(panel, normalise(text));
    for (const name of detected.failed) failed.add(name);
    const resolved = resolve(detected.raws);
    if (resolved.overflow) failed.add('overlap');
    for (const finding of resolved.findings) {
      findings.push({ ...judge(finding, rulebook), path });
      for (const rule of rulebook.matching(finding)) matched.add(rule);
      for (const { id, when } of rulebook.banning(finding)) {
        bans.set(id, { by: `supervision.${id}`, jurisdictions: when?.jurisdictions ?? [] });
      }
    }
  }
  const names = [...failed];
  const outcome = conclude(matched, panels.all.rulebook, { failed: names, classes });
  return { ...outcome, bans: [...bans.values()], findings, failed: names };
}
