import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The rules of this house that no linter knows. */
const root = fileURLToPath(new URL('..', import.meta.url));

/** Import order: a module may import those above it only. */
const order = [
  'base',
  'telemetry',
  'ledger',
  'policy',
  'pack',
  'upstream',
  'supervisor',
  'passport',
  'mirror',
  'school',
  'commons',
  'motion',
  'lab',
  'indicators',
  'governance',
  'gateway',
  'identity',
  'review',
  'api',
  'main',
  'cli',
] as const;

const skipped = new Set(['node_modules', 'dist', '.git', 'data', '.bootstrap']);

function walk(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    if (skipped.has(name) && !(name === 'data' && directory.endsWith('server'))) return [];
    const path = join(directory, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

const files = walk(root).map((path) => relative(root, path).split('\\').join('/'));
const sources = files.filter((path) => /^(proof|server|console)\/src\/.*\.tsx?$/.test(path));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function imports(path: string): string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|import\('([^']+)'\)/g;
  return [...read(path).matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

function moduleOf(path: string): string | undefined {
  return /^server\/src\/([a-z]+)(?:\/|\.ts$)/.exec(path)?.[1];
}

describe('the house', () => {
  test('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(new Set(sources.map((path) => path.split('/')[0])).size).toBe(3);
  });

  test('imports modules in the written order, through their front doors', () => {
    const faults: string[] = [];
    for (const path of sources) {
      const from = moduleOf(path);
      if (from === undefined) continue;
      const rank = order.indexOf(from as (typeof order)[number]);
      if (rank === -1) faults.push(`${path}: no module is called ${from}`);
      for (const target of imports(path)) {
        const door = /^#(.+)$/.exec(target)?.[1];
        if (door !== undefined) {
          const above = order.indexOf(door as (typeof order)[number]);
          if (above === -1 || above >= rank) faults.push(`${path} imports ${target}`);
          continue;
        }
        if (!target.startsWith('.')) continue;
        const inside = moduleOf(relative(root, resolve(root, dirname(path), target)));
        const composed = from === 'cli' && inside === 'main';
        if (inside !== from && !composed) faults.push(`${path} reaches into ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('keeps every front door small and every export named', () => {
    for (const path of sources.filter((p) => /^server\/src\/[a-z]+\/index\.ts$/.test(p))) {
      expect(read(path).trimEnd().split('\n').length, path).toBeLessThanOrEqual(30);
      expect(read(path), path).not.toMatch(/export \*|export default/);
    }
  });

  test('gives proof no dependency and no Node in what a browser loads', () => {
    const manifest = JSON.parse(read('proof/package.json')) as Record<string, unknown>;
    expect(manifest['dependencies']).toBeUndefined();
    for (const path of sources.filter((p) => p.startsWith('proof/src/'))) {
      const outside = imports(path).filter((target) => !target.startsWith('.'));
      const allowed = /^proof\/src\/(primitives-node|cli)\.ts$/.test(path)
        ? /^node:/
        : /^#primitives$/;
      for (const target of outside) expect(target, path).toMatch(allowed);
    }
  });

  test('keeps files and lines to a length a person reads', () => {
    const faults: string[] = [];
    for (const path of files.filter((p) => /\.(ts|tsx|mjs)$/.test(p))) {
      const lines = read(path).split('\n');
      if (lines.length > 600) faults.push(`${path}: ${lines.length} lines`);
      for (const [index, line] of lines.entries()) {
        // A text or a pattern cannot be broken where it stands, nor can the reason of an exception.
        const allowed =
          /https?:\/\/|^\s*\/\/ oxlint-disable|['"`]|^\s*(en|ja): |^\s*(return )?\/[^/*]/.test(
            line,
          );
        if (line.length > 100 && !allowed) faults.push(`${path}:${index + 1}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('has no attic', () => {
    const attic = /(^|\/)(utils?|helpers?|common|shared|services?|managers?|misc)(\/|\.[a-z]+$)/;
    // There the word says what it is: where several machines share one log.
    const named = 'server/src/ledger/shared/';
    expect(files.filter((path) => attic.test(path.replace(named, '')))).toEqual([]);
  });

  test('says what it does not do in no comment and skips no test in silence', () => {
    const marker = /\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|\bHAC[K]\b/;
    const faults = files
      .filter((path) => /\.(ts|tsx|mjs|css|yaml)$/.test(path))
      .filter((path) => marker.test(read(path)) || /\b(test|describe|it)\.only\(/.test(read(path)));
    expect(faults).toEqual([]);
  });

  test('does not write to the console or end the process outside the command line', () => {
    for (const path of sources.filter((p) => p.startsWith('server/src/'))) {
      expect(read(path), path).not.toMatch(/\bconsole\.(log|error|warn|info)\(/);
      if (!/^server\/src\/(cli\/|upstream\/embedded-child\.ts$)/.test(path)) {
        expect(read(path), path).not.toMatch(/\bprocess\.exit\(/);
      }
    }
  });

  test('points to files that exist in every document', () => {
    const faults: string[] = [];
    for (const path of files.filter((p) => p.endsWith('.md'))) {
      for (const [, target = ''] of read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        if (!existsSync(resolve(root, dirname(path), target))) faults.push(`${path}: ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('has a Japanese page for every English one, and the other way round', () => {
    const pages = (language: string): string[] =>
      files
        .filter((path) => path.startsWith(`docs/${language}/`))
        .map((path) => path.slice(`docs/${language}/`.length))
        .toSorted();
    expect(pages('en').length).toBeGreaterThan(0);
    expect(pages('ja')).toEqual(pages('en'));
  });
});
