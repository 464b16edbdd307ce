import { z } from 'zod';

/** A pack that was added (`sekisho pack add`), or a folder: absolute, or of the data folder. */
const pack = z
  .string()
  .regex(
    /^([a-z0-9][a-z0-9._-]{0,63}|\.{0,2}\/[^\0]{1,400})$/,
    'write the id of a pack, or a path',
  );

/** The member `school`: absent, no class is supervised, and keys of classes get nothing. */
export const school = z.strictObject({
  packs: z.array(pack).min(1).max(32),
  /**
   * What teachers may read of what a pupil asked and was answered: passages that wait for them
   * (`held`), also those with notes and those a pupil objects to (`flagged`), or `none`.
   */
  teacherReads: z.enum(['held', 'flagged', 'none']).default('held'),
  /** From which decision on a conversation is closed until a teacher releases what is held. */
  lockAfter: z.enum(['hold', 'stop', 'never']).default('stop'),
  /** A model that is asked only where the curriculum leaves open whether a question is of it. */
  judge: z
    .strictObject({
      /** One of `upstreams`. */
      upstream: z.string().min(1).max(64),
      timeoutMs: z.int().min(50).max(30_000).default(3_000),
      /** What holds when it is late, fails or may not see the data class. */
      whenSilent: z.enum(['note', 'hold']).default('note'),
    })
    .optional(),
  /** What cannot be checked waits for a teacher; there is no other setting. */
  onFailure: z.literal('hold').default('hold'),
});

/** What the member alone cannot show. */
export function checkSchool(
  declared: z.infer<typeof school> | undefined,
  upstreams: ReadonlySet<string>,
  report: (path: (string | number)[], message: string) => void,
): void {
  if (declared === undefined) return;
  const { packs, judge } = declared;
  for (const [i, name] of packs.entries()) {
    if (packs.indexOf(name) < i) report(['school', 'packs', i], `"${name}" is used twice`);
  }
  if (judge !== undefined && !upstreams.has(judge.upstream)) {
    report(['school', 'judge', 'upstream'], `there is no upstream "${judge.upstream}"`);
  }
}
