import { beforeAll, describe, expect, it } from 'vitest';
import {
  type RejectionCode,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  formatDisclosure,
  keyTypes,
  rejections,
  verifyReceipt,
  verifyTile,
} from '../src/index.ts';
import { TestSigner, sha256 } from './naive-log.ts';
import {
  type Changes,
  type Fixture,
  buildReceipt,
  disclosures,
  logSigner,
  origin,
  witnessSigner,
} from './receipt-fixture.ts';

const isSlow = process.env['SLOW'] === '1';
const timeoutMs = isSlow ? 1_200_000 : 120_000;
let logKey: string;
let witnessKey: string;

beforeAll(async () => {
  logKey = await logSigner.vkey();
  witnessKey = await witnessSigner.vkey();
});

async function verdictOf(text: string, keys: readonly string[] = [logKey]): Promise<string> {
  const report = await verifyReceipt(text, { verifierKeys: keys });
  const [failed, ...more] = report.checks.filter(({ ok }) => !ok);
  expect(more).toEqual([]);
  expect(failed === undefined).toBe(report.verdict !== 'INVALID');
  if (failed === undefined) return report.verdict;
  expect(report).not.toHaveProperty('facts');
  expect(report.proved).toEqual([]);
  expect(failed.text).toEqual(rejections[failed.code!]);
  return `${failed.code} ${failed.subject}`;
}

describe('a receipt', () => {
  it('without a witness is valid and said to be UNANCHORED', async () => {
    const { text, log, indexes } = await buildReceipt({ signers: [logSigner] });
    const report = await verifyReceipt(text, { verifierKeys: [logKey] });
    expect(report.verdict).toBe('UNANCHORED');
    expect(report.checks.every(({ ok }) => ok)).toBe(true);
    expect(report.facts).toMatchObject({
      origin,
      size: log.entries.length,
      root: encodeBase64(log.root()),
      witnesses: [],
      unknownSignatures: 0,
    });
    const [intent, outcome] = report.facts!.entries;
    expect(intent).toMatchObject({
      role: 'intent',
      index: indexes.get('intent'),
      leafHash: encodeBase64url(log.leafHash(indexes.get('intent')!)),
      entry: { decision: 'allow', time: 1_790_000_000 },
    });
    expect(intent?.disclosed.map(({ name, value }) => [name, value])).toEqual([
      ['request.params', { model: '関所', temperature: 0.5 }],
      ['subject.ref', 'employee 7'],
    ]);
    expect(outcome).toMatchObject({ role: 'outcome', entry: { end: 'complete' } });
    expect(report.notProved.some(({ en }) => en.includes('UNANCHORED'))).toBe(true);
    expect(report.notProved.some(({ ja }) => ja.includes('UNANCHORED'))).toBe(true);
  });

  it('is WITNESSED when a witness one knows has cosigned, wherever its key is given', async () => {
    const { text } = await buildReceipt();
    expect(await verdictOf(text, [logKey, witnessKey])).toBe('WITNESSED');
    const options = { verifierKeys: [logKey], witnessKeys: [witnessKey] };
    const report = await verifyReceipt(text, options);
    expect(report.verdict).toBe('WITNESSED');
    expect(report.facts?.witnesses).toEqual([{ name: 'witness.example', time: 1_790_000_000 }]);
    expect(report.notProved.some(({ en }) => en.includes('UNANCHORED'))).toBe(false);
  });

  it('names the signatures that nobody checked', async () => {
    const { text } = await buildReceipt();
    const report = await verifyReceipt(text, { verifierKeys: [logKey] });
    expect([report.verdict, report.facts?.unknownSignatures]).toEqual(['UNANCHORED', 1]);
    expect(report.notProved.some(({ en }) => en.includes('1 more signature'))).toBe(true);
  });

  it('may hold an intent alone, and then says that the end is not known', async () => {
    const { text } = await buildReceipt({ roles: ['intent'] });
    const report = await verifyReceipt(text, { verifierKeys: [logKey] });
    expect(report.verdict).toBe('UNANCHORED');
    expect(report.notProved[0]?.en).toContain('How the exchange ended');
  });

  it('may end in one newline', async () => {
    const { text } = await buildReceipt();
    expect(await verdictOf(`${text}\n`)).toBe('UNANCHORED');
    expect(await verdictOf(`${text}\n\n`)).toBe('E_FORMAT the receipt');
    expect(await verdictOf(`${text}\r\n`)).toBe('E_FORMAT the receipt');
  });

  it(
    'with any single byte changed is refused',
    async () => {
      const { text } = await buildReceipt({ roles: ['intent', 'outcome'] });
      const keys = [logKey, witnessKey];
      const bytes = Buffer.from(text);
      const accepted: number[] = [];
      const lost: number[] = [];
      // The ordinary run changes each byte once; the slow one flips each of its bits.
      const masks = isSlow ? [1, 2, 4, 8, 16, 32, 64, 128] : [1];
      for (let i = 0; i < bytes.length; i++) {
        for (const mask of masks) {
          const changed = Buffer.from(bytes);
          changed[i] = bytes[i]! ^ mask;
          const { verdict } = await verifyReceipt(changed.toString('utf8'), { verifierKeys: keys });
          if (verdict === 'WITNESSED') accepted.push(i);
          if (verdict === 'UNANCHORED') lost.push(i);
        }
      }
      expect(accepted).toEqual([]);
      // All proofs hold one checkpoint, so a line changed in one of them differs from the other.
      expect(lost).toEqual([]);
    },
    timeoutMs,
  );

  it('of one entry with a byte of the cosignature line changed is never WITNESSED', async () => {
    const { text } = await buildReceipt({ roles: ['intent'] });
    const start = Buffer.from(text).lastIndexOf('— witness.example');
    const bytes = Buffer.from(text);
    for (let i = start; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = bytes[i]! ^ 1;
      const keys = { verifierKeys: [logKey, witnessKey] };
      const { verdict } = await verifyReceipt(changed.toString('utf8'), keys);
      expect(verdict).not.toBe('WITNESSED');
    }
  });

  it('with a byte removed or doubled is refused', async () => {
    const { text } = await buildReceipt({ roles: ['intent'], signers: [logSigner] });
    for (let i = 0; i < text.length; i++) {
      expect(await verdictOf(text.slice(0, i) + text.slice(i + 1))).toMatch(/^E_/);
      if (text[i] === text[i + 1]) continue;
      expect(await verdictOf(text.slice(0, i) + text[i] + text.slice(i))).toMatch(/^E_/);
    }
  });
});

