import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePolicy } from '#policy';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/** No container engine runs here: what can be read is checked, and nothing more is claimed. */
const folder = fileURLToPath(new URL('../../deploy', import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

interface Container {
  readonly name: string;
  readonly image: string;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: object;
  readonly env?: readonly {
    readonly valueFrom: { readonly secretKeyRef: { readonly name: string } };
  }[];
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: never;
}

const manifests = parseAllDocuments(read('kubernetes/sekisho.yaml')).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS() as Manifest;
});
const find = (kind: string): Manifest => manifests.find((manifest) => manifest.kind === kind)!;

describe('the manifests', () => {
  test('have each a version, a kind and a name, once', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names.length).toBeGreaterThan(3);
    expect(new Set(names).size).toBe(names.length);
    for (const { apiVersion } of manifests) expect(apiVersion).toMatch(/^([a-z0-9.]+\/)?v1$/);
  });

  test('carry a rule book that the checkpoint takes', () => {
    const policy = parsePolicy(find('ConfigMap').data?.['sekisho.yaml'] ?? '');
    expect(policy.document.storage?.objects).toBeDefined();
  });

  test('mount what exists, hold no secret, and let no container be more than it must', () => {
    const spec = (find('StatefulSet').spec as unknown as StatefulSet).template.spec;
    const claims = (find('StatefulSet').spec as unknown as StatefulSet).volumeClaimTemplates;
    const volumes = [
      ...spec.volumes.map(({ name }) => name),
      ...claims.map((c) => c.metadata.name),
    ];
    for (const container of [...spec.initContainers, ...spec.containers]) {
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect(manifests.some(({ kind }) => kind === 'Secret')).toBe(false);
    const guide = read('README.md');
    const secrets = spec.containers.flatMap(({ env = [] }) =>
      env.map(({ valueFrom }) => valueFrom.secretKeyRef.name),
    );
    for (const name of secrets) expect(guide).toContain(`\`${name}\``);
  });

  test('probe addresses that are served, and select the pods that there are', () => {
    const text = read('kubernetes/sekisho.yaml');
    const routes = readFileSync(join(folder, '../server/src/api/health-routes.ts'), 'utf8');
    const paths = [...text.matchAll(/httpGet: \{ path: (\S+),/g)].map(([, path]) => path);
    expect(paths.length).toBe(3);
    for (const path of paths) expect(routes).toContain(`'${path}'`);
    expect(text.match(/app: sekisho/g)?.length).toBeGreaterThan(5);
  });
});

interface StatefulSet {
  readonly template: {
    readonly spec: {
      readonly volumes: readonly { readonly name: string }[];
      readonly initContainers: readonly Container[];
      readonly containers: readonly Container[];
    };
  };
  readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[];
}

describe('the compose file', () => {
  const compose = parse(read('compose/compose.yaml')) as {
    readonly services: Readonly<
      Record<string, { depends_on?: object; volumes?: readonly string[]; environment?: object }>
    >;
    readonly volumes: object;
  };

  test('depends on what it starts, and mounts what it declares', () => {
    for (const service of Object.values(compose.services)) {
      for (const name of Object.keys(service.depends_on ?? {})) {
        expect(Object.keys(compose.services)).toContain(name);
      }
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) {
          expect(existsSync(resolve(folder, 'compose', source)), source).toBe(true);
        } else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });

  test('takes every password from outside, and the example names each', () => {
    const asked = [...read('compose/compose.yaml').matchAll(/\$\{([A-Z_0-9]+)(?::\?[^}]*)?\}/g)];
    const example = read('compose/example.env');
    expect(asked.length).toBeGreaterThan(3);
    for (const [, name] of asked) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'));
  });

  test('makes the database user with a script that a shell can read', () => {
    execFileSync('sh', ['-n', join(folder, 'compose/database-user.sh')]);
    expect(read('compose/database-user.sh')).toContain('GRANT CREATE, TEMPORARY ON DATABASE');
  });
});

describe('the Dockerfile', () => {
  test('copies what is there, runs as nobody special and stops gently', () => {
    const text = read('Dockerfile');
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(existsSync(join(folder, '../server/bin/sekisho.js'))).toBe(true);
    for (const name of ['bench', 'docs', 'tools']) {
      expect(readdirSync(join(folder, '..'))).toContain(name);
    }
    expect(readFileSync(join(folder, '../.dockerignore'), 'utf8').split('\n')).toContain('data');
  });
});
