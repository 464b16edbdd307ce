import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  evaluateQuorum,
  keyTypes,
  openNote,
  parseTrustPolicy,
  parseVerifierKey,
  verifyReceipt,
} from '../src/index.ts';
import { TestSigner } from './naive-log.ts';
import { buildReceipt, logSigner, witnessSigner } from './receipt-fixture.ts';
import { hasVectors, readVectorJson, readVectorText, vectorsTitle } from './vectors.ts';

const witness = (name: string): TestSigner => new TestSigner(name, keyTypes.cosignatureV1);
const [x1, x2, x3, y1, y2] = ['x1', 'x2', 'x3', 'y1', 'y2'].map((name) => witness(name));
const all = [x1!, x2!, x3!, y1!, y2!];
const vkeys = new Map<string, string>();
let log = '';

beforeAll(async () => {
  for (const signer of [...all, witnessSigner]) vkeys.set(signer.name, await signer.vkey());
  log = `log ${await logSigner.vkey()}\n`;
});

const line = (name: string): string => `witness ${name.toUpperCase()} ${vkeys.get(name)}\n`;
const two = (): string => `${log}${all.map(({ name }) => line(name)).join('')}`;
const nested = (): string =>
  `${two()}group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n`;

async function weigh(text: string, signers: readonly TestSigner[]) {
  const policy = await parseTrustPolicy(text);
  return evaluateQuorum(policy, ({ publicKey }) =>
    signers.some((signer) => Buffer.from(signer.publicKey).equals(publicKey)),
  );
}

const refused = async (text: string | Uint8Array): Promise<string> =>
  parseTrustPolicy(text).then(
    () => 'accepted',
    (error: { code: string; subject: string }) => `${error.code} ${error.subject}`,
  );

