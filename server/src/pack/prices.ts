import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { bounds } from './bounds.ts';
import { PackError } from './errors.ts';

const packSchema = z.strictObject({
  /** The day on which somebody read the sources. */
  readOn: z.iso.date(),
  prices: z
    .array(
      z.strictObject({
        /** A price is that of an endpoint: the same model costs something else elsewhere. */
        host: z.string().regex(/^[a-z0-9.-]+$/),
        model: z.string().refine(isPattern, 'it is no regular expression'),
        currency: z.string().regex(/^[A-Z]{3}$/),
        inputPerMillion: z.number().min(0),
        outputPerMillion: z.number().min(0),
        validFrom: z.iso.date(),
        source: z.url(),
      }),
    )
    .max(1_000),
});

export type PricePack = Readonly<z.infer<typeof packSchema>>;
export type PackedPrice = PricePack['prices'][number];

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source === text;
  } catch {
    return false;
  }
}

/**
 * The published prices that come with the program: only those that were read on the publisher's
 * own page. Others are declared in the rule book.
 * @throws PackError `catalogue`, naming the field
 */
export function readPricePack(
  file: URL = new URL('../../data/prices.json', import.meta.url),
): PricePack {
  let value: unknown;
  try {
    if (statSync(file).size > bounds.catalogueBytes) throw new PackError('catalogue', 'too large');
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw cause instanceof PackError ? cause : new PackError('catalogue', 'unreadable', cause);
  }
  const parsed = packSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PackError('catalogue', `${issue?.path.map(String).join('.')}: ${issue?.message}`);
}
