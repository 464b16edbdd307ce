import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Language } from '#base';
import { defaultPolicyYaml } from '#policy';
import { policyCommand } from '../../src/cli/policy.ts';
import { type TestUpstream, policyOf } from '../policy/routing-document.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  args: readonly string[],
  text: string,
  language: Language = 'en',
): Promise<{ code: number; said: string; complained: string }> {
  const file = join(folder, 'sekisho.yaml');
  writeFileSync(file, text);
  let said = '';
  let complained = '';
  const code = await policyCommand.run([...args, '--file', file], {
    language,
    version: '0',
    out: (more) => (said += more),
    error: (more) => (complained += more),
  });
  return { code, said, complained };
}

const vendors: readonly TestUpstream[] = [
  {
    id: 'abroad',
    jurisdiction: 'US',
    terms: { url: 'https://x.example/terms', reviewed: '2020-01-01', reviewBy: '2020-06-30' },
  },
  { id: 'city', capabilities: { tools: false } },
  { id: 'idle' },
];
const book = policyOf({
  upstreams: vendors,
  dataClasses: [
    { id: 'open', upstreams: ['city', 'abroad'] },
    { id: 'closed', upstreams: ['city', 'abroad'], jurisdictions: ['JP'] },
    { id: 'nowhere', upstreams: [] },
  ],
  routing: [{ id: 'cheap', classes: ['open'], order: 'cheapest' }],
  cache: {
    classes: [
      { id: 'open', seconds: 60 },
      { id: 'closed', seconds: 60 },
    ],
  },
  accounting: {
    currency: 'USD',
    prices: [
      {
        upstream: 'abroad',
        currency: 'USD',
        inputPerMillion: 2,
        outputPerMillion: 8,
        validFrom: '2020-01-01',
        source: 'test',
      },
    ],
  },
}).text;

describe('sekisho policy explain', () => {
  test('says for each upstream why, in which order, and for about how much', async () => {
    const asked = ['explain', '--class', 'open', '--tokens', '1000', '--answer-tokens', '100'];
    const { code, said } = await run(asked, book);
    expect(code).toBe(0);
    expect(said).toContain('rule routing.cheap: cheapest');
    expect(said).toMatch(/1 {2}abroad.*US\/JP.*about 0\.0028 USD.*read again by 2020-06-30/);
    expect(said).toMatch(/2 {2}city/);
    expect(said).toMatch(/- {2}idle +forbidden by dataClasses\.open\.upstreams/);
  });

  test('names what forbids and what cannot, and the refusal, in both languages', async () => {
    const asked = ['explain', '--class', 'closed', '--tools'];
    const english = (await run(asked, book)).said;
    expect(english).toMatch(/forbidden by dataClasses\.closed\.jurisdictions/);
    expect(english).toMatch(/unable by upstreams\.city\.capabilities\.tools/);
    expect(english).toMatch(/refused by: upstreams\.city\.capabilities\.tools/);
    const japanese = (await run(asked, book, 'ja')).said;
    expect(japanese).toMatch(/禁止する項目: dataClasses\.closed\.jurisdictions/);
    expect(japanese).toMatch(/拒否する項目: upstreams\.city\.capabilities\.tools/);
  });

  test('gives the same as JSON', async () => {
    const { said } = await run(['explain', '--class', 'nowhere', '--json'], book);
    expect(JSON.parse(said)).toMatchObject({
      rule: null,
      refusedBy: ['dataClasses.nowhere.upstreams'],
      upstreams: [{ upstream: 'abroad', place: null, why: 'forbidden' }, {}, {}],
    });
  });

  test('refuses a class that does not exist, and an option it does not know', async () => {
    const unknown = await run(['explain', '--class', 'secret'], book);
    expect(unknown).toMatchObject({ code: 1, said: '' });
    expect(unknown.complained).toContain('known: open, closed, nowhere');
    expect((await run(['explain', '--tokens', 'many'], book)).code).toBe(1);
    expect((await run(['guess'], book)).code).toBe(2);
  });
});

describe('sekisho policy test', () => {
  test('passes with the rule book a newcomer gets', async () => {
    const { code, said } = await run(['test'], defaultPolicyYaml());
    expect(said).toMatch(/^ {2}ok {4}a-question-passes/);
    expect(said).toMatch(/7 example\(s\), 0 failed\n$/);
    expect(code).toBe(0);
  });

  test('fails and shows the difference when a rule no longer does what an example says', async () => {
    const weaker = defaultPolicyYaml().replace('minScore: 55', 'minScore: 100');
    const { code, said } = await run(['test'], weaker, 'ja');
    expect(code).toBe(1);
    expect(said).toMatch(/FAIL {2}a-telephone-number-is-masked/);
    expect(said).toMatch(/decision: 期待 redact、結果 allow/);
    expect(said).toMatch(/class: 期待 personal、結果 internal/);
  });

  test('knows refusals by rule, by class and by ability', async () => {
    const example = (name: string, more: object, expected: object): object => ({
      name,
      text: 'Good morning.',
      ...more,
      expect: { decision: 'allow', ...expected },
    });
    const text = JSON.stringify({
      ...(JSON.parse(book) as object),
      examples: [
        example('a', { class: 'nowhere' }, { refused: 'dataClasses.nowhere.upstreams' }),
        example(
          'b',
          { class: 'closed', needs: ['tools'] },
          {
            refused: 'upstreams.city.capabilities.tools',
          },
        ),
        example('c', { class: 'closed', model: 'abroad' }, { upstream: 'city' }),
        example('d', { class: 'open' }, { upstream: 'city' }),
      ],
    });
    const { code, said } = await run(['test', '--json'], text);
    const rows = JSON.parse(said) as { name: string; failed: string[] }[];
    expect(rows.map(({ failed }) => failed)).toEqual([[], [], [], ['upstream']]);
    expect(code).toBe(1);
  });
});

describe('sekisho policy check', () => {
  test('accepts what can be used and doubts what may not be meant', async () => {
    const { code, said } = await run(['check'], book);
    expect(code).toBe(0);
    expect(said).toContain('open → city, abroad');
    expect(said).toMatch(/! dataClasses\.nowhere may reach no upstream/);
    expect(said).toMatch(/! upstreams\.idle may be reached by no data class/);
    expect(said).toMatch(/! upstreams\.abroad\.terms: the review is overdue/);
    expect(said).toMatch(/! cache\.classes closed: answers of a class above open/);
    expect(said).not.toMatch(/cache\.classes open/);
  });

  test('refuses what cannot be used, by the member', async () => {
    const { code, complained } = await run(['check'], `${defaultPolicyYaml()}\ntypo: 1\n`);
    expect(code).toBe(1);
    expect(complained).toMatch(/typo/);
  });
});
