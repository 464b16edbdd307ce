import type { PolicyDocument, SupervisionRule } from '#policy';
import type { Watch } from './decide.ts';
import { detectorsOf } from './registry.ts';
import { type Supervisor, createSupervisor } from './supervisor.ts';

/** All that a supervisor is made of, as plain data: so that a thread can make the same one. */
export interface SupervisorDefinition {
  readonly rules: readonly SupervisionRule[];
  /** Ids of the data classes, least sensitive first. */
  readonly classes: readonly string[];
  /** What guard models are asked about. */
  readonly watches?: readonly Watch[];
  /** What the rule book describes beside its rules. */
  readonly document: Pick<PolicyDocument, 'identifiers' | 'canaries' | 'links'>;
}

export function supervisorOf({
  rules,
  classes,
  watches = [],
  document: { identifiers, canaries, links },
}: SupervisorDefinition): Supervisor {
  return createSupervisor({
    rules,
    detectors: detectorsOf({ identifiers, canaries, links }),
    canaryMarkers: canaries?.markers ?? [],
    classes,
    watches,
  });
}
