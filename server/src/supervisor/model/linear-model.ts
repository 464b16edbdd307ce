import { featureBits, featureVersion } from './features.ts';
import type { Head, Weights } from './weights-file.ts';

/** A linear model over hashed features: one look-up a feature and head, and a sum. */
export class LinearModel {
  readonly id: string;
  readonly version: number;
  readonly heads: readonly Head[];
  /** Weights by head and then by bucket: one head's fit into a nearer cache than everybody's. */
  readonly #columns: readonly Int8Array[];
  readonly #shift: number;

  /** @throws {Error} when its features are hashed in another way */
  constructor({ header, values }: Weights) {
    if (header.features !== featureVersion)
      throw new Error(`couldn't use model ${header.id}: its features are of another version`);
    this.id = header.id;
    this.version = header.version;
    this.heads = header.heads;
    this.#columns = header.heads.map((_, index) => columnOf(values, index, header.heads.length));
    this.#shift = featureBits - header.bits;
  }

  /** Index of the head of this name. @throws {Error} when there is none: the package is broken */
  headOf(name: string): number {
    const index = this.heads.findIndex((head) => head.name === name);
    if (index < 0) throw new Error(`couldn't use model ${this.id}: it has no head ${name}`);
    return index;
  }

  /** 0 to 1: how often what scores like this is what the head looks for, as calibrated. */
  probability(features: Uint32Array, index: number): number {
    const head = this.heads[index];
    const column = this.#columns[index];
    if (head === undefined || column === undefined || features.length === 0) return 0;
    const shift = this.#shift;
    let sum = 0;
    for (let at = 0; at < features.length; at++) {
      sum += column[(features[at] ?? 0) >>> shift] ?? 0;
    }
    const z = head.bias + (sum * head.scale) / Math.sqrt(features.length);
    return 1 / (1 + Math.exp(-(head.slope * z + head.offset)));
  }
}

function columnOf(values: Int8Array, index: number, width: number): Int8Array {
  const column = new Int8Array(values.length / width);
  for (let bucket = 0; bucket < column.length; bucket++) {
    column[bucket] = values[bucket * width + index] ?? 0;
  }
  return column;
}

/**
 * The score of a finding (0 to 100) from a probability: 60 at the threshold, 80 where the model is
 * sure, never more than 84, and undefined below the threshold. So a rule that blocks from 85 on,
 * as the default ones do, never blocks for a statistical resemblance alone.
 */
export function scoreOf(probability: number, { threshold, sure }: Head): number | undefined {
  if (probability < threshold) return undefined;
  const share = (from: number, to: number): number =>
    to <= from ? 0 : Math.min(1, (probability - from) / (to - from));
  if (probability < sure) return 60 + Math.floor(20 * share(threshold, sure));
  return 80 + Math.round(4 * share(sure, 1));
}
