import { describe, expect, it } from 'vitest';
import { eachInFlight } from '../../src/base/in-flight.ts';
import { S3Bucket, addressOf, type S3Settings, type S3Times } from '../../src/base/s3.ts';
import { type FakeS3, type S3Fault, type S3Habits, startFakeS3 } from '../fakes/s3-server.ts';

const as = { contentType: 'text/plain', cacheControl: 'no-store' };
const hello = Buffer.from('hello, object');
const quick: Partial<S3Times> = { pauseMs: 1, attemptMs: 10_000 };
const busy: S3Fault = { kind: 'status', status: 503, code: 'SlowDown' };

async function withBucket(
  work: (bucket: S3Bucket, fake: FakeS3) => Promise<void>,
  {
    habits,
    settings,
    times,
  }: { habits?: S3Habits; settings?: Partial<S3Settings>; times?: Partial<S3Times> } = {},
): Promise<void> {
  const fake = await startFakeS3(habits);
  const bucket = new S3Bucket({ ...fake.settings, ...settings }, { ...quick, ...times });
  try {
    await work(bucket, fake);
  } finally {
    await bucket.close();
    await fake.close();
  }
}

/** The first so many requests go wrong in this way. */
function first(count: number, fault: S3Fault): () => S3Fault | undefined {
  let left = count;
  return () => (left-- > 0 ? fault : undefined);
}

async function keysOf(bucket: S3Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix)) keys.push(key);
  return keys;
}

const failsWith = (code: string): unknown => expect.objectContaining({ name: 'S3Error', code });

describe('a bucket', () => {
  it('holds an object under the prefix, with its type and lifetime', () =>
    withBucket(async (bucket, { objects }) => {
      await bucket.put('a/b', hello, as);
      expect(objects.get('tenant/a/a/b')).toEqual({ bytes: hello, ...as });
      expect((await bucket.get('a/b', { maxBytes: 100 }))?.bytes).toEqual(hello);
      expect(await bucket.head('a/b')).toBe(hello.length);
      await bucket.delete('a/b');
      await bucket.delete('a/b');
      expect(await bucket.get('a/b', { maxBytes: 100 })).toBeUndefined();
      expect(await bucket.head('a/b')).toBeUndefined();
    }));

  it('is reached with names that need encoding, and with a session token', () =>
    withBucket(
      async (bucket, { objects, seen }) => {
        const key = "a b/c+d(e)!'*~ü:@&=$,";
        expect(await bucket.create(key, hello, as)).toBe('created');
        expect(objects.has(`tenant/a/${key}`)).toBe(true);
        expect((await bucket.get(key, { maxBytes: 100 }))?.bytes).toEqual(hello);
        expect(seen.length).toBe(2);
      },
      { habits: { sessionToken: 'temporary/token+==' } },
    ));

  it.each([
    ['https://s3.example.org', true, 'https://s3.example.org', '/records/'],
    ['https://s3.example.org:443/', true, 'https://s3.example.org', '/records/'],
    ['http://10.0.0.7:9000/s3/', true, 'http://10.0.0.7:9000', '/s3/records/'],
    ['https://s3.example.org', false, 'https://records.s3.example.org', '/'],
    ['https://s3.example.org:8443/', false, 'https://records.s3.example.org:8443', '/'],
  ])('at %s (in the path: %s) is asked for at %s%s', (endpoint, pathStyle, origin, root) => {
    const host = origin.replace(/^https?:\/\//, '');
    expect(addressOf({ endpoint, bucket: 'records', pathStyle })).toEqual({ origin, host, root });
  });

  it('gives a part of an object', () =>
    withBucket(async (bucket) => {
      await bucket.put('a', hello, as);
      const part = (offset: number, bytes: number): ReturnType<S3Bucket['get']> =>
        bucket.get('a', { range: { offset, bytes }, maxBytes: 100 });
      expect(await part(7, 3)).toEqual({ bytes: Buffer.from('obj'), totalBytes: 13 });
      expect((await part(10, 50))?.bytes.toString()).toBe('ect');
      expect(await part(13, 1)).toBeUndefined();
    }));

  it('refuses to read more than was asked for, whatever is sent', () =>
    withBucket(async (bucket) => {
      await bucket.put('a', hello, as);
      const whole = bucket.get('a', { maxBytes: hello.length - 1 });
      await expect(whole).rejects.toEqual(failsWith('too_large'));
    }));

  it('does not take a whole object for a part of it', () =>
    withBucket(
      async (bucket) => {
        await bucket.put('a', hello, as);
        const part = bucket.get('a', { range: { offset: 0, bytes: 5 }, maxBytes: 100 });
        await expect(part).rejects.toEqual(failsWith('malformed'));
      },
      { habits: { ignoresRange: true } },
    ));

  it('lists page by page what begins with a prefix', () =>
    withBucket(
      async (bucket, { seen }) => {
        for (let i = 0; i < 7; i++) await bucket.put(`x/${i}`, hello, as);
        await bucket.put('xy', hello, as);
        const before = seen.length;
        expect(await keysOf(bucket, 'x/')).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `x/${i}`));
        expect(seen.length - before).toBe(3);
        expect(await keysOf(bucket, 'none/')).toEqual([]);
      },
      { habits: { pageSize: 3 } },
    ));

  it('does not go round in a list that has no end', () =>
    withBucket(async (bucket, fake) => {
      const text =
        '<ListBucketResult><IsTruncated>true</IsTruncated>' +
        '<NextContinuationToken>t</NextContinuationToken></ListBucketResult>';
      fake.play(() => ({ kind: 'body', text }));
      await expect(keysOf(bucket, '')).rejects.toEqual(failsWith('malformed'));
      fake.play(() => ({ kind: 'body', text: '<html>welcome</html>' }));
      await expect(keysOf(bucket, '')).rejects.toEqual(failsWith('malformed'));
    }));
});

