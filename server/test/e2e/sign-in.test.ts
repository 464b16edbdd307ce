import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBrowser, launchBrowser } from '../../../console/test/browser.ts';
import { type OidcProvider, startOidcProvider } from '../fakes/oidc-provider.ts';
import { type ScriptedUpstream, echo, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { signInYaml } from '../identity/sign-in-desk.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  runCommand,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const executable = findBrowser();
const data = temporaryDirectory();
let upstream: ScriptedUpstream;
let provider: OidcProvider;
let checkpoint: RunningCheckpoint;

const aiko = { sub: 'u-aiko', name: 'Aiko Mori', groups: ['staff'] };
const ken = { sub: 'u-ken', name: 'Ken Ito', groups: ['staff'] };
const guard = { sub: 'u-guard', name: 'Sora Abe', groups: ['guards'] };
const chief = { sub: 'u-chief', name: 'Nao Ueda', groups: ['ai-operators'] };

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream(echo);
  provider = await startOidcProvider('localhost');
  const rules = policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]);
  const title = '  title: { en: the city account, ja: 市のアカウント }\n';
  checkpoint = await startCheckpoint(data.path, rules + signInYaml(provider, title), {
    OIDC_SECRET: provider.clientSecret,
  });
});

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await provider.close();
  await upstream.close();
  data.remove();
});

beforeEach(() => {
  provider.person = aiko;
  provider.asks = false;
});

/** A client that keeps cookies by hand, so that it can lie about everything else. */
class Visitor {
  cookies = new Map<string, string>();

