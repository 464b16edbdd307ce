import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type Bundle,
  type BundleEntry,
  type BundleRole,
  canonicalJson,
  digestDisclosure,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  entryJwtKid,
  entryJwtSigningInput,
  formatBundle,
  formatDisclosure,
  formatEntryJwt,
  formatTlogProof,
  parseBundle,
  parseEntryJwt,
  verifyBundle,
} from '../src/index.ts';
import { type TestSigner, signCheckpoint, TestSigner as Signer } from './naive-log.ts';
import {
  type Fixture,
  buildReceipt,
  disclosures,
  logSigner,
  origin,
  witnessSigner,
} from './receipt-fixture.ts';

const salt2 = new Uint8Array(16).fill(5);
const largeText = JSON.stringify({ text: 'long '.repeat(300) });
const large = formatDisclosure({
  salt: 'c2FsdHNhbHRzYWx0c2Fs',
  name: 'request.messages',
  value: {
    sha256s: createHmac('sha256', salt2).update(largeText).digest('base64url'),
    n: largeText.length,
  },
});
const largeValue = {
  name: 'request.messages',
  salt2: encodeBase64url(salt2),
  bytes: encodeBase64(encodeUtf8(largeText)),
};

/** Replaces decoys, and keeps the digests sorted. */
async function withDigest(digests: readonly string[], kept: readonly string[], text: string) {
  const known = await Promise.all(kept.map((item) => digestDisclosure(item)));
  const decoy = digests.find((digest) => !known.includes(digest))!;
  return [...digests.filter((digest) => digest !== decoy), await digestDisclosure(text)].toSorted();
}

/** An intent whose messages are large, as the server records them. */
async function fixtureWithLarge(): Promise<Fixture> {
  const plain = await buildReceipt();
  const { _sd } = JSON.parse(Buffer.from(plain.entries.get('intent')!).toString()) as {
    _sd: string[];
  };
  const digests = await withDigest(_sd, disclosures.intent, large);
  return buildReceipt({
    entry: (role, members) => (role === 'intent' ? { ...members, _sd: digests } : members),
  });
}

async function jwtOf(
  payload: Uint8Array,
  opened: readonly string[],
  signer: TestSigner = logSigner,
): Promise<string> {
  const signingInput = entryJwtSigningInput(entryJwtKid(origin, await signer.keyId()), payload);
  const signature = signer.signBytes(encodeUtf8(signingInput));
  return formatEntryJwt({ signingInput, signature, disclosures: opened });
}

async function bundleOf(
  fixture: Fixture,
  changes: { groups?: Bundle['groups']; checkpoint?: string } = {},
): Promise<Bundle> {
  const { log, entries, indexes, checkpoint } = fixture;
  const parts = (['intent', 'outcome', 'policy', 'model'] as const).map(
    async (role): Promise<BundleEntry> => {
      const isLarge = role === 'intent';
      const opened = [...disclosures[role], ...(isLarge ? [large] : [])];
      return {
        role,
        sdJwt: await jwtOf(entries.get(role)!, opened),
        proof: formatTlogProof(log.proof(indexes.get(role)!, changes.checkpoint ?? checkpoint)),
        values: isLarge ? [largeValue] : [],
      };
    },
  );
  const format = 'sekisho-bundle/1';
  const groups = changes.groups ?? ['content', 'ops'];
  return { format, origin, groups, entries: await Promise.all(parts) };
}

const keys = async () => ({ verifierKeys: [await logSigner.vkey()] });

function change(bundle: Bundle, role: BundleRole, part: Partial<BundleEntry>): string {
  const entries = bundle.entries.map((entry) =>
    entry.role === role ? { ...entry, ...part } : entry,
  );
  return formatBundle({ ...bundle, entries });
}

