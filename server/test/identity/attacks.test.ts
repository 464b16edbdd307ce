import { createHmac } from 'node:crypto';
import { SignInError } from '#identity';
import { exportSPKI, importJWK } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IssuerConnection } from '../../src/identity/issuer-connection.ts';
import { type Claims, type OidcProvider, startOidcProvider } from '../fakes/oidc-provider.ts';
import { Browser, Desk, base } from './sign-in-desk.ts';

let provider: OidcProvider;
let desk: Desk;
let browser: Browser;

beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  desk = new Desk(provider);
  browser = new Browser(desk);
});
afterEach(async () => {
  provider.alg = 'RS256';
  await desk.close();
});

const failed = (code: string): string => `/console/?sign-in=${code}`;
/** What the operator's log says of the last failure. */
const reason = (): unknown => desk.logged.at(-1)?.fields['reason'];
const nobodyIsIn = (): void => {
  expect(desk.signIn.list()).toEqual([]);
  expect(browser.cookies.has('__Host-sekisho')).toBe(false);
};

describe('on the way back', () => {
  test('another state is refused', async () => {
    const query = await browser.toIssuer();
    expect((await browser.comeBack({ ...query, state: 'x'.repeat(43) })).location).toBe(
      failed('rejected'),
    );
    nobodyIsIn();
  });

  test('a code and a state work once', async () => {
    const query = await browser.toIssuer();
    const kept = new Map(browser.cookies);
    expect((await browser.comeBack(query)).location).toBe('/console/#/chat');
    const thief = new Browser(desk);
    for (const [name, value] of kept) thief.cookies.set(name, value);
    expect((await thief.comeBack(query)).location).toBe(failed('expired'));
    expect(thief.cookies.size).toBe(0);
  });

  test('a code works in the browser that asked for it, and in no other', async () => {
    const stolen = await browser.toIssuer();
    const thief = new Browser(desk);
    expect((await thief.comeBack(stolen)).location).toBe(failed('expired'));
    // With a sign-in of their own under way, a foreign code and state still do not fit it.
    const own = await thief.toIssuer();
    expect((await thief.comeBack(stolen)).location).toBe(failed('rejected'));
    await thief.toIssuer();
    // Nor does a foreign code with their own state: PKCE and the nonce belong to the other one.
    const mixed = await thief.toIssuer();
    expect((await thief.comeBack({ ...mixed, code: stolen['code'] ?? '' })).location).toBe(
      failed('rejected'),
    );
    expect(reason()).toBe('the issuer refuses the code: invalid_grant');
    expect(own['code']).not.toBe(stolen['code']);
    nobodyIsIn();
  });

  test('what was begun too long ago, or before a restart, is begun again', async () => {
    const late = await browser.toIssuer();
    desk.clock.pass(10 * 60_000);
    expect((await browser.comeBack(late)).location).toBe(failed('expired'));
    const before = await browser.toIssuer();
    desk.signIn = desk.start();
    expect((await browser.comeBack(before)).location).toBe(failed('expired'));
    nobodyIsIn();
  });

  test('a cookie that was changed opens nothing', async () => {
    const query = await browser.toIssuer();
    const name = '__Host-sekisho-sign-in';
    const sealed = browser.cookies.get(name) ?? '';
    const last = sealed.at(-3) === 'A' ? 'B' : 'A';
    for (const changed of [sealed.slice(0, -3) + last + sealed.slice(-2), 'AAAA', '']) {
      browser.cookies.set(name, changed);
      expect((await desk.signIn.complete(browser.request('GET'), query)).location).toBe(
        failed('expired'),
      );
    }
    nobodyIsIn();
  });

  test('another issuer’s answer is refused, and a refusal is told as one', async () => {
    const query = await browser.toIssuer();
    const { location } = await browser.comeBack({ ...query, iss: 'https://evil.example' });
    expect(location).toBe(failed('rejected'));
    const { state = '' } = await browser.toIssuer();
    const denied = await browser.comeBack({ state, error: 'access_denied' });
    expect(denied.location).toBe(failed('denied'));
    const again = await browser.toIssuer();
    const odd = { state: again['state'] ?? '', error: '"><script>' };
    expect((await browser.comeBack(odd)).location).toBe(failed('issuer'));
    expect(reason()).toBe('it says: no reason');
    nobodyIsIn();
  });

  test('no address of anybody’s is a place to return to', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      '#/chat\r\nset-cookie: a=b',
      '#/../x',
      'javascript:alert(1)',
      '#key=sk-sekisho-planted',
      '#/passages/../../evil',
    ]) {
      expect(await browser.signIn(to), to).toBe('/console/#/chat');
    }
    expect(await browser.signIn('#/passages/0123abcd')).toBe('/console/#/passages/0123abcd');
  });
});

