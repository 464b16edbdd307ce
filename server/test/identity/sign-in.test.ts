import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OidcProvider, startOidcProvider } from '../fakes/oidc-provider.ts';
import { Browser, Desk } from './sign-in-desk.ts';

let provider: OidcProvider;
let desk: Desk;

beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  desk = new Desk(provider);
});
afterEach(() => desk.close());

const minutes = 60_000;
const person = { sub: 'u-1', name: 'Aiko Mori', groups: ['staff'] };

describe('somebody who signs in', () => {
  test('acts through a key of their own, with the role and the bounds of the rule book', async () => {
    const browser = new Browser(desk);
    expect(await browser.signIn('#/usage')).toBe('/console/#/usage');
    const key = desk.signIn.keyOf(browser.ask());
    expect(key).toMatchObject({ name: 'Aiko Mori', role: 'user', person: true });
    expect(key?.terms).toMatchObject({
      project: 'console',
      tokensPerDay: 100_000,
      maxClass: 'internal',
    });
    expect(key?.id).toMatch(/^person-[0-9a-f]{24}$/);
    // The same person at the next time, and after a restart.
    const other = new Browser(desk);
    await other.signIn();
    desk.signIn = desk.start();
    expect(desk.signIn.keyOf(other.ask())?.id).toBe(key?.id);
    expect(desk.signIn.keyOf(browser.ask())?.id).toBe(key?.id);
    provider.person = { ...person, sub: 'u-2' };
    await other.signIn();
    expect(desk.signIn.keyOf(other.ask())?.id).not.toBe(key?.id);
  });

  test('is shown by a name in which nothing steers a terminal or a line', async () => {
    const browser = new Browser(desk);
    provider.person = {
      ...person,
      name: '\u001B[2JAiko\u202E\u0007\n Mori\u200F',
      email: 'x@y.jp',
    };
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())?.name).toBe('[2JAiko Mori');
    provider.person = { ...person, name: '\u0000', email: 'x@y.jp' };
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())?.name).toBe('x@y.jp');
    provider.person = { sub: 'u-1', groups: ['staff'] };
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())).toMatchObject({
      name: expect.stringMatching(/^person-/),
    });
  });

  test('asks the issuer with PKCE, state and nonce, and shows it the secret in a header', async () => {
    const browser = new Browser(desk);
    const departure = await desk.signIn.begin(browser.request('GET'), undefined);
    const asked = new URL(departure.location).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(asked.get('state')).toMatch(/^[\w-]{43}$/);
    expect(asked.get('nonce')).toMatch(/^[\w-]{43}$/);
    expect(asked.get('scope')).toBe('openid profile email');
    provider.seen.length = 0;
    await browser.signIn();
    const redeemed = provider.seen.find(({ path }) => path === '/token');
    expect(redeemed?.authorization).toMatch(/^Basic /);
    expect(redeemed?.body).not.toContain('secret');
  });

  test('is given cookies that no script and no other site can use', async () => {
    const browser = new Browser(desk);
    const begun = await desk.signIn.begin(browser.request('GET'), undefined);
    expect(begun.cookies.join()).toMatch(
      /^__Host-sekisho-sign-in=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
    const { cookies } = await browser.comeBack(await browser.toIssuer());
    expect(cookies[0]).toMatch(
      /^__Host-sekisho=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure$/,
    );
    expect(cookies[1]).toMatch(/^__Host-sekisho-sign-in=; .*Max-Age=0/);
  });

  test('leaves entries that name nobody', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    provider.person = { ...person, groups: ['ai-operators'] };
    await browser.signIn();
    await desk.signIn.signOut(browser.ask('POST'));
    const happened = desk.drafts.map(({ fields }) => fields['key.event']);
    expect(happened).toMatchObject([
      { event: 'created', role: 'user' },
      { event: 'signed_in', role: 'user' },
      { event: 'role_changed', role: 'operator', before: 'user' },
      { event: 'signed_in', role: 'operator' },
      { event: 'signed_out' },
    ]);
    const all = JSON.stringify(desk.drafts);
    for (const secret of ['Aiko', 'u-1']) expect(all).not.toContain(secret);
    const { id } = desk.keys.list().find((key) => key.person === true)!;
    for (const { fields } of desk.drafts) expect(fields['key.person']).toBe(id);
  });

  test('with a role that is taken away loses every session at the next sign-in', async () => {
    const [desktop, telephone] = [new Browser(desk), new Browser(desk)];
    provider.person = { ...person, groups: ['ai-operators'] };
    await desktop.signIn();
    provider.person = { ...person, groups: ['staff'] };
    await telephone.signIn();
    expect(desk.signIn.keyOf(desktop.ask())?.role).toBe('user');
    provider.person = { ...person, groups: [] };
    expect(await telephone.signIn()).toBe('/console/?sign-in=no_role');
    for (const browser of [desktop, telephone]) {
      expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
    }
    expect(desk.recorded('sign_in_refused')).toMatchObject([{ why: 'no_role' }]);
  });

  test('is held to the rule book in force now, not to that of the sign-in', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    desk.yaml = desk.yaml.replace('tokensPerDay: 100000', 'tokensPerDay: 5');
    expect(desk.signIn.keyOf(browser.ask())?.terms.tokensPerDay).toBe(5);
    desk.yaml = '';
    expect(desk.signIn.keyOf(browser.ask())).toBeUndefined();
    expect(desk.signIn.offer(browser.ask())).toBeUndefined();
  });

  test('is of the class that their groups name, until their groups say otherwise', async () => {
    desk.yaml += `  classes:
    - { class: 6-1, values: [year-6-1] }
    - { class: 6-2, values: [year-6-2] }
`;
    const browser = new Browser(desk);
    provider.person = { ...person, groups: ['staff', 'year-6-2'] };
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())?.terms).toMatchObject({
      class: '6-2',
      project: 'console',
    });
    expect(desk.recorded('signed_in')).toMatchObject([{ class: '6-2' }]);
    // A changed rule book keeps them in it.
    desk.yaml = desk.yaml.replace('tokensPerDay: 100000', 'tokensPerDay: 5');
    expect(desk.signIn.keyOf(browser.ask())?.terms).toMatchObject({
      class: '6-2',
      tokensPerDay: 5,
    });
    provider.person = { ...person, groups: ['staff'] };
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())?.terms.class).toBeNull();
  });

  test('and whose key was withdrawn gets in no more', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    desk.keys.revoke(desk.signIn.keyOf(browser.ask())!.id);
    expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
    expect(await browser.signIn()).toBe('/console/?sign-in=withdrawn');
  });

  test('may come from a domain that the rule book names, with a verified address only', async () => {
    await desk.close();
    desk = new Desk(provider, '  emailDomains: [city.example.jp]\n');
    const tryWith = async (claims: object): Promise<string> => {
      provider.person = { ...person, ...claims };
      return new Browser(desk).signIn();
    };
    const email = 'mori@city.example.jp';
    expect(await tryWith({})).toBe('/console/?sign-in=email');
    expect(await tryWith({ email })).toBe('/console/?sign-in=email');
    expect(await tryWith({ email, email_verified: 'true' })).toBe('/console/?sign-in=email');
    const other = 'mori@city.example.jp.evil.example';
    expect(await tryWith({ email: other, email_verified: true })).toBe('/console/?sign-in=email');
    expect(await tryWith({ email, email_verified: true })).toBe('/console/#/chat');
  });

  test('signs out here, and is told where to sign out at the issuer', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    const { leave, cookies } = await desk.signIn.signOut(browser.ask('POST'));
    const stolen = browser.ask();
    browser.take({ cookies });
    expect(browser.cookies.size).toBe(0);
    expect(() => desk.signIn.keyOf(stolen)).toThrow(/not signed in any more/);
    const exit = new URL(leave ?? '');
    expect(exit.pathname).toBe('/realms/city/logout');
    expect(exit.searchParams.get('post_logout_redirect_uri')).toBe(
      'https://ai.example.jp/console/',
    );
    expect(leave).not.toContain('id_token');
  });
});

