import { limits } from '#base';
import type { Ban, SupervisionRule } from '#policy';
import {
  type Decision,
  type Direction,
  type Judged,
  type Rulebook,
  type Watch,
  createRulebook,
} from './decide.ts';
import { type Anchor, type Detector, boundedAnchor, detectorName } from './finding.ts';
import type { NormalText } from './normalise.ts';
import type { Raw } from './resolve.ts';

export interface Inspection {
  readonly decision: Decision;
  /** The highest data class that a matching rule raises the request to. */
  readonly raisedTo?: string;
  /** Rules that keep upstreams of some jurisdictions from seeing this. */
  readonly bans: readonly Ban[];
  readonly findings: readonly (Judged & { readonly path: string })[];
  /** Detectors that threw or found more than `limits.findings`. Not empty means block. */
  readonly failed: readonly string[];
}

interface Group {
  readonly anchor: Anchor;
  readonly members: readonly { readonly detector: Detector; readonly rank: number }[];
}

/** The detectors that some rule of a direction asks for, grouped by what they look for first. */
export interface Panel {
  readonly rulebook: Rulebook;
  readonly groups: readonly Group[];
  /** Those that look for attacks: a reading that may be wrong is shown to nobody else. */
  readonly attackGroups: readonly Group[];
  /** Of the detectors whose findings a rule may withhold: what a stream must wait for. */
  readonly withholding: readonly Anchor[];
  /**
   * How encodings are undone. `whole`: the text as one, with all that it might mean, on the way in.
   * `runs`: each encoded run by itself, on the way out, so that a stream need not wait for its end.
   */
  readonly decodes: 'whole' | 'runs';
}

export function createPanel(
  detectors: readonly Detector[],
  rules: readonly SupervisionRule[],
  direction: Direction,
  watches: readonly Watch[] = [],
): Panel {
  const rulebook = createRulebook(rules, direction, watches);
  const asked = ({ only }: Detector): boolean => only === undefined || only === direction;
  const concerned = (detector: Detector): boolean =>
    detector.kinds.some(({ kind }) => rulebook.concerns(kind));
  const contests = new Set(detectors.filter(concerned).map(({ contest }) => contest));
  const groups = new Map<Anchor, { detector: Detector; rank: number }[]>();
  const withholding = new Set<Anchor>();
  for (const [rank, detector] of detectors.entries()) {
    // A rival is asked too: what it names with certainty must not pass for something else.
    const rival = detector.contest !== undefined && contests.has(detector.contest);
    if (!asked(detector) || (!concerned(detector) && !rival)) continue;
    const anchor = detector.anchor ?? boundedAnchor(detector.maxSpan);
    groups.set(anchor, [...(groups.get(anchor) ?? []), { detector, rank }]);
    if (detector.kinds.some(({ kind }) => rulebook.withholds(kind))) withholding.add(anchor);
  }
  const all = [...groups].map(([anchor, members]) => ({ anchor, members }));
  return {
    rulebook,
    groups: all,
    attackGroups: all
      .map(({ anchor, members }) => ({
        anchor,
        members: members.filter(({ detector }) => detector.kinds.some(isAttack)),
      }))
      .filter(({ members }) => members.length > 0),
    withholding: [...withholding],
    decodes: direction === 'input' ? 'whole' : 'runs',
  };
}

function isAttack({ kind }: { readonly kind: string }): boolean {
  return kind.startsWith('attack.');
}

/** The same panel with detectors of one exchange, where some rule is about their kinds. */
export function panelWith(panel: Panel, detectors: readonly Detector[]): Panel {
  const { rulebook, groups, withholding } = panel;
  const own = detectors
    .filter(({ kinds, maxScore = 100 }) =>
      kinds.some(({ kind }) => rulebook.matching({ kind, score: maxScore }).length > 0),
    )
    .map((detector) => ({ detector, anchor: detector.anchor ?? boundedAnchor(detector.maxSpan) }));
  if (own.length === 0) return panel;
  const withheld = own.filter(({ detector: { kinds } }) =>
    kinds.some(({ kind }) => rulebook.withholds(kind)),
  );
  // What no contest is about is told apart by nothing else.
  const rank = groups.reduce((sum, { members }) => sum + members.length, 0);
  return {
    ...panel,
    groups: [
      ...groups,
      ...own.map(({ detector, anchor }) => ({ anchor, members: [{ detector, rank }] })),
    ],
    withholding: [...withholding, ...withheld.map(({ anchor }) => anchor)],
  };
}

export interface Detected {
  readonly raws: readonly Raw[];
  readonly failed: readonly string[];
}

/**
 * What the panel's detectors see of what begins at or after an index, below no rule's notice.
 * A detector that throws or finds too much is named and its findings are dropped.
 * @param groups of the panel's detectors those that are asked
 */
export function detectAll(
  panel: Panel,
  text: NormalText,
  from = 0,
  groups: readonly Group[] = panel.groups,
): Detected {
  const raws: Raw[] = [];
  const failed: string[] = [];
  const offset = text.start(from);
  const { floor } = panel.rulebook;
  for (const { anchor, members } of groups) {
    for (const { detector, rank } of members) {
      try {
        if (!anchor.present(text, from)) break;
        const seen = detector.detect(text);
        if (seen.length === 0) continue;
        const found = seen.filter(({ start, score }) => start >= offset && score >= floor);
        if (found.length > limits.findings) failed.push(detectorName(detector));
        else for (const finding of found) raws.push({ finding, contest: detector.contest, rank });
      } catch {
        failed.push(detectorName(detector));
      }
    }
  }
  return { raws, failed };
}
