import { z } from 'zod';

/** What an operator hides in instructions to a model, so that it is seen when they come out. */
export const canaries = z.strictObject({
  /** Texts that stand in instructions and nowhere else. */
  texts: z
    .array(
      z
        .string()
        .max(128)
        .regex(/^(?:[^\p{L}\p{N}]*[\p{L}\p{N}]){8}/u, 'use at least 8 letters or digits'),
    )
    .max(64)
    .default([]),
  /** Words behind which the instructions of a request name a canary of their own. */
  markers: z.array(z.string().trim().min(3).max(40)).max(8).default([]),
});

/** Where links and pictures of an answer may lead, whatever their addresses carry. */
export const links = z.strictObject({
  /** Host names; their subdomains are meant as well. */
  hosts: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'use a host name in small ASCII letters'),
    )
    .max(500),
});
