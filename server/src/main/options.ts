import type { Bilingual, Log } from '#base';
import type { Progress } from '#pack';
import type { Pack, SchoolSupervisor } from '#school';

export interface CheckpointOptions {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The rule book of a first start; the usual one when it is left out. */
  readonly firstRuleBook?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly version: string;
  /** Something the operator should read while the checkpoint starts. */
  readonly notice: (text: Bilingual) => void;
  readonly onModelProgress: (title: Bilingual, progress: Progress) => void;
  /** Makes a country pack ready for checking; the school's own when it is left out. */
  readonly createSchoolSupervisor?: (pack: Pack) => SchoolSupervisor;
  /** The ledger can no longer record: the process must end. */
  readonly onFatal: (error: unknown) => void;
}
