// What supervision costs a stream: CPU a chunk, text held back, and what is waited for before the
// first text leaves; and what undoing encodings costs a request. Figures of other runs or machines
// do not compare; rows of one run do. usage: npx tsc -b && node bench/supervisor-stream.mjs
import { cpus } from 'node:os';
import { defaultPolicyYaml, parsePolicy } from '../server/dist/policy/index.js';
import { readingsOf } from '../server/dist/supervisor/decoding/index.js';
import {
  createPlaceholders,
  createSupervisor,
  detectorsOf,
  normalise,
} from '../server/dist/supervisor/index.js';

const print = (line) => process.stdout.write(`${line}\n`);

const rounds = Number(process.env.BENCH_ROUNDS ?? 40);
const text = { en: 'A rule.', ja: '規則' };
const policy = parsePolicy(defaultPolicyYaml());
const block = ['personal.*', 'organisation.*', 'credential.*', 'attack.*', 'exfiltration.*'];
const books = {
  'no rule': [],
  'the rule book a newcomer gets': policy.document.supervision,
  'every kind is blocked': [
    { id: 'r', direction: 'output', kinds: block, minScore: 70, action: 'block', text },
  ],
};
const answers = {
  English:
    'The city council met on Tuesday to discuss the budget for the coming year, and the members agreed that the library should stay open until eight. '.repeat(
      14,
    ),
  Japanese:
    '来年度の予算案について、第1会議室で打ち合わせを行います。資料は前日までにお送りしますので、ご確認ください。図書館の開館時間も議題とします。'.repeat(
      28,
    ),
};
const instructions = [
  'You are the assistant of the citizens office. Answer politely and in short sentences. '.repeat(
    8,
  ),
];
/** Units a chunk: about what one token is. */
const chunkUnits = { English: 4, Japanese: 2 };

function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function stream(supervisor, pieces, how) {
  const channel = supervisor.stream('output', createPlaceholders([]), how);
  let chunksBeforeFirst;
  let held = 0;
  let most = 0;
  for (const [index, piece] of pieces.entries()) {
    if (channel.push(piece).release !== '') chunksBeforeFirst ??= index;
    held += channel.heldUnits;
    most = Math.max(most, channel.heldUnits);
  }
  channel.end();
  return { first: chunksBeforeFirst ?? pieces.length, held: held / pieces.length, most };
}

print(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
print('\nanswers in chunks of about a token, least of five rounds:');
for (const [language, answer] of Object.entries(answers)) {
  const size = chunkUnits[language];
  const pieces = answer.match(new RegExp(`[^]{1,${size}}`, 'g'));
  for (const [name, rules] of Object.entries(books)) {
    for (const how of name === 'no rule' ? [{}] : [{}, { instructions }]) {
      const supervisor = createSupervisor({
        rules,
        detectors: detectorsOf({}),
        classes: policy.classIds,
      });
      const seen = stream(supervisor, pieces, how);
      let least = Infinity;
      let first = Infinity;
      for (let round = 0; round < 5; round++) {
        const before = cpuMicros();
        for (let turn = 0; turn < rounds; turn++) stream(supervisor, pieces, how);
        least = Math.min(least, (cpuMicros() - before) / rounds / pieces.length);
        const start = cpuMicros();
        for (let turn = 0; turn < rounds * 10; turn++) {
          stream(supervisor, pieces.slice(0, seen.first + 1), how);
        }
        first = Math.min(first, (cpuMicros() - start) / rounds / 10);
      }
      const told = how.instructions === undefined ? '' : ', with instructions';
      print(
        `${language.padEnd(9)} ${(name + told).padEnd(50)} ${least.toFixed(1)} us a chunk; ` +
          `first text after ${seen.first} more chunk(s) and ${first.toFixed(0)} us; ` +
          `held ${seen.held.toFixed(1)} units on average, ${seen.most} at most`,
      );
    }
  }
}

print('\nlooking for encodings in a request that has none, pieces of 700 units:');
for (const [language, answer] of Object.entries(answers)) {
  const piece = normalise(answer.slice(0, 700));
  const kilobytes = Buffer.byteLength(piece.original) / 1024;
  let least = Infinity;
  for (let round = 0; round < 9; round++) {
    const before = cpuMicros();
    for (let turn = 0; turn < 2_000; turn++) readingsOf(piece);
    least = Math.min(least, (cpuMicros() - before) / 2_000 / kilobytes);
  }
  print(`${language.padEnd(9)} ${least.toFixed(1)} us a KB`);
}
