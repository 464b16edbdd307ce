import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayErrors } from '#gateway';
import { allDetectors } from '#supervisor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type RunningCheckpoint,
  build,
  modelPath,
  root,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

/** A fenced block that the document marks to be run, with what it promises about the result. */
interface Command {
  readonly line: number;
  /** What the block needs beside a shell and curl: `model`, or a program. */
  readonly needs: readonly string[];
  readonly text: string;
  readonly exit: number;
  readonly expected: readonly string[];
}

const languages = ['en', 'ja'] as const;
const documents = [
  'README.md',
  ...languages.flatMap((language) =>
    readdirSync(join(root, 'docs', language)).map((name) => `docs/${language}/${name}`),
  ),
].filter((path) => path.endsWith('.md'));

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function shellBlocks(
  path: string,
): { info: string[]; line: number; text: string; after: string }[] {
  const document = read(path);
  return [...document.matchAll(/^```(sh\b[^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const end = match.index + match[0].length;
    return {
      info: (match[1] ?? '').split(' '),
      line: document.slice(0, match.index).split('\n').length,
      text: match[2] ?? '',
      after: /^(?:\s*<!--[^\n]*-->)*/.exec(document.slice(end))?.[0] ?? '',
    };
  });
}

function commandsOf(path: string): readonly Command[] {
  return shellBlocks(path)
    .filter(({ info }) => info[1] === 'run')
    .map(({ info, line, text, after }) => ({
      line,
      needs: info.slice(2),
      text,
      exit: Number(/<!-- expect exit: (\d+) -->/.exec(after)?.[1] ?? 0),
      expected: [...after.matchAll(/<!-- expect: (.*?) -->/g)].map(([, promised = '']) => promised),
    }));
}

function isThere(program: string): boolean {
  try {
    execFileSync('bash', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs the blocks of one document one after another in one shell, as a reader would. */
async function runAll(
  commands: readonly Command[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly { readonly output: string; readonly exit: number }[]> {
  const mark = '=====the next command=====';
  const script = commands
    .map(({ text }) => `{\n${text}}\nprintf '\\n%s %s\\n' '${mark}' "$?"`)
    .join('\n');
  const shell = spawn('bash', ['-c', `exec 2>&1\nset -o pipefail\n${script}`], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise((resolve) => shell.on('close', resolve));
  const pieces = output.split(`\n${mark} `);
  return commands.map((_command, i) => {
    const [exit = ''] = (pieces[i + 1] ?? '').split('\n');
    const said = pieces[i] ?? '';
    // What stands before a block's output is the exit code of the block before.
    return { output: i === 0 ? said : said.slice(said.indexOf('\n') + 1), exit: Number(exit) };
  });
}

const data = temporaryDirectory();
const here = new Map<string, boolean>();
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  for (const program of ['bash', 'curl', 'python3', 'openssl']) {
    here.set(program, isThere(program));
  }
  here.set('model', modelPath() !== undefined);
  checkpoint = await startCheckpoint(data.path);
});

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  data.remove();
});

/** Why a block cannot be run on this machine, as a sentence; undefined when it can. */
function absence(needs: readonly string[]): string | undefined {
  const missing = ['bash', 'curl', ...needs].filter((need) => here.get(need) !== true);
  if (missing.length === 0) return undefined;
  const names = missing.map((name) =>
    name === 'model' ? 'the embedded model (run npm start once)' : name,
  );
  return `commands of this page were not run, for want of ${names.join(' and ')}`;
}

/** A page whose commands are word for word those of its English twin is not run a second time. */
function hasOwnCommands(path: string): boolean {
  const commands = commandsOf(path).map(({ text }) => text);
  const twin = path.replace(/^docs\/ja\//, 'docs/en/');
  const others = twin === path ? [] : commandsOf(twin).map(({ text }) => text);
  return commands.length > 0 && commands.join('\0') !== others.join('\0');
}

describe.each(documents.filter(hasOwnCommands))('%s', (path) => {
  const commands = commandsOf(path);

  test('keeps what it promises about its commands', async ({ skip }) => {
    const possible = commands.filter(({ needs }) => absence(needs) === undefined);
    if (possible.length === 0) skip(absence(commands.flatMap(({ needs }) => needs)));
    const { url, key, vkey } = checkpoint;
    const results = await runAll(possible, {
      DATA: data.path,
      SEKISHO_URL: url,
      SEKISHO_KEY: key,
      SEKISHO_VKEY: vkey,
    });
    for (const [i, { output, exit }] of results.entries()) {
      const { line, expected, exit: promised } = possible[i];
      expect.soft(exit, `${path}:${line} said ${output}`).toBe(promised);
      for (const text of expected) expect.soft(output, `${path}:${line}`).toContain(text);
    }
  }, 300_000);

  test('was tried whole, nothing left out', ({ skip }) => {
    const [reason] = commands.flatMap(({ needs }) => absence(needs) ?? []);
    if (reason !== undefined) skip(reason);
    expect(commands.length).toBeGreaterThan(0);
  });
});

describe('the documents', () => {
  test('leave out only commands that install, start or test the product', () => {
    for (const path of documents) {
      for (const { info, text, line } of shellBlocks(path)) {
        if (info[1] === 'run') continue;
        for (const command of text.trim().split('\n')) {
          expect(command, `${path}:${line}`).toMatch(/^npm (start|test|run build)\b/);
        }
      }
    }
  });

  test('run the same commands in both languages', () => {
    const [english, japanese] = languages.map((language) =>
      documents
        .filter((path) => path.startsWith(`docs/${language}/`))
        .map((path) => commandsOf(path).length),
    );
    expect(japanese).toEqual(english);
  });

  describe.each(languages)('in %s', (language) => {
    const missing = (name: string, wanted: readonly string[]): readonly string[] => {
      const page = read(`docs/${language}/${name}.md`);
      return wanted.filter((text) => !page.includes(text));
    };

    test('explain every error code, with its status', () => {
      const codes = Object.entries(gatewayErrors).map(
        ([code, { status }]) => `| \`${code}\` | ${status} |`,
      );
      expect(missing('api', [...codes, '| `content_blocked` | 400 |'])).toEqual([]);
    });

    test('explain every header the gateway reads or writes', () => {
      const folder = join(root, 'server/src/gateway');
      const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(folder, name), 'utf8'));
      const names =
        source.join('\n').match(/(?<=')x-(?:sekisho-[a-z-]+|evidence(?:-promise)?)(?=')/g) ?? [];
      expect(new Set(names).size).toBeGreaterThanOrEqual(8);
      const wanted = names.map((name) => `\`${name}\``);
      expect(missing('api', wanted)).toEqual([]);
    });

    test('list every kind of finding', () => {
      const kinds = allDetectors.flatMap((detector) => detector.kinds.map(({ kind }) => kind));
      expect(kinds.length).toBeGreaterThan(30);
      const wanted = kinds.map((kind) => `| \`${kind}\` |`);
      expect(missing('rules', wanted)).toEqual([]);
    });
  });
});