describe('an ID token', () => {
  const withClaims = async (claims: (usual: Claims) => Claims): Promise<string> => {
    provider.mischief = { claims };
    return browser.signIn();
  };
  const seconds = (): number => Math.floor(desk.clock.nowMs() / 1_000);

  test('of every algorithm that the issuer’s keys have is taken', async () => {
    for (const alg of ['RS256', 'ES256'] as const) {
      provider.alg = alg;
      expect(await browser.signIn()).toBe('/console/#/chat');
    }
  });

  test('with another nonce, audience, issuer or party is refused', async () => {
    const cases: readonly (readonly [string, (usual: Claims) => Claims])[] = [
      ['nonce', (usual) => ({ ...usual, nonce: 'another' })],
      ['nonce', ({ nonce: _gone, ...rest }) => rest],
      ['aud', (usual) => ({ ...usual, aud: 'another-client' })],
      ['iss', (usual) => ({ ...usual, iss: 'https://evil.example' })],
      ['iss', (usual) => ({ ...usual, iss: `${provider.issuer}/` })],
      ['azp', (usual) => ({ ...usual, aud: [provider.clientId, 'another'] })],
      ['azp', (usual) => ({ ...usual, azp: 'another' })],
      ['sub', (usual) => ({ ...usual, sub: '' })],
      ['sub', (usual) => ({ ...usual, sub: 7 })],
      ['sub', ({ sub: _gone, ...rest }) => rest],
      ['exp', ({ exp: _gone, ...rest }) => rest],
    ];
    for (const [name, claims] of cases) {
      expect(await withClaims(claims), name).toBe(failed('rejected'));
      expect(reason()).toBe(`claim ${name}`);
    }
    nobodyIsIn();
  });

  test('that is over, too old or of tomorrow is a matter of clocks', async () => {
    const cases: readonly (readonly [string, (usual: Claims) => Claims])[] = [
      ['exp', (usual) => ({ ...usual, exp: seconds() - 61 })],
      ['iat', (usual) => ({ ...usual, iat: seconds() + 61 })],
      ['nbf', (usual) => ({ ...usual, nbf: seconds() + 61 })],
    ];
    for (const [name, claims] of cases) {
      expect(await withClaims(claims), name).toBe(failed('clock'));
      expect(reason()).toBe(`claim ${name}`);
    }
    const old = (usual: Claims): Claims => ({ ...usual, iat: seconds() - 700 });
    expect(await withClaims(old)).toBe(failed('clock'));
    nobodyIsIn();
    const slow = (usual: Claims): Claims => ({ ...usual, iat: seconds() + 59 });
    expect(await withClaims(slow)).toBe('/console/#/chat');
  });

  test('that nobody signed, or that anybody could have signed, is refused', async () => {
    const encode = (value: object | string): string =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
    const jwk = await provider.publicJwk();
    const key = await importJWK(jwk, 'RS256', { extractable: true });
    const pem = await exportSPKI(key as never);
    const hmac = (secret: string) => (claims: Claims) => {
      const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      return Promise.resolve(`${signed}.${mac}`);
    };
    const none = (alg: string) => (claims: Claims) =>
      Promise.resolve(`${encode({ alg })}.${encode(claims)}.`);
    for (const [name, sign] of [
      ['none', none('none')],
      ['None', none('None')],
      ['the public key as a secret', hmac(pem)],
      ['the key of the set as a secret', hmac(JSON.stringify(jwk))],
      ['the client secret', hmac(provider.clientSecret)],
      ['no token', () => Promise.resolve('a.b.c')],
      ['nothing', () => Promise.resolve('')],
    ] as const) {
      provider.mischief = { sign };
      expect(await browser.signIn(), name).toBe(failed('rejected'));
    }
    nobodyIsIn();
  });

  test('with a key of another issuer, or a changed letter, is refused', async () => {
    const other = await startOidcProvider();
    const from = await other.logoutToken({ nonce: 'x' });
    await other.close();
    provider.mischief = { sign: () => Promise.resolve(from) };
    expect(await browser.signIn()).toBe(failed('rejected'));
    nobodyIsIn();
  });

  test('with new keys is taken, and the issuer is not asked for keys at every try', async () => {
    await browser.signIn();
    const asked = (): number => provider.seen.filter(({ path }) => path === '/keys').length;
    await provider.rotate();
    // Within seconds of the last look: somebody could send made-up key ids as fast as they like.
    const before = asked();
    expect(await browser.signIn()).toBe(failed('rejected'));
    expect(asked()).toBe(before);
    desk.clock.pass(10_000);
    expect(await browser.signIn()).toBe('/console/#/chat');
    expect(asked()).toBe(before + 1);
    await browser.signIn();
    expect(asked()).toBe(before + 1);
  });
});