describe('a receipt is refused', () => {
  const proofOf = (from: Fixture, role: 'intent' | 'outcome'): string => {
    const parts: { role: string; proof: string }[] = JSON.parse(from.text).entries;
    return parts.find((part) => part.role === role)!.proof;
  };

  const cases: readonly [string, string, Changes][] = [
    ['that names another log', 'E_ORIGIN the checkpoint', { origin: 'other.example' }],
    ['whose checkpoint the log did not sign', 'E_SIG the checkpoint', { signers: [witnessSigner] }],
    [
      'whose log key has another name than the log',
      'E_SIG the checkpoint',
      { signers: [new TestSigner('other.example', keyTypes.ed25519, origin)] },
    ],
    ['without an intent', 'E_LINK the intent entry', { roles: ['outcome', 'policy', 'model'] }],
    ['with two intents', 'E_LINK the intent entry', { roles: ['intent', 'intent'] }],
    ['with two outcomes', 'E_LINK the outcome entry', { roles: ['intent', 'outcome', 'outcome'] }],
    [
      'with one policy entry twice',
      'E_LINK the intent entry',
      { roles: ['intent', 'policy', 'policy'] },
    ],
    [
      'whose entry is of another kind than its role',
      'E_LINK the policy entry',
      { part: (part) => (part.role === 'model' ? { ...part, role: 'policy' } : part) },
    ],
    [
      'whose outcome answers another intent',
      'E_LINK the outcome entry',
      { entry: (role, e) => (role === 'outcome' ? { ...e, ref: { intent: hashOf('x') } } : e) },
    ],
    [
      'whose outcome was written under another policy than its intent',
      'E_LINK the policy entry',
      {
        roles: ['intent', 'outcome'],
        entry: (role, e) => (role === 'intent' ? { ...e, ref: { policy: hashOf('x') } } : e),
      },
    ],
    [
      'with a policy that nobody refers to',
      'E_LINK the policy entry',
      {
        roles: ['intent', 'policy'],
        entry: (role, e) => (role === 'intent' ? { ...e, ref: {} } : e),
      },
    ],
    [
      "whose outcome skips its writer's previous entry",
      'E_LINK the outcome entry',
      { entry: (role, e) => (role === 'outcome' ? { ...e, prev_w: hashOf('x') } : e) },
    ],
    [
      "whose outcome goes back in its writer's count",
      'E_LINK the outcome entry',
      { entry: (role, e) => (role === 'outcome' ? { ...e, wseq: 7 } : e) },
    ],
    [
      'with a field that was not recorded',
      'E_DISCLOSURE the intent entry',
      {
        part: (part) => ({
          ...part,
          disclosures: [formatDisclosure({ salt: 'x', name: 'usage', value: 1 })],
        }),
      },
    ],
    [
      'with a field of another entry',
      'E_DISCLOSURE the outcome entry',
      {
        part: (part) =>
          part.role === 'outcome' ? { ...part, disclosures: disclosures.intent } : part,
      },
    ],
    [
      'with one field opened twice',
      'E_DISCLOSURE the intent entry',
      { part: (p) => ({ ...p, disclosures: [...p.disclosures, ...p.disclosures] }) },
    ],
    [
      'with an entry that is no entry though it is in the log',
      'E_ENTRY the intent entry',
      { entry: (role, e) => (role === 'intent' ? { ...e, note: 'more' } : e) },
    ],
    [
      'with an unsigned extra line in a proof',
      'E_PROOF the intent entry',
      { part: (p) => ({ ...p, proof: p.proof.replace('\nindex', '\nextra AAAA\nindex') }) },
    ],
    [
      'with a proof of another format',
      'E_PROOF the intent entry',
      { part: (p) => ({ ...p, proof: p.proof.replace('@v1', '@v2') }) },
    ],
    [
      'with a proof for another place',
      'E_ROOT the intent entry',
      { part: (p) => ({ ...p, proof: p.proof.replace(/\nindex [0-9]+\n/, '\nindex 0\n') }) },
    ],
  ];

  it.each(cases)('%s: %s', async (_, expected, changes) => {
    const { text } = await buildReceipt(changes);
    expect(await verdictOf(text)).toBe(expected);
  });

  it('whose proofs end in different checkpoints', async () => {
    const one = await buildReceipt();
    const other = await buildReceipt({ signers: [logSigner] });
    const mixed = one.text.replace(
      JSON.stringify(proofOf(one, 'outcome')),
      JSON.stringify(proofOf(other, 'outcome')),
    );
    expect(await verdictOf(mixed)).toBe('E_PROOF the outcome entry');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'receipt'],
    ['another kind of value', '[]'],
    ['a number', '7'],
    ['null', 'null'],
    ['a nest without bottom', '['.repeat(100_000)],
    ['more than a megabyte', `"${'x'.repeat(1024 * 1024)}"`],
  ])('that is %s', async (_, text) => {
    expect(await verdictOf(text)).toBe('E_FORMAT the receipt');
  });

  it('with members unknown, missing, doubled, in another order or with white space', async () => {
    const { text } = await buildReceipt({ roles: ['intent'] });
    const again = `{"format":"sekisho-receipt/1",${text.slice(1)}`;
    const { entries, ...head } = JSON.parse(text);
    for (const bad of [
      again,
      `${text.slice(0, -1)},"more":1}`,
      text.replace('"role":"intent",', ''),
      text.replace('"disclosures":', '"more":1,"disclosures":'),
      text.replace('"intent"', '"stranger"'),
      text.replace('{"format"', '{ "format"'),
      text.replace('"format"', '"\\u0066ormat"'),
      text.replace('receipt/1', 'receipt/2'),
      JSON.stringify({ entries, ...head }),
      JSON.stringify({ ...head, entries: [] }),
      JSON.stringify({ ...head, entries: Array.from({ length: 9 }, () => entries[0]) }),
      JSON.stringify({ ...head, entries: [null] }),
      JSON.stringify({ ...head, entries: [{ ...entries[0], disclosures: [7] }] }),
      JSON.stringify({ ...head, entries: [{ ...entries[0], entry: `${entries[0].entry} ` }] }),
    ]) {
      expect([bad.slice(0, 60), await verdictOf(bad)]).toEqual([
        bad.slice(0, 60),
        'E_FORMAT the receipt',
      ]);
    }
  });

  it('without a log key, or with a key malformed, of the wrong kind or given twice', async () => {
    const { text } = await buildReceipt();
    const twin = await new TestSigner('twin', keyTypes.cosignatureV1, 'witness.example').vkey();
    expect(await verdictOf(text, [])).toBe('E_KEY the verifier key');
    expect(await verdictOf(text, [witnessKey])).toBe('E_KEY the verifier key');
    expect(await verdictOf(text, [logKey.slice(1)])).toBe('E_KEY a given key');
    expect(await verdictOf(text, [logKey, logKey])).toBe('E_KEY a given key');
    expect(await verdictOf(text, [logKey, witnessKey, twin])).toBe('E_KEY a given key');
    const report = await verifyReceipt(text, { verifierKeys: [logKey], witnessKeys: [logKey] });
    expect(report.checks.at(-1)).toMatchObject({ code: 'E_KEY' });
  });

  it('when a witness one knows signed something else', async () => {
    const liar = new TestSigner('witness.example', keyTypes.cosignatureV1);
    const { text } = await buildReceipt();
    const { text: other } = await buildReceipt({ entry: (_, e) => ({ ...e, iat: 1 }) });
    const line = (from: string): string => /— witness\.example [^\\]+/.exec(from)![0];
    const forged = text.replaceAll(line(text), line(other));
    expect(forged).not.toBe(text);
    expect(await verdictOf(forged, [logKey, await liar.vkey()])).toBe('E_SIG the checkpoint');
  });
});

