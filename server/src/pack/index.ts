// Data the product loads but does not contain: pinned source, sha256, licence.
export { findModel, parseCatalogue, readCatalogue } from './catalogue.ts';
export { PackError, type PackErrorCode, explain } from './errors.ts';
export {
  type ModelOptions,
  type ModelOutcome,
  type Reason,
  describeMissingModel,
  ensureModel,
} from './model.ts';
export {
  type Progress,
  type ProgressBar,
  type ProgressBarOptions,
  createProgressBar,
} from './progress.ts';
export { presets, readPreset } from './presets.ts';
export { type PackedPrice, type PricePack, readPricePack } from './prices.ts';
export type { Catalogue, CatalogueModel, ModelSource } from './schema.ts';