describe('a trust policy', () => {
  it('reads logs, witnesses, groups and a quorum, with comments and either separator', async () => {
    const text = `# trust\n\n \t\n${log.replace('\n', ' https://log.example/\n')}  # more
\twitness\tX1   ${vkeys.get('x1')}\thttps://x1.example/submit \n${line('x2')}
group G any X1 X2\nquorum G\n`;
    const policy = await parseTrustPolicy(text);
    expect(policy.logs.map(({ name }) => name)).toEqual([logSigner.name]);
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['X1', 'https://x1.example/submit'],
      ['X2', undefined],
    ]);
    expect(policy.groups).toEqual([{ name: 'G', threshold: 1, members: ['X1', 'X2'] }]);
    expect(policy.quorum).toBe('G');
  });

  it('holds when k of the members of each group have signed, and not before', async () => {
    const institutions = async (...signers: TestSigner[]) => {
      const { holds, institutions: names } = await weigh(nested(), signers);
      return holds ? names : 'fails';
    };
    expect(await institutions(x1!, x3!, y2!)).toEqual(['X1', 'X3', 'Y']);
    expect(await institutions(...all)).toEqual(['X1', 'X2', 'X3', 'Y']);
    expect(await institutions(x1!, y1!, y2!)).toBe('fails');
    expect(await institutions(x1!, x2!, x3!)).toBe('fails');
    expect(await institutions()).toBe('fails');
  });

  it('counts an institution once, however many of its witnesses have signed', async () => {
    const text = `${two()}group X any X1 X2 X3\ngroup Y any Y1 Y2\ngroup q 2 X Y\nquorum q\n`;
    expect(await weigh(text, [x1!, x2!, x3!])).toEqual({ holds: false, institutions: [] });
    expect(await weigh(text, all)).toEqual({ holds: true, institutions: ['X', 'Y'] });
    expect(await weigh(`${two()}quorum Y1\n`, [y1!, y2!])).toEqual({
      holds: true,
      institutions: ['Y1'],
    });
  });

  it('may ask for nobody, and then nobody vouches', async () => {
    expect(await weigh('quorum none\n', all)).toEqual({ holds: true, institutions: [] });
  });

  it('takes names as octets: neither normalised nor even UTF-8', async () => {
    const kelvin = `witness K ${vkeys.get('x1')}\nwitness \u212a ${vkeys.get('x2')}\nquorum \u212a\n`;
    expect(await weigh(kelvin, [x1!])).toMatchObject({ holds: false });
    expect(await weigh(kelvin, [x2!])).toEqual({ holds: true, institutions: ['\u212a'] });
    const latin = Buffer.from(`witness \u00e9 ${vkeys.get('x1')}\nquorum \u00e9\n`, 'latin1');
    expect((await parseTrustPolicy(new Uint8Array(latin))).witnesses).toHaveLength(1);
    // A space that only Unicode knows is part of a name.
    expect(await refused(`quorum\u00a0none\n`)).toBe('E_POLICY line 1');
  });

  it('supports 32 of everything and refuses thousands', async () => {
    const keys = await Promise.all(
      Array.from({ length: 300 }, (_, i) => witness(`many${i}`).vkey()),
    );
    const text = (count: number): string => {
      const names = Array.from({ length: count }, (_, i) => i);
      const witnesses = names.map((i) => `witness w${i} ${keys[i]}\n`).join('');
      return `${witnesses}${names.map((i) => `group g${i} 1 w${i}\n`).join('')}quorum g31\n`;
    };
    expect((await parseTrustPolicy(text(32))).groups).toHaveLength(32);
    expect(await refused(text(300))).toBe('E_POLICY line 257');
    expect(await refused('#'.repeat(300_000))).toBe('E_POLICY the trust policy');
    expect(await refused(`${'\n'.repeat(5_000)}quorum none\n`)).toBe('E_POLICY the trust policy');
  });

  it('refuses, naming the line, whatever is not exactly in the form', async () => {
    const one = line('x1');
    const renamed = await new TestSigner('other', keyTypes.cosignatureV1, 'x1').vkey();
    for (const [text, subject] of [
      ['', 'the trust policy'],
      ['quorum none', 'the trust policy'],
      [one, 'the trust policy'],
      ['quorum none\nquorum none\n', 'line 2'],
      ['quorum X1\n', 'line 1'],
      [`quorum X1\n${one}`, 'line 1'],
      ['quorum\n', 'line 1'],
      ['quorum none none\n', 'line 1'],
      ['Quorum none\n', 'line 1'],
      ['quorum none\r\n', 'the trust policy'],
      ['quorum none # yes\n', 'line 1'],
      [`${log}${log}quorum none\n`, 'line 2'],
      [`log ${vkeys.get('x1')}\nquorum none\n`, 'line 1'],
      [`${one.replace(vkeys.get('x1')!, log.slice(4, -1))}quorum none\n`, 'line 1'],
      [`${one}${one}quorum none\n`, 'line 2'],
      [`${one}witness Z ${renamed}\nquorum none\n`, 'line 2'],
      [`witness none ${vkeys.get('x1')}\nquorum none\n`, 'line 1'],
      [`witness X1 ${vkeys.get('x1')} url more\nquorum none\n`, 'line 1'],
      [`${one}group X1 any X1\nquorum X1\n`, 'line 2'],
      [`${one}group G any\nquorum G\n`, 'line 2'],
      [`${one}group G 2 X1\nquorum G\n`, 'line 2'],
      [`${one}group G 0 X1\nquorum G\n`, 'line 2'],
      [`${one}group G 01 X1\nquorum G\n`, 'line 2'],
      [`${one}group G toString X1\nquorum G\n`, 'line 2'],
      [`${one}group G any X1 X1\nquorum G\n`, 'line 2'],
      [`${one}group G any none\nquorum G\n`, 'line 2'],
      [`${one}group G any G\nquorum G\n`, 'line 2'],
      [`${one}group G any X1\ngroup H any X1\nquorum G\n`, 'line 3'],
    ] as const) {
      expect([text, await refused(text)]).toEqual([text, `E_POLICY ${subject}`]);
    }
  });

  it('accepts no random text, and never fails otherwise than with its code', async () => {
    const words = fc.constantFrom('quorum', 'group', 'witness', 'log', 'none', 'any', '1', 'X1');
    const texts = fc.array(fc.array(words, { maxLength: 5 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(texts, async (lines) => {
        const said = await refused(lines.map((items) => `${items.join(' ')}\n`).join(''));
        const rules = lines.filter((items) => items.length > 0).map((items) => items.join(' '));
        expect(said === 'accepted').toBe(rules.length === 1 && rules[0] === 'quorum none');
      }),
    );
  });
});

