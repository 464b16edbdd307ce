import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { test } from 'vitest';
import { allDetectors, normalise } from '../../src/supervisor/index.ts';
const inj = allDetectors.find((d) => d.id === 'prompt-injection')!;
const root = new URL('../../../../shared/data/', import.meta.url);
const raw = (p: string) => {
  const b = readFileSync(new URL(p, root));
  return p.endsWith('.gz') ? gunzipSync(b).toString() : b.toString();
};
const strings = (v: any, key?: RegExp): string[] =>
  Array.isArray(v)
    ? v.flatMap((x) => strings(x, key))
    : v && typeof v === 'object'
      ? Object.entries(v).flatMap(([k, x]) =>
          typeof x === 'string' && key && !key.test(k) ? [] : strings(x, key),
        )
      : typeof v === 'string'
        ? [v]
        : [];
const rate = (n: string, list: string[]) => {
  const score = (t: string) => Math.max(0, ...inj.detect(normalise(t)).map((f) => f.score));
  const s = list.map(score);
  console.log(
    n,
    list.length,
    'block',
    ((s.filter((x) => x >= 85).length / s.length) * 100).toFixed(1),
    'note',
    ((s.filter((x) => x >= 50).length / s.length) * 100).toFixed(1),
  );
};
test('eval', () => {
  const wild = JSON.parse(raw('supervisor/jailbreak/inthewild_jailbreak_llms.json.gz'));
  rate('wild', strings(wild));
  rate(
    'dan',
    strings(JSON.parse(raw('supervisor/jailbreak/moonshot_jailbreak-dan.json')), /input|prompt/),
  );
  const cs = JSON.parse(raw('supervisor/injection/cyberseceval_prompt_injection.json'));
  rate(
    'cse en',
    cs.map((x: any) => x.user_input),
  );
  const cm = JSON.parse(
    raw('supervisor/injection/cyberseceval_prompt_injection_multilingual.json.gz'),
  );
  const langs = new Set<string>(cm.map((x: any) => x.speaking_language ?? x.language ?? x.lang));
  for (const l of langs)
    rate(
      'cse ' + l,
      cm
        .filter((x: any) => (x.speaking_language ?? x.language ?? x.lang) === l)
        .map((x: any) => x.user_input),
    );
  rate(
    'NotInject',
    strings(JSON.parse(raw('supervisor/injection/piguard_NotInject_one.json')), /prompt/),
  );
  const m = JSON.parse(raw('supervisor/overrefusal/mitre_frr.json.gz'));
  rate(
    'mitre',
    m.map((x: any) => x.mutated_prompt ?? x.prompt),
  );
  const mm = JSON.parse(raw('supervisor/overrefusal/mitre_frr_multilingual.json.gz'));
  rate(
    'mitre multi',
    mm.map((x: any) => x.mutated_prompt ?? x.prompt),
  );
  const bip = raw('supervisor/injection/bipia_email_train.jsonl')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));
  rate(
    'bipia email benign',
    bip.flatMap((x) => strings(x)),
  );
  // pii false alarms on templates
  for (const [n, list] of Object.entries({
    mitre: m.map((x: any) => x.mutated_prompt ?? x.prompt),
    mm: mm.map((x: any) => x.mutated_prompt ?? x.prompt),
    mail: bip.flatMap((x) => strings(x)),
  }) as [string, string[]][]) {
    const hits: Record<string, number> = {};
    for (const t of list)
      for (const d of allDetectors)
        for (const f of d.detect(normalise(t)))
          if (f.score >= 50) {
            hits[f.kind] = (hits[f.kind] ?? 0) + 1;
            if (hits[f.kind]! < 4 && !f.kind.startsWith('attack'))
              console.log(
                '   ',
                n,
                f.kind,
                f.score,
                JSON.stringify(t.slice(Math.max(0, f.start - 30), f.end + 10)),
              );
          }
    console.log(n, list.length, JSON.stringify(hits));
  }
  for (const t of [
    ...strings(JSON.parse(raw('supervisor/injection/piguard_NotInject_one.json')), /prompt/),
    ...bip.flatMap((x) => strings(x)),
    ...mm.map((x: any) => x.mutated_prompt ?? x.prompt),
    ...m.map((x: any) => x.mutated_prompt),
  ])
    for (const f of inj.detect(normalise(t)))
      if (f.score >= 50)
        console.log('FA', f.kind, f.score, JSON.stringify(t.slice(f.start, f.end)));
  const pii = JSON.parse(raw('supervisor/pii/presidio_research_synth_dataset_v2.json.gz'));
  const by: Record<string, [number, number]> = {};
  let extra: Record<string, number> = {};
  for (const x of pii) {
    const fs = allDetectors
      .flatMap((d) => d.detect(normalise(x.full_text)))
      .filter((f) => f.score >= 55);
    for (const s of x.spans) {
      const b = (by[s.entity_type] ??= [0, 0]);
      b[1]++;
      if (fs.some((f) => f.start < s.end_position && f.end > s.start_position)) b[0]++;
      else if (/PHONE|CREDIT|EMAIL/.test(s.entity_type) && b[1] - b[0] < 8)
        console.log('miss', s.entity_type, s.entity_value);
    }
    for (const f of fs)
      if (!x.spans.some((s: any) => f.start < s.end_position && f.end > s.start_position)) {
        extra[f.kind] = (extra[f.kind] ?? 0) + 1;
        console.log('EXTRA', f.kind, x.full_text.slice(Math.max(0, f.start - 20), f.end + 5));
      }
  }
  console.log(JSON.stringify(by), JSON.stringify(extra));
});