describe('a tile', () => {
  async function tileOf(): Promise<{ fixture: Fixture; hashes: Uint8Array; item: Item }> {
    const fixture = await buildReceipt();
    const { log, indexes } = fixture;
    const leaves = log.entries.map((_, i) => log.leafHash(i));
    const index = indexes.get('intent')!;
    const item = { index, leafHash: encodeBase64url(log.leafHash(index)) };
    return { fixture, hashes: new Uint8Array(Buffer.concat(leaves)), item };
  }
  interface Item {
    readonly index: number;
    readonly leafHash: string;
  }

  it('and a bundle agree with the entry of a receipt', async () => {
    const { fixture, hashes, item } = await tileOf();
    const size = fixture.log.entries.length;
    await expect(verifyTile(`tile/0/000.p/${size}`, hashes, item)).resolves.toBeUndefined();
    const bundle = bundleOf(fixture.log.entries);
    await expect(verifyTile(`tile/entries/000.p/${size}`, bundle, item)).resolves.toBeUndefined();
  });

  it('with a byte of the entry changed, or of another place or length, is refused', async () => {
    const { fixture, hashes, item } = await tileOf();
    const size = fixture.log.entries.length;
    const path = `tile/0/000.p/${size}`;
    for (let i = item.index * 32; i < item.index * 32 + 32; i++) {
      const changed = hashes.with(i, hashes[i]! ^ 1);
      await expect(verifyTile(path, changed, item)).rejects.toMatchObject({ code: 'E_TILE' });
    }
    const bundle = bundleOf(fixture.log.entries);
    const entry = Buffer.from(bundle).indexOf(fixture.log.entries[item.index]!);
    for (let i = entry - 2; i < entry + fixture.log.entries[item.index]!.length; i++) {
      const changed = bundle.with(i, bundle[i]! ^ 1);
      const asked = verifyTile(`tile/entries/000.p/${size}`, changed, item);
      await expect(asked).rejects.toMatchObject({ code: 'E_TILE' });
    }
    for (const other of [
      'tile/1/000',
      'tile/0/001',
      'tile/0/000',
      `tile/0/000.p/${size - 1}`,
      'x',
    ]) {
      await expect(verifyTile(other, hashes, item)).rejects.toMatchObject({ code: 'E_TILE' });
    }
  });
});