describe('an issuer', () => {
  const start = async (): Promise<string> =>
    (await desk.signIn.begin(browser.request('GET'), undefined)).location;

  test('that says too much, nonsense or nothing leaves nobody waiting', async () => {
    const big = `{"issuer":"${provider.issuer}","x":"${'x'.repeat(300 * 1024)}"}`;
    provider.mischief = { discovery: () => big };
    expect(await start()).toBe(failed('issuer'));
    expect(reason()).toBe('the answer of the issuer is too large');
    for (const text of ['<html>', '[]', 'null', '{"issuer":', '']) {
      provider.mischief = { discovery: () => text };
      expect(await start(), text).toBe(failed('issuer'));
    }
    provider.mischief = {
      answer: (_path, response) => response.destroy() !== undefined,
    };
    expect(await start()).toBe(failed('issuer'));
    provider.mischief = {
      answer: (_path, response) => {
        response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
        return true;
      },
    };
    expect(await start()).toBe(failed('issuer'));
    provider.mischief = {};
    expect(await start()).toContain('/authorize?');
  });

  test('that calls itself something else is not believed', async () => {
    provider.mischief = {
      discovery: (document) => JSON.stringify({ ...document, issuer: 'https://evil.example' }),
    };
    expect(await start()).toBe(failed('issuer'));
    expect(reason()).toBe('discovery: another issuer');
  });

  test('is not a way into the networks around this machine', async () => {
    const refuse = { issuer: 'https://login.example', private: false };
    const connection = new IssuerConnection(refuse);
    for (const address of [
      'https://127.0.0.1/token',
      'https://[::1]/token',
      'https://localhost/token',
      'https://vault/token',
      'https://10.0.0.5/token',
      'http://login.example/token',
      'file:///etc/passwd',
      'https://user:password@login.example/token',
      'nothing',
      7,
    ]) {
      expect(() => connection.permitted(address), String(address)).toThrow(SignInError);
    }
    expect(connection.permitted('https://keys.example/jwks').host).toBe('keys.example');
    // A public name that leads to a private address is refused when it is connected to.
    const inside = new IssuerConnection({
      ...refuse,
      resolve: (_name, _options, callback) => callback(null, [{ address: '10.0.0.5', family: 4 }]),
    });
    await expect(
      inside.askJson(new URL('https://login.example/token'), { method: 'GET' }),
    ).rejects.toThrow(/does not answer/);
    await Promise.all([connection.close(), inside.close()]);
  });

  test('whose client has no secret here is not troubled', async () => {
    await desk.close();
    desk = new Desk(provider);
    desk.environment = { OIDC_SECRET: '  ' };
    desk.signIn = desk.start();
    provider.seen.length = 0;
    expect(await start()).toBe(failed('setup'));
    expect(provider.seen).toEqual([]);
    expect(reason()).toBe('the variable OIDC_SECRET is not set');
  });
});

describe('a request with a session', () => {
  test('that another site made is refused, and one that is not the console’s is a stranger’s', async () => {
    await browser.signIn();
    const { signIn } = desk;
    // What a form or a picture of another site sends: no header of ours.
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(signIn.keyOf(browser.request(method, { origin: base }))).toBeUndefined();
    }
    const evil: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['POST', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
      ['POST', { origin: 'https://evil.example' }],
      ['POST', { origin: 'null' }],
      ['POST', { origin: base, 'sec-fetch-site': 'same-site' }],
      ['POST', { origin: `${base}.evil.example`, 'sec-fetch-site': 'same-origin' }],
      ['POST', { origin: base.replace('https', 'http') }],
      ['POST', {}],
      ['DELETE', {}],
      ['GET', { 'sec-fetch-site': 'same-site' }],
      ['GET', { 'sec-fetch-site': 'none' }],
    ];
    for (const [method, headers] of evil) {
      const asked = browser.request(method, { 'x-sekisho-console': '1', ...headers });
      expect(() => signIn.keyOf(asked), JSON.stringify(headers)).toThrow(/did not come from/);
    }
    expect(signIn.keyOf(browser.ask('POST'))).toBeDefined();
    expect(signIn.keyOf(browser.ask('GET'))).toBeDefined();
  });
});