  async go(address: string): Promise<Response> {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie: this.cookie() },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }

  async signIn(): Promise<string> {
    const start = await this.go(`${checkpoint.url}/sign-in/start`);
    const issuer = await fetch(start.headers.get('location') ?? '', { redirect: 'manual' });
    const back = await this.go(issuer.headers.get('location') ?? '');
    return back.headers.get('location') ?? '';
  }

  cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  call(method: string, path: string, body?: object, more: object = {}): Promise<Response> {
    return fetch(`${checkpoint.url}${path}`, {
      method,
      headers: {
        cookie: this.cookie(),
        'x-sekisho-console': '1',
        origin: checkpoint.url,
        'content-type': 'application/json',
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async ask(content: string, more: object = {}): Promise<Response> {
    const messages = [{ role: 'user', content }];
    const answer = await this.call('POST', '/v1/chat/completions', {
      model: 'auto',
      messages,
      ...more,
    });
    await answer.clone().text();
    return answer;
  }
}

async function signedIn(person: object): Promise<Visitor> {
  provider.person = { ...person };
  const visitor = new Visitor();
  expect(await visitor.signIn()).toBe('/console/#/chat');
  return visitor;
}

const json = async (response: Response): Promise<Record<string, never>> =>
  (await response.json()) as Record<string, never>;

describe('somebody who signed in', () => {
  test('asks under their own id, is counted under it, and never by name', async () => {
    const visitor = await signedIn(aiko);
    const session = await json(await visitor.call('GET', '/api/session'));
    expect(session).toMatchObject({ keyName: 'Aiko Mori', role: 'user', person: true });
    expect((await visitor.ask('Good morning.')).status).toBe(200);
    const usage = (await json(await visitor.call('GET', '/api/usage?by=key,project'))) as unknown;
    expect(usage).toMatchObject({ own: true, rows: [{ project: 'console', exchanges: 1 }] });
    const { rows } = usage as { rows: { key: string }[] };
    expect(rows[0]?.key).toMatch(/^person-[0-9a-f]{24}$/);
    // The bounds of the rule book hold them as they hold a key.
    const refused = await visitor.ask('Write to hanako@example.jp');
    expect((await json(refused)) as unknown).toMatchObject({
      error: { code: 'key_class_exceeded' },
    });
  });

  test('sees their own receipts and nobody else’s, whatever their role does not say', async () => {
    const [one, two] = [await signedIn(aiko), await signedIn(ken)];
    const id = (await one.ask('A secret recipe.')).headers.get('x-sekisho-receipt');
    const read = async (visitor: Visitor): Promise<string> =>
      (await visitor.call('GET', `/receipts/${id}`)).text();
    const stranger = await (await fetch(`${checkpoint.url}/receipts/${id}`)).text();
    expect((await read(one)).length).toBeGreaterThan(stranger.length);
    expect((await read(two)).length).toBe(stranger.length);
    for (const path of ['/api/passages', `/api/passages/${id}`, '/api/keys', '/metrics']) {
      expect((await two.call('GET', path)).status, path).toBe(403);
    }
    expect((await two.call('POST', `/api/passages/${id}/open`)).status).toBe(403);
    const list = (await json(await two.call('GET', '/api/sessions'))) as unknown as {
      sessions: { name: string }[];
    };
    expect(new Set(list.sessions.map(({ name }) => name))).toEqual(new Set(['Ken Ito']));
    // Security sees incidents, and this was none.
    const watch = await signedIn(guard);
    expect((await watch.call('GET', `/api/passages/${id}`)).status).toBe(403);
    expect((await watch.ask('May I?')).status).toBe(403);
  });

  test('cannot be made to act by another site', async () => {
    const boss = await signedIn(chief);
    const key = { name: 'Planted' };
    const tries: readonly (readonly [object, number])[] = [
      [{ 'x-sekisho-console': undefined }, 401],
      [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
      [{ 'sec-fetch-site': 'same-site' }, 403],
      [{ origin: 'null' }, 403],
    ];
    for (const [more, status] of tries) {
      const headers = Object.fromEntries(
        Object.entries({ 'x-sekisho-console': '1', origin: checkpoint.url, ...more }).filter(
          ([, value]) => value !== undefined,
        ),
      );
      const answer = await fetch(`${checkpoint.url}/api/keys`, {
        method: 'POST',
        headers: { cookie: boss.cookie(), 'content-type': 'application/json', ...headers },
        body: JSON.stringify(key),
      });
      expect(answer.status, JSON.stringify(more)).toBe(status);
      const chat = await fetch(`${checkpoint.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { cookie: boss.cookie(), 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(chat.status).toBe(status);
    }
    expect((await boss.call('POST', '/api/keys', key)).status).toBe(201);
    // A page of another origin is told no by the browser before it may send such a header.
    const preflight = await fetch(`${checkpoint.url}/api/keys`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-sekisho-console',
      },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(preflight.headers.get('access-control-allow-headers')).toBeNull();
  });

  test('has a key without a secret, whose bounds nobody changes by hand', async () => {
    const boss = await signedIn(chief);
    const { keys } = (await json(await boss.call('GET', '/api/keys'))) as unknown as {
      keys: { id: string; person: boolean; name: string }[];
    };
    const own = keys.find(({ name }) => name === 'Nao Ueda');
    expect(own).toMatchObject({ person: true, role: 'operator' });
    for (const [method, path, body] of [
      ['POST', `/api/keys/${own?.id}/rotate`, {}],
      ['PATCH', `/api/keys/${own?.id}`, { project: 'x' }],
    ] as const) {
      const answer = await boss.call(method, path, body);
      expect(answer.status).toBe(409);
      expect((await json(answer)) as unknown).toMatchObject({ error: { code: 'person_key' } });
    }
    const guessed = { authorization: `Bearer person:${own?.id}` };
    expect((await fetch(`${checkpoint.url}/api/session`, { headers: guessed })).status).toBe(401);
  });

  test('is found and erased by what the issuer calls them, also when they called it otherwise', async () => {
    const visitor = await signedIn({ sub: 'u-leaver', name: 'Leaves Soon', groups: ['staff'] });
    const plain = (await visitor.ask('My first question.')).headers.get('x-sekisho-receipt');
    const renamed = await visitor.ask('My second question.', { user: 'somebody-else' });
    const second = renamed.headers.get('x-sekisho-receipt');
    const order = 'erase --person u-leaver --basis appi-35 --authority Office'.split(' ');
    const erased = await runCommand([...order, '--data', data.path]);
    expect(erased.code, erased.said).toBe(0);
    const boss = await signedIn(chief);
    for (const id of [plain, second]) {
      const passage = (await json(await boss.call('GET', `/api/passages/${id}`))) as unknown;
      expect(passage).toMatchObject({ contentState: 'ERASED', key: '' });
    }
    const { keys } = (await json(await boss.call('GET', '/api/keys'))) as unknown as {
      keys: { name: string }[];
    };
    expect(JSON.stringify(keys)).not.toContain('Leaves Soon');
    expect((await visitor.call('GET', '/api/session')).status).toBe(401);
  });

  test('is signed out by security, with every other session of theirs left alone', async () => {
    const [desktop, telephone] = [await signedIn(ken), await signedIn(ken)];
    const watch = await signedIn(guard);
    const own = (await json(await desktop.call('GET', '/api/sessions'))) as unknown as {
      sessions: { id: string; current: boolean }[];
    };
    const { id } = own.sessions.find(({ current }) => current)!;
    const ordinary = await signedIn(aiko);
    expect((await ordinary.call('DELETE', `/api/sessions/${id}`)).status).toBe(404);
    expect((await watch.call('DELETE', `/api/sessions/${id}`)).status).toBe(200);
    const ended = await desktop.call('GET', '/api/session');
    expect((await json(ended)) as unknown).toMatchObject({ error: { code: 'session_ended' } });
    expect((await telephone.call('GET', '/api/session')).status).toBe(200);
    const table = { authorization: `Bearer ${checkpoint.key}` };
    expect((await fetch(`${checkpoint.url}/api/sessions`, { headers: table })).status).toBe(200);
  });

  test('hears no more of what passes, once signed out', async () => {
    const watch = await signedIn(guard);
    const stream = await watch.call('GET', '/api/passages/events');
    expect(stream.status).toBe(200);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const incident = (): Promise<Response> =>
      fetch(`${checkpoint.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${checkpoint.key}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          model: 'auto',
          messages: [{ role: 'user', content: 'マイナンバー 123456789018' }],
        }),
      });
    await incident();
    expect((await reader.read()).value).toContain('"decision":"block"');
    expect((await watch.call('POST', '/sign-in/end')).status).toBe(200);
    await incident();
    let rest = '';
    for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value;
    expect(rest).not.toContain('passage');
  });

  test('is signed out when the issuer says so', async () => {
    const visitor = await signedIn({ ...aiko, sid: 'at-the-issuer' });
    const tell = (token: string): Promise<Response> =>
      fetch(`${checkpoint.url}/sign-in/back-channel-logout`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ logout_token: token }).toString(),
      });
    expect((await tell('a.b.c')).status).toBe(400);
    expect((await visitor.call('GET', '/api/session')).status).toBe(200);
    expect((await tell(await provider.logoutToken({ sid: 'at-the-issuer' }))).status).toBe(200);
    expect((await visitor.call('GET', '/api/session')).status).toBe(401);
  });

  test('leaves no name, code or token in the log', () => {
    const printed = checkpoint.printed();
    for (const secret of ['Aiko', 'u-aiko', 'Ken Ito', 'logout_token', provider.clientSecret]) {
      expect(printed).not.toContain(secret);
    }
    expect(printed).toContain('issuer_logout_refused');
  });
});