describe('a rejection', () => {
  // Whoever reads a report relies on these words; a change must be meant.
  const golden: Readonly<Record<RejectionCode, readonly [en: string, ja: string]>> = {
    E_KEY: [
      'No verifier key was given for a log, or a key is malformed or given twice.',
      '台帳の検証鍵がないか、鍵の形が誤っているか、同じ鍵が二度指定されています。',
    ],
    E_UNSUPPORTED: [
      'This program cannot check ML-DSA-44, and no other key of the log was given.',
      'このプログラムは ML-DSA-44 を検証できず、台帳の他の鍵も指定されていません。',
    ],
    E_FORMAT: [
      'The receipt is not in the form sekisho-receipt/1, so it was altered or is not a receipt.',
      '受領証が sekisho-receipt/1 の形ではありません。書き換えられたか、受領証ではありません。',
    ],
    E_ORIGIN: [
      'The checkpoint belongs to another log than the receipt names.',
      'チェックポイントが、受領証の示す台帳のものではありません。',
    ],
    E_SIG: [
      'The log did not sign this checkpoint with the key you trust, or a signature is false.',
      'チェックポイントに信頼する鍵の署名がないか、署名が正しくありません。',
    ],
    E_ENTRY: [
      'An entry is not in the canonical form, so it was altered.',
      '記録が正規の形ではありません。書き換えられています。',
    ],
    E_PROOF: [
      'An inclusion proof is malformed, or leads to another checkpoint than the others.',
      '包含証明の形が誤っているか、他とは別のチェックポイントに至ります。',
    ],
    E_ROOT: [
      'Entry and proof do not lead to the signed root: entry, proof or place was altered.',
      '記録と証明が署名済みの根に至りません。記録・証明・位置のいずれかが書き換えられています。',
    ],
    E_LINK: [
      'The entries do not belong together: one does not follow from, or name, the other.',
      '記録どうしが対応していません。一方が他方に続くか、他方を指していなければなりません。',
    ],
    E_DISCLOSURE: [
      'An opened field is not one that was recorded.',
      '開示された項目は、記録されたものではありません。',
    ],
    E_TILE: [
      'The tile does not hold this entry at its place.',
      'タイルのその位置に、この記録がありません。',
    ],
    E_ABSENT: [
      'A file that the signed checkpoint asks for is not there.',
      '署名済みのチェックポイントが必要とするファイルがありません。',
    ],
    E_POLICY: [
      'The trust policy is not a valid tlog-policy file.',
      '信頼の方針が、正しい tlog-policy ファイルではありません。',
    ],
    E_FORK_FORMAT: [
      'The evidence is not in the form sekisho-fork/1, so it proves nothing.',
      '証拠が sekisho-fork/1 の形ではなく、何も証明しません。',
    ],
    E_FORK: [
      'The two notes convict nobody: a fork is one size with two different roots.',
      '二つの署名は分岐の証拠になりません。分岐とは、同じ件数で根が異なることです。',
    ],
    E_PROMISE_FORMAT: [
      'It is not a promise that the log signed with the key you trust.',
      '信頼する鍵で台帳が署名した約束ではありません。',
    ],
    E_PROMISE: [
      'The log signed a tree with another leaf at the promised place: it broke its promise.',
      '台帳が署名した木の約束された位置に、別の葉があります。台帳は約束を破りました。',
    ],
    E_COSE: [
      'It is not a COSE receipt of the kind RFC 9942 describes for this tree.',
      'RFC 9942 がこの種の木について定める COSE 受領証ではありません。',
    ],
    E_BUNDLE_FORMAT: [
      'The bundle is not in the form sekisho-bundle/1, so it was altered or is not a bundle.',
      '一括証拠が sekisho-bundle/1 の形ではありません。書き換えられたか、一括証拠ではありません。',
    ],
    E_JWT: [
      'The log did not sign this SD-JWT with the key you trust, or it is malformed.',
      'この SD-JWT に信頼する鍵の署名がないか、形が誤っています。',
    ],
    E_VALUE: [
      'A large value is not the one whose keyed hash was recorded.',
      '大きな値が、鍵付きハッシュとして記録されたものではありません。',
    ],
  };

  it('has a golden sentence in English and Japanese', () => {
    const said = Object.entries(rejections).map(([code, { en, ja }]) => [code, [en, ja]]);
    expect(Object.fromEntries(said)).toEqual(golden);
  });
});

function hashOf(text: string): string {
  return encodeBase64url(sha256(encodeUtf8(text)));
}

function bundleOf(entries: readonly Uint8Array[]): Uint8Array {
  const parts = entries.map((entry) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    return Buffer.concat([length, entry]);
  });
  return new Uint8Array(Buffer.concat(parts));
}
