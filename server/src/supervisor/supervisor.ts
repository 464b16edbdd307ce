import type { Ban, SupervisionRule } from '#policy';
import { type Direction, type Judged, type Watch, conclude, judge } from './decide.ts';
import type { Detector, Finding } from './finding.ts';
import { detectDecoded, detectRun, withDecoded } from './decoded.ts';
import { EncodedRuns } from './encoded-runs.ts';
import { type Detected, type Inspection, type Panel, detectAll, panelWith } from './inspection.ts';
import { InstructionLeaks } from './instruction-leaks.ts';
import { languageOf } from './language.ts';
import { type NormalText, normalise } from './normalise.ts';
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
   * The same, where whoever asks can wait: long texts are looked at in a thread of their own, if
   * there are any, so that nobody else has to.
   * @throws {ThreadsBusy} when too many long texts wait already
   */
  inspectAside(
    direction: Direction,
    parts: readonly Part[],
    about?: About,
  ): Inspection | Promise<Inspection>;
  /**
   * What guard models may be asked about in whole texts that go out. Also by detectors that are
   * otherwise asked about requests alone; no rule has judged it.
   */
  watched(parts: readonly Part[]): Inspection;
  /**
   * The same texts once somebody has said more about them: findings were added or taken away.
   * @param failed names of those who should have spoken and did not
   */
  reconsider(
    direction: Direction,
    parts: readonly Part[],
    said: {
      readonly findings: readonly (Finding & { readonly path: string })[];
      readonly failed: readonly string[];
    },
    about?: About,
  ): Inspection;
  /**
   * One channel of an answer. The pace says when the text is looked at, never what is found: where
   * nobody reads before the end, once is enough.
   */
  stream(direction: 'output', vault: Placeholders, how?: StreamSetting): StreamChannel;
}

export interface StreamSetting {
  readonly pace?: Pace;
  readonly about?: About;
  /**
   * What the model was told before the person spoke, which should not come back. One array for
   * all channels of an answer: what is made of it is kept by it.
   */
  readonly instructions?: readonly string[];
}

export interface SupervisorOptions {
  readonly rules: readonly SupervisionRule[];
  readonly detectors: readonly Detector[];
  /** Ids of the data classes, least sensitive first. */
  readonly classes: readonly string[];
  /** What guard models are asked about: looked for in requests though no rule may say so. */
  readonly watches?: readonly Watch[];
  /** Words behind which the instructions of a request name a canary. */
  readonly canaryMarkers?: readonly string[];
}

export function createSupervisor({
  rules,
  detectors,
  classes,
  watches = [],
  canaryMarkers = [],
}: SupervisorOptions): Supervisor {
  const asking = watches.filter(({ direction = 'input' }) => direction !== 'output');
  const answering = watches.filter(({ direction = 'input' }) => direction !== 'input');
  const panels: Readonly<Record<Direction, Panels>> = {
    input: new Panels(detectors, rules, { direction: 'input', watches: asking, classes }),
    output: new Panels(detectors, rules, { direction: 'output', watches: [], classes }),
  };
  const watching = new Panels(detectors.map(everywhere), [], {
    direction: 'output',
    watches: answering,
    classes,
  });
  const leaks = new InstructionLeaks(canaryMarkers);
  const inspectHere: Supervisor['inspect'] = (direction, parts, about = {}) =>
    inspect(panels[direction], parts, { about, classes });
  return {
    inspect: inspectHere,
    inspectAside: inspectHere,
    watched: (parts) => inspect(watching, parts, { about: {}, classes }),
    reconsider: (direction, parts, said, about = {}) =>
      reconsider(panels[direction], parts, { ...said, about, classes }),
    stream: (direction, vault, { pace = 'stream', about = {}, instructions } = {}) => {
      const panel = panels[direction].for(about);
      const own = instructions === undefined ? [] : leaks.of(instructions);
      return new Channel(panelWith(panel, own), { vault, classes, pace });
    },
  };
}

function everywhere({ only: _only, ...detector }: Detector): Detector {
  return detector;
}

interface Given {
  readonly about: About;
  readonly classes: readonly string[];
}

/** What was found in one part, and the panel whose rules are about that part. */
interface Seen {
  readonly path: string;
  readonly panel: Panel;
  readonly findings: readonly Finding[];
}

/** What is written otherwise. An answer is read as its stream would be. */
function decode(panel: Panel, text: NormalText, { raws }: Detected): Detected {
  if (panel.groups.length === 0) return { raws: [], failed: [] };
  if (panel.decodes === 'whole') return detectDecoded(panel, text, raws);
  const found = new EncodedRuns().read(text, true).map((run) => detectRun(panel, text, run));
  return { raws: found.flatMap((run) => run.raws), failed: found.flatMap((run) => run.failed) };
}

function inspect(panels: Panels, parts: readonly Part[], given: Given): Inspection {
  const failed = new Set<string>();
  const seen = parts.map(({ path, text }): Seen => {
    const panel = panelOf(panels, text, given.about);
    const normal = normalise(text);
    const detected = detectAll(panel, normal);
    const decoded = decode(panel, normal, detected);
    for (const name of [...detected.failed, ...decoded.failed]) failed.add(name);
    const { findings, overflow } = resolve(withDecoded(detected.raws, decoded.raws));
    if (overflow) failed.add('overlap');
    return { path, panel, findings };
  });
  return judgeAll(panels, seen, { failed: [...failed], classes: given.classes });
}

function reconsider(
  panels: Panels,
  parts: readonly Part[],
  given: Given & {
    readonly findings: readonly (Finding & { readonly path: string })[];
    readonly failed: readonly string[];
  },
): Inspection {
  const { findings, failed, about, classes } = given;
  const seen = parts.map(({ path, text }) => ({
    path,
    panel: panelOf(panels, text, about),
    findings: findings.filter((finding) => finding.path === path).map(unjudged),
  }));
  return judgeAll(panels, seen, { failed, classes });
}

function panelOf(panels: Panels, text: string, about: About): Panel {
  const guess = panels.askLanguage && about.statedLanguage !== true;
  return panels.for(guess ? { ...about, language: languageOf(text) } : about);
}

function unjudged(finding: Finding): Finding {
  const { kind, start, end, score, detector, malformed, alternatives, through } = finding;
  return {
    kind,
    start,
    end,
    score,
    detector,
    ...(malformed === undefined ? {} : { malformed }),
    ...(alternatives === undefined ? {} : { alternatives }),
    ...(through === undefined ? {} : { through }),
  };
}

function judgeAll(
  panels: Panels,
  seen: readonly Seen[],
  of: { readonly failed: readonly string[]; readonly classes: readonly string[] },
): Inspection {
  if (of.failed.length === 0 && seen.every(({ findings: found }) => found.length === 0)) {
    return { decision: { action: 'allow', rules: [] }, bans: [], findings: [], failed: [] };
  }
  const findings: (Judged & { readonly path: string })[] = [];
  const matched = new Set<SupervisionRule>();
  const bans = new Map<string, Ban>();
  for (const { path, panel, findings: found } of seen) {
    const { rulebook } = panel;
    for (const finding of found) {
      findings.push({ ...judge(finding, rulebook), path });
      for (const rule of rulebook.matching(finding)) matched.add(rule);
      for (const { id, when } of rulebook.banning(finding)) {
        bans.set(id, { by: `supervision.${id}`, jurisdictions: when?.jurisdictions ?? [] });
      }
    }
  }
  const outcome = conclude(matched, panels.all.rulebook, of);
  return { ...outcome, bans: [...bans.values()], findings, failed: of.failed };
}
