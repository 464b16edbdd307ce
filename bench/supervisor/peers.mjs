// One adapter for each guard: what it is asked for, and how its answer is read. Every guard gets
// its default settings. A guard that is not there says why.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { peersFolder } from './install-peers.mjs';

const modules = join(peersFolder, 'node_modules');
const yes = { flag: true, score: 1 };
const no = { flag: false, score: 0 };
const found = (flag) => (flag ? yes : no);
/** What counts as the personal data the test set labels: e-mail, card, phone, IBAN. */
const counted = /e-?mail|card|phone|iban/i;

async function load(name) {
  const folder = join(modules, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entry =
    manifest.exports?.['.']?.import ?? manifest.exports?.import ?? manifest.module ?? manifest.main;
  const file = typeof entry === 'string' ? entry : (entry.default ?? entry.import);
  return {
    version: manifest.version,
    file: join(folder, file),
    library: async () => import(pathToFileURL(join(folder, file))),
  };
}

const makers = {
  '@andersmyrmel/vard': async () => {
    const { version, library } = await load('@andersmyrmel/vard');
    const { default: vard } = await library();
    return {
      version,
      injection: (text) => {
        try {
          vard(text);
          return no;
        } catch {
          return yes;
        }
      },
    };
  },
  'llm-guard': async () => {
    const { version, library } = await load('llm-guard');
    const { LLMGuard } = await library();
    const off = {
      pii: false,
      jailbreak: false,
      profanity: false,
      promptInjection: false,
      relevance: false,
      toxicity: false,
    };
    const injection = new LLMGuard({ ...off, jailbreak: true, promptInjection: true });
    const harm = new LLMGuard({ ...off, toxicity: true, profanity: true });
    const personal = new LLMGuard({ ...off, pii: true });
    const ask = async (guard, text) => {
      const { isValid, score } = await guard.validate(text);
      return { flag: !isValid, score: 1 - (score ?? (isValid ? 1 : 0)) };
    };
    return {
      version,
      injection: (text) => ask(injection, text),
      harm: (text) => ask(harm, text),
      personal: (text) => ask(personal, text),
    };
  },
  llm_guardrail: async () => {
    const { version, library } = await load('llm_guardrail');
    const { checkInjection, checkJailbreak, checkMalicious } = await library();
    return {
      version,
      injection: async (text) => {
        const both = [await checkInjection(text), await checkJailbreak(text)];
        return {
          flag: both.some(({ detected }) => detected),
          score: Math.max(...both.map(({ confidence }) => confidence)),
        };
      },
      harm: async (text) => {
        const { detected, confidence } = await checkMalicious(text);
        return { flag: detected, score: confidence };
      },
    };
  },
  '@presidio-dev/hai-guardrails': async () => {
    const { version, file } = await load('@presidio-dev/hai-guardrails');
    const child = fileURLToPath(new URL('./hai-child.mjs', import.meta.url));
    const ask = asker(
      spawn(process.execPath, [child, pathToFileURL(file).href], {
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    );
    return {
      version,
      ...ask,
      injection: (text) => ask.ask({ task: 'injection', text }),
      personal: (text) => ask.ask({ task: 'personal', text }),
    };
  },
  openredaction: async () => {
    const { version, library } = await load('openredaction');
    const { OpenRedaction } = await library();
    const guard = new OpenRedaction();
    return {
      version,
      personal: async (text) =>
        found((await guard.detect(text)).detections.some(({ type }) => counted.test(type))),
    };
  },
  '@openai/guardrails': async () => {
    const { version, library } = await load('@openai/guardrails');
    const { pii, PIIConfig } = await library();
    const config = PIIConfig.parse({});
    return {
      version,
      personal: async (text) =>
        found(
          Object.keys((await pii({}, text, config)).info?.detected_entities ?? {}).some((kind) =>
            counted.test(kind),
          ),
        ),
    };
  },
  'presidio-analyzer': async () => {
    const python = join(peersFolder, 'venv', 'bin', 'python');
    if (!existsSync(python)) throw new Error('no Python environment');
    const script = fileURLToPath(new URL('./presidio-child.py', import.meta.url));
    const ask = asker(spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'] }));
    const first = await ask.ask({ text: 'hello' });
    if (first === undefined) throw new Error('its process ended at once');
    return {
      version: 'patterns only',
      ...ask,
      personal: async (text) =>
        found(((await ask.ask({ text }))?.kinds ?? []).some((kind) => counted.test(kind))),
    };
  },
};

/** A child that answers one JSON line for each, in order. */
function asker(child) {
  const waiting = [];
  let gone = false;
  const end = () => {
    gone = true;
    for (const settle of waiting.splice(0)) settle(undefined);
  };
  child.on('error', end).on('exit', end);
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) =>
    waiting.shift()?.(JSON.parse(line)),
  );
  return {
    ask: (item) =>
      new Promise((resolve) => {
        if (gone) return resolve(undefined);
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify({ id: 0, ...item })}\n`);
      }),
    close: () => child.kill(),
  };
}

/** @returns the guards that are there, and why the others are not */
export async function loadPeers() {
  const peers = [];
  const absent = [];
  for (const [name, make] of Object.entries(makers)) {
    try {
      peers.push({ name, ...(await make()) });
    } catch (error) {
      const why = /ENOENT/.test(error.message)
        ? 'not installed (node bench/supervisor/install-peers.mjs)'
        : error.message.split('\n')[0];
      absent.push({ name, why });
    }
  }
  return { peers, absent };
}
