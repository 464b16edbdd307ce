import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { lazily } from '../lexicon.ts';
import { LinearModel } from './linear-model.ts';
import { type Weights, mostWeightsBytes, parseWeights } from './weights-file.ts';

const packageFolder = new URL('../../../data/models/', import.meta.url);

const cardSchema = z.looseObject({
  weights: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
});

/**
 * The weights of a model of the package.
 * @throws {Error} when the file is not the one its card is about
 */
export function weightsOf(id: string, folder: URL = packageFolder): Weights {
  const file = readFileSync(new URL(`${id}.bin`, folder));
  if (file.length > mostWeightsBytes) throw new Error(`couldn't load ${id}: the file is too long`);
  const card = cardSchema.parse(
    JSON.parse(readFileSync(new URL(`${id}.card.json`, folder), 'utf8')),
  );
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== card.weights.sha256) {
    throw new Error(`couldn't load ${id}: its card is about another file`);
  }
  return parseWeights(file);
}

/**
 * A model of the package, read at its first use and kept.
 * @returns a function that throws {Error} when the file is not the one its card is about; a
 * detector that throws means block
 */
export function modelOf(id: string, folder: URL = packageFolder): () => LinearModel {
  return lazily(() => new LinearModel(weightsOf(id, folder)));
}