describe('a session', () => {
  test('ends when it lies unused, and when its hours are over however it is used', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    desk.clock.pass(59 * minutes);
    expect(desk.signIn.keyOf(browser.ask())).toBeDefined();
    desk.clock.pass(61 * minutes);
    expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
    await browser.signIn();
    for (let used = 0; used < 9; used++) {
      desk.clock.pass(53 * minutes);
      expect(desk.signIn.keyOf(browser.ask())).toBeDefined();
    }
    desk.clock.pass(4 * minutes);
    expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
  });

  test('is not kept open by a page that only listens', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    for (let minute = 0; minute < 59; minute += 10) {
      expect(desk.signIn.stillHeld(browser.ask())).toBeDefined();
      desk.clock.pass(10 * minutes);
    }
    expect(desk.signIn.stillHeld(browser.ask())).toBeUndefined();
  });

  test('is a new one at each sign-in, and takes the place of the one before', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    const before = browser.request('GET').header('cookie') ?? '';
    browser.cookies.set('__Host-sekisho-sign-in', 'planted');
    await browser.signIn();
    expect(browser.request('GET').header('cookie')).not.toBe(before);
    const stolen = new Browser(desk).ask('GET', { cookie: before });
    expect(() => desk.signIn.keyOf(stolen)).toThrow(/not signed in any more/);
    expect(desk.signIn.list().length).toBe(1);
  });

  test('cannot be planted: a value that was never given out opens nothing', async () => {
    const browser = new Browser(desk);
    const planted = { cookie: `__Host-sekisho=${'A'.repeat(43)}` };
    expect(() => desk.signIn.keyOf(browser.ask('GET', planted))).toThrow(/not signed in/);
    await browser.signIn();
    const cookie = browser.request('GET').header('cookie') ?? '';
    // A second one of the same name, as a neighbour in the domain might set, makes both void.
    const both = { cookie: `${cookie}; ${planted.cookie}` };
    expect(desk.signIn.keyOf(browser.ask('GET', both))).toBeUndefined();
    // And without the prefix that keeps neighbours out it is none of ours.
    const bare = { cookie: cookie.replace('__Host-', '') };
    expect(desk.signIn.keyOf(browser.ask('GET', bare))).toBeUndefined();
  });

  test('is in the table by its hash only', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    const secret = browser.cookies.get('__Host-sekisho') ?? '';
    expect(secret.length).toBe(43);
    const hash = createHash('sha256').update(secret).digest('hex');
    expect(desk.stored()).toContain(hash);
    expect(desk.stored()).not.toContain(secret);
    expect(JSON.stringify(desk.signIn.list())).not.toContain(hash);
  });

  test('is one of ten of a person at most, and the one used longest ago makes room', async () => {
    const browsers = Array.from({ length: 11 }, () => new Browser(desk));
    for (const browser of browsers) {
      await browser.signIn();
      desk.clock.pass(1_000);
    }
    expect(desk.signIn.list().length).toBe(10);
    expect(() => desk.signIn.keyOf(browsers[0].ask())).toThrow(/not signed in any more/);
    expect(desk.signIn.keyOf(browsers[10].ask())).toBeDefined();
  });

  test('is ended by somebody else with an entry, and only among those they may see', async () => {
    const [mine, other] = [new Browser(desk), new Browser(desk)];
    await mine.signIn();
    provider.person = { ...person, sub: 'u-2' };
    await other.signIn();
    const me = desk.signIn.entered(mine.ask())!;
    const them = desk.signIn.entered(other.ask())!;
    expect(await desk.signIn.end(them.session.id, me.key.id, me.key.id)).toBe(false);
    expect(await desk.signIn.end(them.session.id, 'security-key')).toBe(true);
    expect(() => desk.signIn.keyOf(other.ask())).toThrow(/not signed in any more/);
    expect(desk.signIn.keyOf(mine.ask())).toBeDefined();
    expect(desk.recorded('session_ended')).toMatchObject([{ by: 'security-key' }]);
  });

  test('is not that of another client or issuer', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    desk.yaml = desk.yaml.replace('clientId: sekisho-console', 'clientId: another');
    expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
  });

  test('ends when the issuer says that the person signed out there', async () => {
    const [one, two] = [new Browser(desk), new Browser(desk)];
    provider.person = { ...person, sid: 'issuer-session-1' };
    await one.signIn();
    provider.person = { ...person, sid: 'issuer-session-2' };
    await two.signIn();
    const end = async (claims: object): Promise<void> =>
      desk.signIn.endByIssuer(await provider.logoutToken(claims as never));
    await expect(end({ sid: 'issuer-session-1', nonce: 'n' })).rejects.toThrow(/logout token/);
    await expect(end({ sid: 'issuer-session-1', events: {} })).rejects.toThrow(/logout token/);
    await expect(end({ sid: 'issuer-session-1', aud: 'another' })).rejects.toThrow(/claim aud/);
    await end({ sid: 'issuer-session-1' });
    expect(() => desk.signIn.keyOf(one.ask())).toThrow(/not signed in any more/);
    expect(desk.signIn.keyOf(two.ask())).toBeDefined();
    await end({ sub: 'u-1' });
    expect(() => desk.signIn.keyOf(two.ask())).toThrow(/not signed in any more/);
  });

  test('ends by the name that the issuer has for a person, whatever names them here', async () => {
    desk.yaml = desk.yaml.replace(/^( *)clientId: .*$/m, '$&\n$1personClaim: employee');
    const [one, other] = [new Browser(desk), new Browser(desk)];
    provider.person = { ...person, employee: 'E-1001' };
    await one.signIn();
    provider.person = { ...person, sub: 'u-2', employee: 'E-1002' };
    await other.signIn();
    expect(desk.signIn.personOf('E-1001')).toBe(desk.signIn.keyOf(one.ask())!.id);
    await desk.signIn.endByIssuer(await provider.logoutToken({ sub: 'u-1' }));
    expect(() => desk.signIn.keyOf(one.ask())).toThrow(/not signed in any more/);
    expect(desk.signIn.keyOf(other.ask())).toBeDefined();
    // What the issuer does not call anybody ends nothing, though a person is called so here.
    await desk.signIn.endByIssuer(await provider.logoutToken({ sub: 'E-1002' }));
    expect(desk.signIn.keyOf(other.ask())).toBeDefined();
    expect(desk.stored()).not.toContain('u-2');
  });

  test('goes with the name when a person is to be forgotten', async () => {
    const browser = new Browser(desk);
    await browser.signIn();
    const { id } = desk.signIn.keyOf(browser.ask())!;
    expect(desk.signIn.personOf('u-1')).toBe(id);
    expect(desk.signIn.personOf(id)).toBe(id);
    desk.signIn.forget(id);
    expect(() => desk.signIn.keyOf(browser.ask())).toThrow(/not signed in any more/);
    expect(desk.keys.nameOf(id)).toBe(id);
    await browser.signIn();
    expect(desk.signIn.keyOf(browser.ask())).toMatchObject({ id, name: 'Aiko Mori' });
  });
});
