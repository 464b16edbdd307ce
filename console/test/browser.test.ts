import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, launchBrowser } from './browser.ts';
import { type ConsolePage, ask, openConsole } from './console-page.ts';
import { fates } from './fake-fates.ts';
import { type FakeServer, operatorKey, startFakeServer, userKey } from './fake-server.ts';

const browserPath = findBrowser();
const name =
  browserPath === undefined
    ? 'the console in a browser (SKIPPED: this machine has no Chromium)'
    : 'the console in a browser';

describe.skipIf(browserPath === undefined)(name, () => {
  let dist: string;
  let server: FakeServer;
  let browser: Browser;

  beforeAll(async () => {
    dist = await mkdtemp(join(tmpdir(), 'sekisho-console-'));
    const root = fileURLToPath(new URL('..', import.meta.url));
    await build({ root, logLevel: 'error', build: { outDir: dist } });
    server = await startFakeServer(dist);
    browser = await launchBrowser(browserPath ?? '');
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(dist, { recursive: true, force: true });
  });

  /** Opens the console, runs the steps, and asserts that the page did nothing it must not. */
  const visit = async (
    steps: (opened: ConsolePage) => Promise<void>,
    options: { hash?: string; locale?: string; width?: number } = {},
  ): Promise<void> => {
    const { hash = `#key=${operatorKey}`, ...rest } = options;
    const opened = await openConsole(browser, `${server.url}/console/${hash}`, rest);
    try {
      await steps(opened);
      expect(opened.misdeeds).toEqual([]);
    } finally {
      await opened.close();
    }
  };

  test('the key is taken out of the address and kept for this tab only', () =>
    visit(async ({ page }) => {
      await page.waitForSelector('.composer');
      expect(page.url()).toBe(`${server.url}/console/#/chat`);
      await page.reload();
      await page.waitForSelector('.composer');
      expect(await page.evaluate('localStorage.length')).toBe(0);
    }));

  test('a wrong key leads to the box, and the right one out of it', () =>
    visit(
      async ({ page }) => {
        await page.waitForSelector('.sign-in .complaint');
        await page.fill('.sign-in input', operatorKey);
        await page.click('.sign-in .button-main');
        await page.waitForSelector('.composer');
      },
      { hash: '#key=sk-wrong' },
    ));

  test('a chat streams, can be stopped, and its receipt is verified in the browser', () =>
    visit(async ({ page, sent }) => {
      await page.fill('#message', 'Answer slowly, please');
      await page.press('#message', 'Enter');
      await page.waitForSelector('.answer-writing');
      await page.click('.composer .button-main');
      await page.waitForSelector('text=You stopped this answer');
      await ask(page, 'What do I need?');
      const answer = page.locator('.turn').last();
      await answer.getByText('letter of authority').waitFor();
      expect(await answer.locator('.line').innerText()).toContain('city-llm');
      await answer.getByRole('button', { name: 'Verify receipt' }).click();
      await answer.getByText('Genuine, not yet witnessed').waitFor();
      // A broken answer is no part of the conversation; what follows does not build on it.
      expect(JSON.parse(sent[1] ?? '')).toMatchObject({ messages: [{ role: 'user' }] });
    }));

  test('a saved receipt is byte for byte what the checkpoint gave', () =>
    visit(async ({ page }) => {
      await ask(page, 'What do I need?');
      const given = page.waitForResponse(/\/receipts\//);
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save receipt' }).click();
      const saved = await readFile(await (await download).path(), 'utf8');
      expect(saved).toBe(await (await given).text());
    }));

  test('a refused request names its rule and the way to contest, and is not sent again', () =>
    visit(async ({ page, sent }) => {
      await ask(page, 'My Number is 1234 5678 9018');
      const note = await page.locator('.note-stop').innerText();
      expect(note).toContain('my-number-stays-here');
      expect(note).toContain('Information Policy Office');
      await ask(page, 'And now without it');
      expect(sent[1]).not.toContain('1234 5678 9018');
    }));

  test('an answer that a rule stopped keeps what had passed and says why', () =>
    visit(async ({ page }) => {
      await ask(page, 'Give me a link');
      const answer = page.locator('.answer');
      await answer.getByText('The answer was stopped at the checkpoint').waitFor();
      expect(await answer.locator('.answer-text').innerText()).toContain('Please bring');
      expect(await answer.locator('.line').innerText()).toContain('Stopped');
    }));

  test('an answer that broke off does not pass for a whole one', () =>
    visit(async ({ page }) => {
      await ask(page, 'Please break off');
      await page.waitForSelector('text=The answer broke off');
    }));

  test('a busy checkpoint says what to do', () =>
    visit(async ({ page }) => {
      await ask(page, 'busy');
      await page.waitForSelector('text=Wait a moment, then try again.');
    }));

  test('passages appear and end by themselves, also after the connection was lost', () =>
    visit(async ({ page }) => {
      await page.click('nav >> text=Passages');
      await page.waitForSelector('.link-live');
      const id = server.passages.begin({ ...fates.allow, key: 'Live one', end: null });
      const row = page.locator('tr', { hasText: 'Live one' });
      await row.getByText('Under way').waitFor();
      server.passages.finish(id, { end: 'complete' });
      await row.getByText('Passed').waitFor();
      server.dropListeners();
      await page.waitForSelector('.link-reconnecting');
      const missed = { ...fates.blockIn, key: 'Missed one' };
      server.passages.finish(server.passages.begin(missed), missed);
      await page.waitForSelector('.link-live');
      await page.locator('tr', { hasText: 'Missed one' }).getByText('Stopped').waitFor();
      await page.click('.filters >> text=Masked');
      expect(await page.locator('tbody tr').count()).toBe(
        await page.locator('tbody .decision-redact').count(),
      );
    }));

  test('one passage shows its way, and its text opens on request only', () =>
    visit(async ({ page }) => {
      await ask(page, 'Where is the town hall?');
      await page.click('text=See its passage');
      await page.waitForSelector('svg.way');
      expect(await page.locator('.steps li').count()).toBe(6);
      expect(await page.locator('main').innerText()).not.toContain('Where is the town hall?');
      await page.click('text=Open the text (this is recorded)');
      await page.waitForSelector('text=Where is the town hall?');
    }));

  test('an altered receipt fails visibly, a genuine one holds, with no network at all', () =>
    visit(
      async ({ page, context }) => {
        await page.waitForSelector('.verify-form');
        await context.setOffline(true);
        const fate = { ...fates.allow, end: 'complete' };
        const id = server.passages.begin(fate);
        server.passages.finish(id, fate);
        const receipt = server.passages.receipt(id, true) ?? '';
        await page.fill('#verifier-keys', server.passages.vkey);
        const file = (text: string) => {
          return { name: 'r.json', mimeType: 'application/json', buffer: Buffer.from(text) };
        };
        await page.setInputFiles('input[type=file]', file(receipt));
        await page.waitForSelector('.report-unanchored');
        const entry = /"entry":"([^"]+)"/.exec(receipt)?.[1] ?? '';
        const altered = Buffer.from(entry, 'base64').toString().replace('allow', 'block');
        const forged = receipt.replace(entry, Buffer.from(altered).toString('base64'));
        await page.setInputFiles('input[type=file]', file(forged));
        await page.waitForSelector('.report-invalid .check-failed');
        expect(await page.locator('.report').innerText()).toContain('Not valid');
        await page.fill('#receipt-text', `${receipt}\n`);
        await page.click('.verify-form .button-main');
        await page.waitForSelector('.report-unanchored');
        await page.setInputFiles('input[type=file]', file('\u0000 not a receipt'));
        await page.waitForSelector('.report-invalid');
      },
      { hash: '#/verify' },
    ));

  test('a stranger reads the rules without a key, in the language of the browser', () =>
    visit(
      async ({ page }) => {
        await page.getByRole('heading', { name: '監督が行うこと' }).waitFor();
        expect(await page.locator('.matrix tbody tr').count()).toBe(4);
        await page.click('text=English');
        await page.getByRole('heading', { name: 'What the supervisor does' }).waitFor();
        await page.reload();
        await page.getByRole('heading', { name: 'What the supervisor does' }).waitFor();
        expect(await page.getAttribute('html', 'lang')).toBe('en');
      },
      { hash: '#/rules', locale: 'ja-JP' },
    ));

  test('an operator sees beside the rules how each upstream is doing, and a caller does not', () =>
    visit(async ({ page }) => {
      await page.click('nav >> text=Rules');
      await page.getByRole('heading', { name: 'How the upstreams are doing' }).waitFor();
      const row = (id: string) => page.locator('.upstreams tbody tr', { hasText: id });
      expect(await row('city-llm').innerText()).toMatch(/may be asked[^]*Japan[^]*Apr 30, 2027/);
      const failing = await row('overseas').innerText();
      expect(failing).toMatch(/left alone[^]*open[^]*18[^]*12 calls, 9 failed[^]*Overdue/);
      expect(await row('embedded').innerText()).toMatch(/not set up here/);
      await page.evaluate(`sessionStorage.setItem('sekisho.key', '${userKey}')`);
      await page.reload();
      await page.getByRole('heading', { name: 'What the supervisor does' }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.locator('.upstreams').count()).toBe(0);
    }));

  test('a passage whose answer was given again says so, and names where it came from', () =>
    visit(async ({ page }) => {
      const { kept } = fates;
      const { passages } = server;
      const id = passages.begin({ ...kept, key: 'Again' });
      passages.finish(id, { ...kept, key: 'Again' });
      await page.waitForSelector('.composer');
      await page.evaluate(`location.hash = '#/passages/${id}'`);
      await page.waitForSelector('.stop-kept');
      expect(await page.locator('.way').textContent()).toContain('Kept answer: city-llm');
      expect(await page.locator('.facts').innerText()).toContain(kept.cache.passage);
    }));

  test('a chat says that an answer was given again', () =>
    visit(async ({ page }) => {
      await page.waitForSelector('.composer');
      await ask(page, 'What do I need?');
      expect(await page.locator('text=given again').count()).toBe(0);
      await ask(page, 'The same again, please.');
      expect(await page.locator('text=an earlier answer, given again').count()).toBe(1);
    }));

  test('a caller who is no operator stays signed in and is told what the key may do', () =>
    visit(
      async ({ page }) => {
        await page.click('nav >> text=Passages');
        await page.waitForSelector('text=This page is for operators');
        await page.click('nav >> text=Chat');
        await ask(page, 'What do I need?');
        await page.getByRole('button', { name: 'Verify receipt' }).click();
        await page.waitForSelector('.report-unanchored');
        expect(await page.locator('text=See its passage').count()).toBe(0);
      },
      { hash: `#key=${userKey}` },
    ));

  test('what was used is a chart, a table, and one sentence for who cannot see it', () =>
    visit(async ({ page }) => {
      await page.click('nav >> text=Use');
      await page.waitForSelector('.usage-chart svg');
      const said = await page.getAttribute('.usage-chart svg', 'aria-label');
      expect(said).toContain('November 2026: 13,500 in all, most on 2026-11-24 with 9,000.');
      expect(await page.locator('.usage-bar').count()).toBe(30);
      await page.click('.usage-choices >> text=Cost');
      await page.waitForSelector('figcaption:has-text("¥4.5 in all")');
      expect(await page.locator('main').innerText()).toContain('1 without a known price');
      await page.selectOption('.usage-by select', 'key');
      await page.waitForSelector('.usage-table >> text=Class 3-B');
      await page.click('[aria-label="Earlier month"]');
      await page.waitForSelector('.usage-table >> text=2026-10-24');
      expect(await page.locator('.usage-bar').count()).toBe(31);
      await page.click('text=日本語');
      await page.waitForSelector('text=2026年10月の日ごとの費用');
    }));

  test('an operator issues a key, sees it once, renews one, and withdraws one at the second word', () =>
    visit(async ({ page }) => {
      await page.click('nav >> text=Keys');
      const row = page.locator('tr', { hasText: 'Class 3-B' });
      await row.getByText('up to Internal').waitFor();
      expect(await row.innerText()).toContain('tokens: 100,000 a day');
      await page.click('text=Issue a key');
      await page.fill('input[name=name]', 'Archive');
      await page.selectOption('select[name=role]', 'auditor');
      await page.click('.issue-form >> text=Issue');
      await page.waitForSelector('text=sk-sekisho-new');
      await page.locator('tr', { hasText: 'Archive' }).getByText('Auditor').waitFor();
      await page.click('text=I have stored it');
      expect(await page.locator('text=sk-sekisho-new').count()).toBe(0);
      await row.getByText('Renew').click();
      await page.waitForSelector('text=sk-sekisho-renewed');
      await row.getByText('Withdraw').click();
      await row.getByText('Yes, withdraw').click();
      await expect.poll(() => row.count()).toBe(0);
    }));

  test('no page is wider than a telephone', () =>
    visit(
      async ({ page }) => {
        await ask(page, 'My Number is 1234 5678 9018');
        for (const hash of ['#/chat', '#/passages', '#/usage', '#/keys', '#/verify', '#/rules']) {
          await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
          await page.waitForSelector(`.main-${hash.slice(2)} h1`);
          await page.waitForLoadState('networkidle').catch(() => undefined);
          const width = await page.evaluate('document.documentElement.scrollWidth');
          expect(width, hash).toBe(390);
        }
      },
      { width: 390 },
    ));
});
