import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, asyncProperty, integer, nat, tuple } from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PackError } from '../../src/pack/errors.ts';
import { readMember } from '../../src/pack/zip.ts';
import { buildZip, type TestMember } from './zip-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-zip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = Buffer.from('kansho '.repeat(5_000));
const member: TestMember = { name: 'pkg/model.gguf', data };
let count = 0;

async function read(archive: Uint8Array, name = member.name, size = data.length): Promise<Buffer> {
  count += 1;
  const path = join(folder, `${count}.zip`);
  writeFileSync(path, archive);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readMember(path, name, size)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function refusal(archive: Uint8Array, name?: string, size?: number): Promise<string> {
  const error: unknown = await read(archive, name, size).catch((cause: unknown) => cause);
  if (!(error instanceof PackError)) throw new Error('the archive was accepted');
  expect(error.code).toBe('zip');
  return error.detail ?? '';
}

describe('an archive', () => {
  const other: TestMember = { name: 'pkg/__init__.py', data: Buffer.from('print(1)') };

  it('gives one member, deflated or stored, whatever stands around it', async () => {
    expect(await read(buildZip([other, member, other]))).toEqual(data);
    expect(await read(buildZip([{ ...member, stored: true }, other]))).toEqual(data);
  });

  it('may have a comment, even one that looks like the end of an archive', async () => {
    const comment = Buffer.alloc(40);
    comment.writeUInt32LE(0x06_05_4b_50, 5);
    expect(await read(buildZip([member], comment.toString('latin1')))).toEqual(data);
  });

  it('may say its sizes in zip64 fields', async () => {
    expect(await read(buildZip([other, { ...member, zip64: true }]))).toEqual(data);
  });
});

describe('a hostile archive is refused when', () => {
  it('a member unpacks to more than it says', async () => {
    const bomb = Buffer.alloc(50_000_000);
    const archive = buildZip([{ name: member.name, data: bomb, claimedBytes: 1_000 }]);
    expect(archive.length).toBeLessThan(100_000);
    expect(await refusal(archive, member.name, 1_000)).toContain('more');
  });

  it('a member unpacks to less than it says', async () => {
    expect(
      await refusal(buildZip([{ ...member, claimedBytes: 99_999 }]), member.name, 99_999),
    ).toContain('less');
  });

  it('a member is not of the size the catalogue expects', async () => {
    expect(await refusal(buildZip([member]), member.name, data.length + 1)).toContain(
      'another size',
    );
  });

  it('the name is only similar: absolute, climbing, or in another case', async () => {
    for (const name of [
      '/pkg/model.gguf',
      '../pkg/model.gguf',
      'PKG/model.gguf',
      'pkg\\model.gguf',
    ]) {
      expect(await refusal(buildZip([{ ...member, name }]))).toContain('not there');
    }
  });

  it('two members have one name', async () => {
    expect(await refusal(buildZip([member, member]))).toContain('twice');
  });

  it('the two headers of a member disagree about its name', async () => {
    expect(await refusal(buildZip([{ ...member, localName: 'pkg/other' }]))).toContain('two names');
  });

  it('a member claims to lie outside', async () => {
    expect(await refusal(buildZip([{ ...member, claimedPackedBytes: 1_000_000 }]))).toContain(
      'outside',
    );
    await refusal(buildZip([{ ...member, headerStart: 4_000_000_000 }]));
  });

  it('a member is encrypted', async () => {
    expect(await refusal(buildZip([{ ...member, flags: 1 }]))).toContain('do not read');
  });

  it('it is cut anywhere', async () => {
    const archive = buildZip([member]);
    for (let length = 0; length < archive.length; length += 7) {
      await refusal(archive.subarray(0, length));
    }
  });
});

it('a damaged archive gives the whole member or an error, never more bytes', async () => {
  const archive = buildZip([{ ...member, data: data.subarray(0, 400) }]);
  await assert(
    asyncProperty(
      array(tuple(nat(archive.length - 1), integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      }),
      async (changes) => {
        const damaged = Buffer.from(archive);
        for (const [at, mask] of changes) damaged[at] = (damaged[at] ?? 0) ^ mask;
        const result: unknown = await read(damaged, member.name, 400).catch(
          (cause: unknown) => cause,
        );
        if (result instanceof Buffer) expect(result.length).toBe(400);
        else expect(result).toBeInstanceOf(PackError);
      },
    ),
    { numRuns: 300 },
  );
});