describe('a receipt under a trust policy', () => {
  const under = async (trustPolicy: string, keys: readonly string[] = []) =>
    verifyReceipt((await buildReceipt()).text, { verifierKeys: keys, trustPolicy });

  it('is WITNESSED when the quorum holds, and says by how many institutions', async () => {
    const policy = `${log}witness W ${vkeys.get(witnessSigner.name)}\ngroup uni any W\nquorum uni\n`;
    const report = await under(policy);
    expect(report.verdict).toBe('WITNESSED');
    expect(report.facts?.quorum).toEqual({ holds: true, institutions: ['uni'] });
    expect(report.proved.map(({ en }) => en).join()).toContain('1 institution(s)');
    const twice = await under(policy, [await logSigner.vkey()]);
    expect(twice.verdict).toBe('WITNESSED');
  });

  it('is UNANCHORED when a witness signed but the quorum does not hold', async () => {
    const witnesses = `witness W ${vkeys.get(witnessSigner.name)}\n${line('x1')}`;
    const report = await under(`${log}${witnesses}group q all W X1\nquorum q\n`);
    expect(report.verdict).toBe('UNANCHORED');
    expect(report.facts?.quorum?.holds).toBe(false);
    expect(report.notProved.map(({ en }) => en).join()).toContain('no quorum');
    expect((await under(`${log}${witnesses}quorum none\n`)).verdict).toBe('UNANCHORED');
  });

  it('is INVALID under a policy that lists another log, or the log as its own witness', async () => {
    const other = `log ${await new TestSigner('other.example').vkey()}\nquorum none\n`;
    expect((await under(other)).checks.at(-1)).toMatchObject({ code: 'E_SIG' });
    const own = new TestSigner('self', keyTypes.cosignatureV1, logSigner.name);
    const self = `${log}witness W ${await own.vkey()}\nquorum W\n`;
    expect((await under(self)).checks.at(-1)).toMatchObject({ code: 'E_POLICY' });
    expect((await under('quorum\n')).checks.at(-1)).toMatchObject({ code: 'E_POLICY' });
  });
});

describe.skipIf(!hasVectors)(vectorsTitle('witnesses of Sunlight'), () => {
  it('contribute to a quorum with the keys they publish', async () => {
    const folders = [
      ['witness', '000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706'],
      ['witness2', '88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482'],
    ] as const;
    for (const [folder, hash] of folders) {
      const about = readVectorJson<{ verifier_keys: string[] }>(
        `sunlight/${folder}/witness.v0.json`,
      );
      const [vkey = ''] = about.verifier_keys;
      const text = `witness W ${vkey}\n${line('x1')}group G any W X1\nquorum G\n`;
      const policy = await parseTrustPolicy(text);
      const note = readVectorText(`sunlight/${folder}/${hash}/checkpoint`);
      const opened = await openNote(note, [(await parseVerifierKey(vkey))!]);
      const signed = new Set(opened?.verified.map(({ key }) => key.name));
      expect(evaluateQuorum(policy, ({ name }) => signed.has(name))).toEqual({
        holds: true,
        institutions: ['G'],
      });
    }
  });
});
