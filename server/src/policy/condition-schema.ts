import { z } from 'zod';

/** Age groups of the people who ask, youngest first. The borders are ours; laws set them apart. */
export const ageGroups = ['under13', '13to15', '16to17', 'adult'] as const;

export type AgeGroup = (typeof ageGroups)[number];

/** What else must be so for a rule to be about a text. Every member that is written must hold. */
export const condition = z.strictObject({
  /** The data class that was stated, or that of requests that state none. */
  classes: z.array(z.string()).min(1).max(32).optional(),
  /** Of the text, as it is guessed from it; of an answer, that of the question. */
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/, 'write languages as ISO 639 does: ja, en, id'))
    .min(1)
    .max(32)
    .optional(),
  /** Of the person who asks, as the header `x-sekisho-age-group` or the institution says. */
  ages: z.array(z.enum(ageGroups)).min(1).optional(),
  /** Upstreams under these laws are not asked: the rule keeps them away, and stops nothing else. */
  jurisdictions: z
    .array(z.string().regex(/^(local|[A-Z]{2})$/, 'write countries as ISO 3166-1 does: JP, US'))
    .min(1)
    .max(64)
    .optional(),
});

export type Condition = z.infer<typeof condition>;

/** Laws under which no upstream may see a request, and the rule that says so. */
export interface Ban {
  /** The member of the rule book, by its path. */
  readonly by: string;
  readonly jurisdictions: readonly string[];
}
