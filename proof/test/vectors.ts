import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestRunner } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** How many published vectors of each set a test has passed; the last lines of a run add up. */
    vectors?: Record<string, number>;
  }
}

const root: string = fileURLToPath(new URL('../../../shared/vectors/ledger/', import.meta.url));

/** The folder with published vectors is not part of the product, so its absence only skips. */
export const hasVectors: boolean = existsSync(root);

export const vectorsTitle = (what: string): string =>
  hasVectors ? what : `${what} (skipped: ../shared/vectors/ledger is not on this machine)`;

export function readVector(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, path)));
}

export function readVectorText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Integers beyond 2^53-1 become bigints, which JSON.parse would round. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the file
export function readVectorJson<T>(path: string): T {
  const text = readVectorText(path);
  const marked = text.replaceAll(/(?<=": )([0-9]{16,})(?=[,\s}])/g, '"bigint:$1"');
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('bigint:') ? BigInt(value.slice(7)) : value,
  );
}

/** Paths, relative to the vectors, of all files below a folder. */
export function listVectors(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name).slice(root.length))
    .toSorted();
}

/** Says how many vectors of a folder passed: a run that silently read none must not look good. */
export function reportPassed(folder: string, passed: number): void {
  const meta = TestRunner.getCurrentTest()?.meta;
  if (meta !== undefined) meta.vectors = { ...meta.vectors, [folder]: passed };
  process.stdout.write(`vectors ${folder}: ${passed} passed\n`);
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
