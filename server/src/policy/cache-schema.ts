import { limits } from '#base';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use 1 to 64 of a-z 0-9 . _ -');

/** Answers of one data class that may be given again. */
const cachedClass = z
  .strictObject({
    /** The data class. */
    id: name,
    /** For how long an answer may be given again. */
    seconds: z.int().min(1).max(limits.cacheSeconds),
    /** To a request that is the same to the last letter. */
    exact: z.boolean().default(true),
    /** To a question that differs in nothing but how politely it is put. */
    semantic: z
      .strictObject({
        /** How alike both texts must be beyond that, 0 to 100. */
        minLikeness: z.int().min(50).max(100).default(70),
      })
      .optional(),
    /** Requests that state a higher temperature, or none, want another answer each time. */
    maxTemperature: z.number().min(0).max(2).default(0),
  })
  .refine(({ exact, semantic }) => exact || semantic !== undefined, {
    path: ['exact'],
    message: 'it allows nothing: write exact, semantic or both, or leave the class out',
  });

/** The member `cache`: absent, no answer is ever given twice. Kept in memory only. */
export const cache = z.strictObject({
  maxEntries: z.int().min(1).max(limits.cacheEntries).default(1_000),
  maxMegabytes: z.int().min(1).max(limits.cacheMegabytes).default(32),
  classes: z.array(cachedClass).min(1).max(32),
});

interface CachingDocument {
  readonly dataClasses: readonly { readonly id: string }[];
  readonly cache?: z.infer<typeof cache> | undefined;
}

/** What the member alone cannot show: classes that are not there, or stand twice. */
export function checkCache(
  document: CachingDocument,
  report: (path: (string | number)[], message: string) => void,
): void {
  const classes = new Set(document.dataClasses.map(({ id }) => id));
  const seen = new Set<string>();
  for (const [i, { id }] of (document.cache?.classes ?? []).entries()) {
    const at = ['cache', 'classes', i, 'id'];
    if (!classes.has(id)) report(at, `there is no data class "${id}"`);
    if (seen.has(id)) report(at, `"${id}" is used twice`);
    seen.add(id);
  }
}
