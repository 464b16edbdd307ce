import { z } from 'zod';

/**
 * A guard model of the operator's choice: one more detector, asked where ours is not sure. It is a
 * party with values of its own, so what it says is recorded with where it comes from.
 */
const guard = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use 1 to 64 of a-z 0-9 . _ -'),
  /** One of `upstreams`: its address, key, operator and jurisdiction are declared there. */
  upstream: z.string().min(1).max(64),
  /** How it is asked, and how it answers. `policy` is gpt-oss-safeguard and its like. */
  format: z.enum(['llama-guard', 'qwen3-guard', 'shieldgemma', 'policy']),
  /** Kinds of finding it decides about; `harm.*` stands for a family. */
  kinds: z
    .array(z.string().regex(/^[a-z0-9_]+(\.([a-z0-9_]+|\*))*$/))
    .min(1)
    .max(100),
  /** What goes in, what comes out, or both. Answers wait for a guard that looks at them. */
  direction: z.enum(['input', 'output', 'both']).default('input'),
  /** It is asked about texts in which a finding of these kinds has a score in this band. */
  band: z
    .strictObject({ from: z.int().min(1).max(100), to: z.int().min(1).max(100) })
    .refine(({ from, to }) => from <= to, 'from is not above to'),
  /** A word of it may also clear such a finding. */
  mayClear: z.boolean().default(false),
  timeoutMs: z.int().min(50).max(30_000).default(2_000),
  /** What holds when it is late, fails, or may not see the data class. */
  whenSilent: z.enum(['pass', 'block']).default('pass'),
  /** For `policy`: what it is told to look for. */
  policy: z.string().min(1).max(20_000).optional(),
});

export const guards = z.array(guard).max(8);

type Report = (path: (string | number)[], message: string) => void;

/** What one member alone cannot show. */
export function checkGuards(
  declared: z.infer<typeof guards> | undefined,
  upstreams: ReadonlySet<string>,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [i, { id, upstream, format, policy }] of (declared ?? []).entries()) {
    if (seen.has(id)) report(['guards', i, 'id'], `"${id}" is used twice`);
    seen.add(id);
    if (!upstreams.has(upstream)) {
      report(['guards', i, 'upstream'], `there is no upstream "${upstream}"`);
    }
    if ((format === 'policy') !== (policy !== undefined)) {
      const only = 'format policy needs a policy in words, and no other format takes one';
      report(['guards', i, 'policy'], only);
    }
  }
}
