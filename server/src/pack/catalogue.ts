import { readFileSync, statSync } from 'node:fs';
import { bounds } from './bounds.ts';
import { PackError } from './errors.ts';
import { type Catalogue, type CatalogueModel, catalogueSchema } from './schema.ts';

/** @throws PackError `catalogue`, naming the fields */
export function parseCatalogue(text: string): Catalogue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PackError('catalogue', 'it is not JSON', cause);
  }
  const parsed = catalogueSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PackError('catalogue', `${issue?.path.map(String).join('.')}: ${issue?.message}`);
}

/** Reads the catalogue that comes with the program. */
export function readCatalogue(): Catalogue {
  const file = new URL('../../data/models.json', import.meta.url);
  let text: string;
  try {
    if (statSync(file).size > bounds.catalogueBytes) throw new PackError('catalogue', 'too large');
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw cause instanceof PackError ? cause : new PackError('catalogue', 'unreadable', cause);
  }
  return parseCatalogue(text);
}

/** @returns the model with that id, or undefined when the catalogue has none */
export function findModel(catalogue: Catalogue, id: string): CatalogueModel | undefined {
  return catalogue.models.find((model) => model.id === id);
}
