import { z } from 'zod';

const file = z.string().min(1).max(500);

/**
 * Where tiles and sealed payloads lie when one machine is not enough. The rule book is public and
 * recorded, so it names a place and files; the credentials themselves never stand in it.
 */
export const objectStorage = z
  .strictObject({
    /** Of the service, without the bucket: https://s3.example.org */
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .refine(isPlain, 'leave out credentials, query and fragment'),
    /** As the service calls it; a service without regions often says us-east-1. */
    region: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'use a-z 0-9 -'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'use 3 to 63 of a-z 0-9 . - as S3 does'),
    /** Before every key, so that one bucket serves several logs. */
    prefix: z
      .string()
      .max(200)
      .regex(
        /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/,
        'end it with a slash, and use A-Z a-z 0-9 . _ - between slashes',
      )
      .default(''),
    /** Whether the bucket stands in the path, as most services of one's own want it. */
    pathStyle: z.boolean().default(true),
    accessKeyIdFile: file.optional(),
    secretAccessKeyFile: file.optional(),
    sessionTokenFile: file.optional(),
  })
  .superRefine(({ accessKeyIdFile, secretAccessKeyFile, sessionTokenFile }, context) => {
    const hasId = accessKeyIdFile !== undefined;
    const hasSecret = secretAccessKeyFile !== undefined;
    if (hasId === hasSecret && (hasId || sessionTokenFile === undefined)) return;
    const missing = hasId ? 'secretAccessKeyFile' : 'accessKeyIdFile';
    context.addIssue({ code: 'custom', path: [missing], message: 'the files go together' });
  });

export type ObjectStorage = Readonly<z.infer<typeof objectStorage>>;

/** The member `storage` of `sekisho.yaml`. */
export const storage = z.strictObject({ objects: objectStorage });

function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}
