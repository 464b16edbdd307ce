import { z } from 'zod';
import { bounds } from './bounds.ts';

const sentence = z.string().min(1).max(1_000);
const bilingual = z.strictObject({ en: sentence, ja: sentence });
/** One path segment: a catalogue must not be able to write outside the models folder. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/);
const bytes = z.int().min(1).max(bounds.modelBytes);

const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hf'),
    repo: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/),
    /** A commit, not a branch: what a branch holds may change. */
    revision: z.string().regex(/^[0-9a-f]{40}$/),
    file: fileName,
  }),
  z.strictObject({
    type: z.literal('pypi-wheel'),
    package: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/),
    version: z.string().regex(/^[0-9]+(\.[0-9]+){0,3}$/),
    /** The name inside the wheel, compared and never used as a path. */
    member: z.string().min(1).max(300),
    wheelBytes: bytes,
  }),
]);

const model = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  title: bilingual,
  /** SPDX licence expression. */
  licence: z.string().regex(/^[A-Za-z0-9.+()-]+( (AND|OR|WITH) [A-Za-z0-9.+()-]+)*$/),
  languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).min(1),
  file: fileName,
  sizeBytes: bytes,
  /** null when it is not known: such a model is never fetched without a hash from the operator. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  contextTokens: z.int().min(256).max(1_048_576),
  sources: z.array(source).max(8),
  note: bilingual,
});

export const catalogueSchema = z
  .strictObject({
    format: z.literal('sekisho-models/1'),
    default: z.string(),
    models: z.array(model).min(1).max(64),
  })
  .superRefine((catalogue, context) => {
    const ids = catalogue.models.map((m) => m.id);
    const files = catalogue.models.map((m) => m.file);
    const report = (message: string): void => context.addIssue({ code: 'custom', message });
    if (new Set(ids).size !== ids.length) report('two models have the same id');
    if (new Set(files).size !== files.length) report('two models have the same file');
    if (!ids.includes(catalogue.default)) report('the default model is not listed');
  });

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Catalogue = DeepReadonly<z.infer<typeof catalogueSchema>>;
export type CatalogueModel = Catalogue['models'][number];
export type ModelSource = CatalogueModel['sources'][number];
export type HubSource = Extract<ModelSource, { type: 'hf' }>;
export type WheelSource = Extract<ModelSource, { type: 'pypi-wheel' }>;

/** verified.json: files whose hash was computed, and the marks that tell whether they changed. */
export const verifiedSchema = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(4_096),
        sizeBytes: z.int().min(0),
        modifiedMs: z.number(),
        changedMs: z.number(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(bounds.rememberedFiles),
});
export type VerifiedFile = z.infer<typeof verifiedSchema>['files'][number];