describe("an auditor's bundle", () => {
  it('verifies as a receipt does, and opens its large values', async () => {
    const bundle = await bundleOf(await fixtureWithLarge());
    const text = formatBundle(bundle);
    expect(parseBundle(text)).toEqual(bundle);
    const report = await verifyBundle(text, await keys());
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.verdict).toBe('UNANCHORED');
    expect(report.values).toEqual([{ index: 5, name: 'request.messages', text: largeText }]);
    expect(report.contents).toEqual([
      { role: 'intent', group: 'content', state: 'PRESENT' },
      { role: 'intent', group: 'ops', state: 'PRESENT' },
      { role: 'outcome', group: 'content', state: 'MISSING' },
      { role: 'outcome', group: 'ops', state: 'PRESENT' },
    ]);
    const witnessed = await verifyBundle(text, {
      ...(await keys()),
      witnessKeys: [await witnessSigner.vkey()],
    });
    expect(witnessed.verdict).toBe('WITNESSED');
  });

  it('is refused for every part that was changed', async () => {
    const fixture = await fixtureWithLarge();
    const bundle = await bundleOf(fixture);
    const [intent, outcome] = bundle.entries as readonly [BundleEntry, BundleEntry];
    const stranger = new Signer('stranger.example');
    const payload = fixture.entries.get('intent')!;
    const forged = await jwtOf(payload, disclosures.intent, stranger);
    const claimed = forged.replace(/^[^.]*/, intent.sdJwt.split('.')[0]!);
    const [jwt = '', first = ''] = intent.sdJwt.split('~');
    const unopened = { values: [] };
    for (const [name, text, code] of [
      ['another key', change(bundle, 'intent', { sdJwt: forged }), 'E_JWT'],
      ['a signature under our name', change(bundle, 'intent', { sdJwt: claimed }), 'E_JWT'],
      ['the entry of another', change(bundle, 'intent', { sdJwt: outcome.sdJwt }), 'E_ROOT'],
      ['no signature', change(bundle, 'intent', { sdJwt: jwt.replace(/[^.]*$/, '~') }), 'E_JWT'],
      ['a header with alg none', change(bundle, 'intent', { sdJwt: none(intent.sdJwt) }), 'E_JWT'],
      [
        'a key binding at its end',
        change(bundle, 'intent', { sdJwt: `${intent.sdJwt}x` }),
        'E_JWT',
      ],
      [
        'one disclosure twice',
        change(bundle, 'intent', { sdJwt: `${jwt}~${first}~${first}~`, ...unopened }),
        'E_DISCLOSURE',
      ],
      [
        'a disclosure nobody recorded',
        change(bundle, 'intent', {
          sdJwt: `${jwt}~${formatDisclosure({ salt: 'x', name: 'usage', value: 1 })}~`,
          ...unopened,
        }),
        'E_DISCLOSURE',
      ],
      ['a value without its disclosure', change(bundle, 'intent', { sdJwt: `${jwt}~` }), 'E_VALUE'],
      [
        'another value',
        change(bundle, 'intent', { values: [{ ...largeValue, bytes: encodeBase64(salt2) }] }),
        'E_VALUE',
      ],
      [
        'another salt',
        change(bundle, 'intent', {
          values: [{ ...largeValue, salt2: encodeBase64url(new Uint8Array(16)) }],
        }),
        'E_VALUE',
      ],
      ['a value twice', change(bundle, 'intent', { values: [largeValue, largeValue] }), 'E_VALUE'],
      ['another place', change(bundle, 'intent', { proof: outcome.proof }), 'E_ROOT'],
      ['no place', change(bundle, 'intent', { proof: '' }), 'E_PROOF'],
      ['another role', change(bundle, 'policy', { role: 'model' }), 'E_LINK'],
      ['an erasure of nothing', change(bundle, 'policy', { role: 'erasure' }), 'E_LINK'],
      ['another name', formatBundle({ ...bundle, origin: 'other.example' }), 'E_JWT'],
      ['no entries', formatBundle({ ...bundle, entries: [] }), 'E_BUNDLE_FORMAT'],
      ['a group twice', formatBundle({ ...bundle, groups: ['ops', 'ops'] }), 'E_BUNDLE_FORMAT'],
      [
        'groups in disorder',
        formatBundle({ ...bundle, groups: ['ops', 'content'] }),
        'E_BUNDLE_FORMAT',
      ],
      ['white space', formatBundle(bundle).replace('{', '{ '), 'E_BUNDLE_FORMAT'],
      ['a member more', formatBundle(bundle).replace('{', '{"x":1,'), 'E_BUNDLE_FORMAT'],
      ['no newline', formatBundle(bundle).trimEnd(), 'E_BUNDLE_FORMAT'],
      ['nothing', '', 'E_BUNDLE_FORMAT'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the change
      const report = await verifyBundle(text, await keys());
      const failed = report.checks.find((check) => !check.ok);
      expect([name, report.verdict, failed?.code]).toEqual([name, 'INVALID', code]);
      expect([report.contents, report.values]).toEqual([[], []]);
    }
    expect(await verifyBundle('', { verifierKeys: [] })).toMatchObject({ verdict: 'INVALID' });
  });

  it('does not hold a value back that it names by its hash only', async () => {
    const bundle = await bundleOf(await fixtureWithLarge());
    const report = await verifyBundle(change(bundle, 'intent', { values: [] }), await keys());
    expect([report.verdict, report.values]).toEqual(['UNANCHORED', []]);
  });

  it('of one entry, its rules and its model stays under 8 kB with Ed25519 alone', async () => {
    const fixture = await buildReceipt({ signers: [logSigner] });
    const { entries, ...head } = await bundleOf(fixture);
    const small = await Promise.all(
      entries.map(async (entry) => {
        const role = entry.role as 'intent';
        const sdJwt = await jwtOf(fixture.entries.get(role)!, disclosures[role]);
        return { ...entry, values: [], sdJwt };
      }),
    );
    const whole = formatBundle({ ...head, entries: small });
    const one = formatBundle({ ...head, entries: small.filter(({ role }) => role !== 'outcome') });
    for (const text of [whole, one]) {
      // oxlint-disable-next-line no-await-in-loop -- two
      expect((await verifyBundle(text, await keys())).verdict).toBe('UNANCHORED');
    }
    const sizes = [one, whole, gzipSync(whole)].map(({ length }) => length);
    process.stdout.write(
      `bundle in bytes: intent, rules and model ${sizes[0]}; with the outcome ${sizes[1]}, gzipped ${sizes[2]}\n`,
    );
    expect(sizes[0]).toBeLessThan(8192);
    expect(sizes[2]).toBeLessThan(8192);
  });
});

function none(sdJwt: string): string {
  const [head = '', ...rest] = sdJwt.split('.');
  const header = Buffer.from(head, 'base64url').toString().replace('EdDSA', 'none');
  return [Buffer.from(header).toString('base64url'), ...rest].join('.');
}

describe('what was erased', () => {
  const opened = async (fields: Readonly<Record<string, unknown>>) => {
    const texts = Object.entries(fields).map(([name, value]) =>
      formatDisclosure({ salt: 'c2FsdHNhbHRzYWx0c2Fs', name, value }),
    );
    return { texts, digests: await Promise.all(texts.map((text) => digestDisclosure(text))) };
  };

  /** The outcome's content is gone, and an entry after it says this. */
  async function erased(fields: Readonly<Record<string, unknown>>): Promise<string> {
    const fixture = await fixtureWithLarge();
    const { texts, digests } = await opened(fields);
    const model = JSON.parse(Buffer.from(fixture.entries.get('model')!).toString()) as object;
    const decoys = Array.from({ length: 16 - digests.length }, (_, i) =>
      encodeBase64url(new Uint8Array(32).fill(i)),
    );
    const members = { ...model, t: 'erasure', ref: {}, _sd: [...digests, ...decoys].toSorted() };
    const bytes = encodeUtf8(canonicalJson(members));
    const index = fixture.log.append(bytes);
    const checkpoint = await signCheckpoint(origin, fixture.log, [logSigner]);
    const bundle = await bundleOf(fixture, { checkpoint });
    const entry: BundleEntry = {
      role: 'erasure',
      sdJwt: await jwtOf(bytes, texts),
      proof: formatTlogProof(fixture.log.proof(index, checkpoint)),
      values: [],
    };
    return formatBundle({ ...bundle, entries: [...bundle.entries, entry] });
  }

  it('is ERASED where an entry of the log says so', async () => {
    const fixture = await fixtureWithLarge();
    const index = fixture.indexes.get('outcome')!;
    const day = Math.floor(1_790_000_000 / 86_400);
    const range = { from: index - 1, to: index + 1, class: 'r1', day, except: [] };
    for (const fields of [
      { 'erasure.indexes': [1, index], 'erasure.groups': ['content'] },
      { 'erasure.range': range, 'erasure.groups': ['content'] },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- two ways to say it
      const report = await verifyBundle(await erased(fields), await keys());
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(report.contents).toContainEqual({
        role: 'outcome',
        group: 'content',
        state: 'ERASED',
        erasedBy: 11,
      });
    }
  });

  it('is not explained by an erasure of something else', async () => {
    const fixture = await fixtureWithLarge();
    const index = fixture.indexes.get('outcome')!;
    const day = Math.floor(1_790_000_000 / 86_400);
    const range = { from: index - 1, to: index + 1, class: 'r1', day, except: [] };
    for (const fields of [
      { 'erasure.indexes': [index + 1], 'erasure.groups': ['content'] },
      { 'erasure.indexes': [index], 'erasure.groups': ['identity'] },
      { 'erasure.indexes': [index] },
      { 'erasure.groups': ['content'] },
      { 'erasure.range': { ...range, except: [index] }, 'erasure.groups': ['content'] },
      { 'erasure.range': { ...range, day: day + 1 }, 'erasure.groups': ['content'] },
      { 'erasure.range': { ...range, class: 'r2' }, 'erasure.groups': ['content'] },
      { 'erasure.range': { ...range, to: index - 1 }, 'erasure.groups': ['content'] },
      { 'erasure.range': null, 'erasure.groups': ['content'] },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const report = await verifyBundle(await erased(fields), await keys());
      expect([fields, report.checks.at(-1)?.code]).toEqual([fields, 'E_LINK']);
    }
  });
});

describe('an entry as an SD-JWT', () => {
  it('is read in the one form that is written', async () => {
    const sdJwt = await jwtOf(encodeUtf8('{}'), ['a', 'b']);
    const jwt = parseEntryJwt(sdJwt)!;
    expect(jwt.disclosures).toEqual(['a', 'b']);
    expect(Buffer.from(sdJwt.split('.')[0]!, 'base64url').toString()).toBe(
      `{"alg":"EdDSA","typ":"sekisho-entry+sd-jwt","kid":"${jwt.kid}"}`,
    );
    expect(formatEntryJwt(jwt)).toBe(sdJwt);
    for (const text of ['', '~', 'a.b.c~', 'a.b~', sdJwt.slice(0, -1), `${sdJwt}.`, `x${sdJwt}`]) {
      expect([text, parseEntryJwt(text)]).toEqual([text, undefined]);
    }
  });
});
