import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApi, describeApi, operations } from '#api';
import { languages } from '#base';
import { gatewayErrors, roles } from '#gateway';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>;
}
const described = describeApi('en', manifest.version) as Described;
const documented = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

describe('the description of the API', () => {
  test('knows every address outside the wire dialects, and none that is not there', () => {
    // Nothing is asked of the ports until a request comes.
    const api = createApi({ version: manifest.version } as never);
    const served = api.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => {
        const named = path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*$/, '/{path}');
        return `${method} ${named}`;
      });
    expect(served.length).toBeGreaterThan(25);
    const elsewhere = documented.filter((name) => !/ \/(?:v1|mcp)\b/.test(name));
    expect(elsewhere.toSorted()).toEqual([...new Set(served)].toSorted());
  });

  test('knows every wire dialect that the gateway names', () => {
    const folder = join(root, 'server/src/gateway');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    const named = sources
      .flatMap((source) => [...source.matchAll(/'(\/v1\/[a-z][a-z_/-]*)'/g)])
      .map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(0);
    for (const path of named) expect(Object.keys(described.paths)).toContain(path);
    for (const name of ['POST /mcp', 'DELETE /mcp', 'POST /mcp/{server}', 'DELETE /mcp/{server}']) {
      expect(documented).toContain(name);
    }
  });

  test('is what is committed, in both languages', async () => {
    // When this fails, the API changed: look at the difference, then `npx vitest run <this> -u`.
    for (const language of languages) {
      const text = `${JSON.stringify(describeApi(language, manifest.version), undefined, 2)}\n`;
      const name = language === 'en' ? 'openapi.json' : `openapi.${language}.json`;
      // oxlint-disable-next-line no-await-in-loop -- two files
      await expect(text).toMatchFileSnapshot(join(root, 'docs', name));
    }
  });

  test('is OpenAPI 3.1 as far as its rules can be checked here', () => {
    const ids = Object.values(operations).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const text = JSON.stringify(described);
    for (const [, path = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = path
        .split('/')
        .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], described);
      expect(target, path).toBeDefined();
    }
    for (const code of Object.keys(gatewayErrors)) expect(text).toContain(`"${code}"`);
    const inPath = /\{(\w+)\}/g;
    for (const [path, methods] of Object.entries(described.paths)) {
      const wanted = [...path.matchAll(inPath)].map(([, name]) => name);
      for (const method of Object.values(methods)) {
        const { parameters = [] } = method as { parameters?: { name: string; in: string }[] };
        const given = parameters.filter((p) => p.in === 'path').map(({ name }) => name);
        expect(given, path).toEqual(wanted);
      }
    }
  });

  test('names the roles of each address', () => {
    const methods = Object.values(described.paths).flatMap((of) => Object.values(of));
    const able = methods.flatMap(
      (method) => (method as { 'x-sekisho-roles'?: string[] })['x-sekisho-roles'] ?? [],
    );
    expect(new Set(able)).toEqual(new Set(roles));
  });
});
