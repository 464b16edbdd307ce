import type { Manifest, SchoolSupervisor } from '#school';

/** A country pack that classes may use: published in the ledger and ready to check with. */
export interface ReadyPack {
  readonly supervisor: SchoolSupervisor;
  readonly manifest: Manifest;
  /** Leaf hash of the entry that published its hash. */
  readonly leaf: string;
}