describe('an object that must be new', () => {
  it('is created once, and afterwards compared', () =>
    withBucket(async (bucket, { objects }) => {
      expect(await bucket.create('a', hello, as)).toBe('created');
      expect(await bucket.create('a', hello, as)).toBe('same');
      expect(await bucket.create('a', Buffer.from('hello, Object'), as)).toBe('different');
      expect(await bucket.create('a', Buffer.from('hello'), as)).toBe('different');
      expect(await bucket.create('empty', Buffer.alloc(0), as)).toBe('created');
      expect(await bucket.create('empty', Buffer.alloc(0), as)).toBe('same');
      expect(objects.get('tenant/a/a')?.bytes).toEqual(hello);
    }));

  it('counts as there when the answer was lost after it was stored', () =>
    withBucket(async (bucket, fake) => {
      fake.play(first(1, { kind: 'reset-after' }));
      expect(await bucket.create('a', hello, as)).toBe('same');
      expect(fake.seen.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET']);
    }));

  it('is told from one that somebody else stored while the answer was lost', () =>
    withBucket(async (bucket, fake) => {
      fake.play((request) => {
        if (request.method !== 'PUT' || fake.seen.length > 1) return undefined;
        fake.objects.set('tenant/a/a', { bytes: Buffer.from('another'), ...as });
        return { kind: 'reset-before' };
      });
      expect(await bucket.create('a', hello, as)).toBe('different');
      expect(fake.objects.get('tenant/a/a')?.bytes.toString()).toBe('another');
    }));

  it('waits for another writer who is just at it', () =>
    withBucket(async (bucket, fake) => {
      fake.play(first(2, { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }));
      expect(await bucket.create('a', hello, as)).toBe('created');
    }));
});

describe('a store in trouble', () => {
  it.each([
    ['is too busy', busy],
    ['fails', { kind: 'status', status: 500, code: 'InternalError' }],
    ['resets the connection', { kind: 'reset-before' }],
    ['resets the connection after it has stored', { kind: 'reset-after' }],
    ['breaks off its answer', { kind: 'truncated' }],
  ] as const)('is asked again when it %s, and no more than five times', (_how, fault) =>
    withBucket(async (bucket, fake) => {
      await bucket.put('a', hello, as);
      const before = fake.seen.length;
      fake.play(first(4, fault));
      expect((await bucket.get('a', { maxBytes: 100 }))?.bytes).toEqual(hello);
      expect(fake.seen.length - before).toBe(5);
      fake.play(() => fault);
      const code = fault.kind === 'status' ? 'unavailable' : 'unreachable';
      await expect(bucket.get('a', { maxBytes: 100 })).rejects.toEqual(failsWith(code));
      expect(fake.seen.length - before).toBe(10);
    }),
  );

  it('is given up when it never answers', () =>
    withBucket(
      async (bucket, fake) => {
        fake.play(() => ({ kind: 'silent' }));
        await expect(bucket.head('a')).rejects.toEqual(failsWith('unreachable'));
      },
      { times: { attemptMs: 50 } },
    ));

  it.each([
    ['forbidden', 403, 'AccessDenied'],
    ['forbidden', 401, ''],
    ['clock', 403, 'RequestTimeTooSkewed'],
    ['no_bucket', 404, 'NoSuchBucket'],
    ['no_bucket', 301, 'PermanentRedirect'],
    ['no_bucket', 307, 'TemporaryRedirect'],
    ['malformed', 501, 'NotImplemented'],
    ['malformed', 418, 'Teapot'],
  ] as const)('is not asked again when the reason is %s (%i %s)', (code, status, said) =>
    withBucket(async (bucket, fake) => {
      fake.play(() => ({ kind: 'status', status, code: said }));
      await expect(bucket.get('a', { maxBytes: 9 })).rejects.toEqual(failsWith(code));
      await expect(bucket.delete('a')).rejects.toEqual(failsWith(code));
      expect(fake.seen.length).toBe(2);
    }),
  );

  it('hears nothing of the credentials in what is reported', async () => {
    const errors: unknown[] = [];
    const keep = (error: unknown): void => void errors.push(error);
    const wrong = { accessKeyId: 'AKWRONG', secretAccessKey: 'wrong+secret', sessionToken: 'tok' };
    await withBucket(
      async (bucket, fake) => {
        await bucket.put('a', hello, as).catch(keep);
        await bucket.head('a').catch(keep);
        await fake.close();
        await bucket.delete('a').catch(keep);
      },
      { settings: { credentials: wrong } },
    );
    await withBucket(async (bucket, fake) => {
      fake.play(() => ({ kind: 'status', status: 400, code: 'AKTEST0000EXAMPLE is unknown' }));
      await bucket.put('a', hello, as).catch(keep);
    });
    expect(errors.length).toBe(4);
    for (const error of errors) {
      const { message, stack, cause } = error as Error;
      const text = [message, stack, String(cause), JSON.stringify(error)].join('\n');
      expect(text).not.toMatch(/AKWRONG|wrong\+secret|tok\b|AKTEST|must-not-be-printed|AWS4-HMAC/);
    }
  });
});

describe('work in flight', () => {
  it('is bounded, stops at the first failure, and ends before that is thrown', async () => {
    let atOnce = 0;
    let most = 0;
    let done = 0;
    const work = eachInFlight([...Array(100).keys()], 7, async (i) => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      atOnce--;
      if (i === 20) throw new Error('the twentieth');
      done++;
    });
    await expect(work).rejects.toThrow('the twentieth');
    expect(most).toBe(7);
    expect(atOnce).toBe(0);
    expect(done).toBeGreaterThanOrEqual(20);
    expect(done).toBeLessThan(30);
    await eachInFlight([], 7, async () => {
      throw new Error('there is nothing to do');
    });
  });
});
