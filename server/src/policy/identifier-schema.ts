import { z } from 'zod';

const sentence = z.string().min(1).max(200);

/**
 * Numbers of the institution's own: of pupils, staff, patients, cases. Their form is written with 9
 * for a digit, A for a letter and * for either; everything else stands for itself.
 */
export const identifiers = z
  .array(
    z.strictObject({
      kind: z
        .string()
        .regex(
          /^(personal|organisation)\.[a-z][a-z0-9_]{0,39}$/,
          'write personal. or organisation. and a name of a-z 0-9 _',
        ),
      /** What people read beside the kind. */
      title: z.strictObject({ en: sentence, ja: sentence }),
      /** Words that stand before such a number. */
      labels: z.array(z.string().min(1).max(40)).min(1).max(20),
      form: z
        .string()
        .min(3)
        .max(32)
        .regex(/^[A9*][^\n]*$/, 'begin with A, 9 or *')
        .refine((form) => form.includes('9'), 'a form without a digit would be any word'),
      /** The form is like no other, so that it counts without a label. */
      alone: z.boolean().default(false),
    }),
  )
  .max(50);
