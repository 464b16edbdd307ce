import { z } from 'zod';

// What was written into the ledger, read back. Loose: later versions add members.

/** What the rules of a class said about an exchange of one of its pupils. */
const recordedSchool = z.looseObject({
  class: z.string(),
  decision: z.enum(['pass', 'annotate', 'rewrite', 'hold', 'stop']),
  subject: z.string().nullish(),
  codes: z.array(z.string()).default([]),
  rules: z.array(z.string()).default([]),
  rewrites: z.number().default(0),
  asked: z.boolean().default(false),
  signs: z.array(z.string()).default([]),
  locked: z.boolean().default(false),
});
export type RecordedSchool = z.infer<typeof recordedSchool>;

/** `policy.verdicts` of an intent or an outcome. */
export const recordedVerdicts = z.looseObject({
  decision: z.string().default(''),
  rules: z.array(z.string()).default([]),
  findings: z
    .array(
      z.looseObject({
        kind: z.string(),
        path: z.string(),
        start: z.number(),
        end: z.number(),
        direction: z.string(),
        rule: z.string().optional(),
      }),
    )
    .default([]),
  failure: z.string().nullish(),
  school: recordedSchool.nullish().catch(null),
});
export type RecordedVerdicts = z.infer<typeof recordedVerdicts>;

const none = recordedVerdicts.parse({});

export function readVerdicts(value: unknown): RecordedVerdicts {
  return recordedVerdicts.safeParse(value).data ?? none;
}

/** `system.review` of a record. */
export const recordedReview = z.looseObject({
  event: z.enum(['contested', 'upheld', 'overturned']),
  /** Id and index of the passage's intent. */
  passage: z.string(),
  index: z.number(),
  rules: z.array(z.string()),
  /** Of the passage: only an overturned block is counted as one. */
  decision: z.string().optional(),
  /** Unix milliseconds until which the same request may pass once, where it may. */
  until: z.number().nullish(),
  /** Of a pupil's passage: the class. */
  class: z.string().nullish(),
});

/** The same as it is written. */
export interface RecordedReview {
  readonly event: 'contested' | 'upheld' | 'overturned';
  readonly passage: string;
  readonly index: number;
  readonly rules: readonly string[];
  readonly decision: string;
  readonly until?: number | null;
  readonly class?: string;
}