describe('a key', () => {
  test('signs in as before, and comes before a session', async () => {
    const visitor = await signedIn(aiko);
    const more = { authorization: `Bearer ${checkpoint.key}` };
    const session = await json(await visitor.call('GET', '/api/session', undefined, more));
    expect(session).toMatchObject({ keyName: 'first user', person: false, signIn: true });
    const wrong = { authorization: 'Bearer sk-wrong' };
    expect((await visitor.call('GET', '/api/session', undefined, wrong)).status).toBe(401);
  });
});

describe.skipIf(executable === undefined)(
  `in a real browser${executable === undefined ? ' (no Chromium on this machine)' : ''}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser(executable ?? '');
    });
    afterAll(() => browser.close());

    async function open(
      locale: string,
    ): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
      const context = await browser.newContext({ locale });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      return { page, context, faults };
    }

    test('a person signs in, asks, sees who they are, and signs out', async () => {
      provider.asks = true;
      const { page, context, faults } = await open('en-US');
      await page.goto(`${checkpoint.url}/console/#/usage`);
      await page.getByRole('link', { name: 'Sign in with the city account' }).click();
      await page.getByRole('link', { name: 'Go on' }).click();
      await page.getByRole('heading', { name: 'Use', exact: true }).waitFor();
      expect(page.url()).toBe(`${checkpoint.url}/console/#/usage`);
      expect(await page.locator('.holder').innerText()).toContain('Aiko Mori');
      const [cookie] = (await context.cookies()).filter(({ name }) => name === 'sekisho');
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
      expect(await page.evaluate('document.cookie + JSON.stringify(sessionStorage)')).toBe('{}');

      await page.getByRole('link', { name: 'Chat' }).click();
      await page.getByLabel('Message').fill('What is a checkpoint?');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('button', { name: 'Verify receipt' }).click();
      await page.getByText('UNANCHORED').first().waitFor();
      await page.reload();
      await page.getByLabel('Message').waitFor();

      await page.getByRole('link', { name: 'Aiko Mori' }).click();
      await page.getByText('this browser').waitFor();
      expect(await page.locator('.who').innerText()).toContain('ask models');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('link', { name: 'Sign in with the city account' }).waitFor();
      expect((await context.cookies()).filter(({ name }) => name === 'sekisho')).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    });

    test('somebody in no group, and somebody whose session was ended, are told so in their language', async () => {
      provider.person = { ...ken, groups: [] };
      const { page, context } = await open('ja-JP');
      await page.goto(`${checkpoint.url}/console/`);
      await page.getByRole('link', { name: '市のアカウントでサインイン' }).click();
      await page.getByText('グループに入っていません').waitFor();
      expect(page.url()).not.toContain('no_role');
      provider.person = ken;
      await page.getByRole('link', { name: '市のアカウントでサインイン' }).click();
      await page.locator('#message').waitFor();
      // The security office ends it, on a page of its own.
      provider.person = guard;
      const office = await open('en-US');
      await office.page.goto(`${checkpoint.url}/console/#/chat`);
      await office.page.getByRole('link', { name: 'Sign in with the city account' }).click();
      await office.page.getByText('Your role asks no models').waitFor();
      await office.page.getByRole('link', { name: 'Sign-ins' }).click();
      const end = office.page.getByRole('button', { name: 'End the session of Ken Ito' });
      await end.first().waitFor();
      for (let left = await end.count(); left > 0; left--) {
        await end.first().click();
        await expect.poll(() => end.count()).toBe(left - 1);
      }
      expect(office.faults).toEqual([]);
      await office.context.close();
      await page.locator('#message').fill('まだ使えますか。');
      await page.locator('#message').press('Enter');
      await page.getByText('サインインが終わりました').waitFor();
      await context.close();
    });

    test('another site can neither read nor act with the session of a visitor', async () => {
      provider.person = chief;
      const { page, context } = await open('en-US');
      await page.goto(`${checkpoint.url}/console/`);
      await page.getByRole('link', { name: 'Sign in with the city account' }).click();
      await page.getByLabel('Message').waitFor();
      const before = (await json(
        await fetch(`${checkpoint.url}/api/keys`, {
          headers: { authorization: `Bearer ${checkpoint.key}` },
        }),
      )) as unknown as { keys: object[] };
      // The same machine by another name is another site to the browser.
      const evil = await context.newPage();
      await evil.goto(provider.issuer);
      const attack = `Promise.all([
        fetch('${checkpoint.url}/api/keys', { method: 'POST', credentials: 'include',
          headers: { 'content-type': 'text/plain', }, body: '{"name":"planted"}', mode: 'no-cors' })
          .then((r) => r.type, (e) => e.name),
        fetch('${checkpoint.url}/api/keys', { method: 'POST', credentials: 'include',
          headers: { 'content-type': 'application/json', 'x-sekisho-console': '1' }, body: '{"name":"planted"}' })
          .then((r) => r.status, (e) => e.name),
        fetch('${checkpoint.url}/api/session', { credentials: 'include' })
          .then((r) => r.status, (e) => e.name),
      ])`;
      expect(await evil.evaluate(attack)).toEqual(['opaque', 'TypeError', 'TypeError']);
      const after = (await json(
        await fetch(`${checkpoint.url}/api/keys`, {
          headers: { authorization: `Bearer ${checkpoint.key}` },
        }),
      )) as unknown as { keys: object[] };
      expect(after.keys.length).toBe(before.keys.length);
      await context.close();
    });
  },
);
