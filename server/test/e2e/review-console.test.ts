import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, launchBrowser } from '../../../console/test/browser.ts';
import { openConsole } from '../../../console/test/console-page.ts';
import { type ScriptedUpstream, say, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const executable = findBrowser();
const data = temporaryDirectory();
let upstream: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let browser: Browser;

const words = {
  en: { contest: 'Contest this decision', send: 'Contest', overturn: 'Overturn', words: 'Open' },
  ja: {
    contest: 'この判断に異議を申し立てる',
    send: '申し立てる',
    overturn: '判断を取消し',
    words: '開く',
  },
};

describe.skipIf(executable === undefined)(
  `reviews in the console${executable === undefined ? ' (no Chromium on this machine)' : ''}`,
  () => {
    beforeAll(async () => {
      build();
      upstream = await startScriptedUpstream(say('I see.'));
      const rules = policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]);
      checkpoint = await startCheckpoint(data.path, rules);
      browser = await launchBrowser(executable ?? '');
    });

    afterAll(async () => {
      await browser.close();
      expect(await checkpoint.end('SIGINT')).toBe(0);
      await upstream.close();
      data.remove();
    });

    async function key(name: string, role: string): Promise<string> {
      const response = await fetch(`${checkpoint.url}/api/keys`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${checkpoint.key}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ name, role }),
      });
      return ((await response.json()) as { secret: string }).secret;
    }

    const open = (secret: string, locale: string) =>
      openConsole(browser, `${checkpoint.url}/console/#key=${secret}`, { locale });

    async function stopped(page: Page, text: string): Promise<void> {
      await page.waitForSelector('.composer');
      await page.fill('#message', text);
      await page.press('#message', 'Enter');
    }

    test.each([
      ['en', 'My number is 1234 5678 9018, is that right?'],
      ['ja', '私のマイナンバーは 123456789018 です。合っていますか。'],
    ] as const)(
      'a person contests, a reviewer decides, the person reads it (%s)',
      async (of, text) => {
        const label = words[of];
        const person = await open(await key(`person ${of}`, 'user'), of);
        await stopped(person.page, text);
        await person.page.click(`text=${label.contest}`);
        await person.page.fill('textarea', 'It is the number of the example in the leaflet.');
        await person.page.click(`button:text-is("${label.send}")`);
        await person.page.waitForSelector('.note[role=status]');

        const reviewer = await open(await key(`reviewer ${of}`, 'security'), of);
        const { page } = reviewer;
        await page.waitForSelector('nav');
        await page.click('nav a[href="#/reviews"]');
        await page.click('.review-table a >> nth=0');
        await page.click(`button:text-is("${label.words}")`);
        await page.waitForSelector('text=the example in the leaflet');
        expect(await page.textContent('main')).not.toContain('1234');
        await page.fill('textarea[name=note]', 'It is published.');
        await page.click(`button:text-is("${label.overturn}")`);
        await page.waitForSelector('textarea[name=note]', { state: 'detached' });

        await person.page.reload();
        await person.page.waitForSelector('text=It is published.');
        await person.page.click('nav a[href="#/chat"]');
        await stopped(person.page, text);
        await person.page.waitForSelector('text=I see.');
        expect([...person.misdeeds, ...reviewer.misdeeds]).toEqual([]);
        await Promise.all([person.close(), reviewer.close()]);
      },
    );

    test('anybody reads the counts, without a key', async () => {
      const opened = await openConsole(browser, `${checkpoint.url}/console/#/statistics`);
      const { page } = opened;
      await page.waitForSelector('.empty-title');
      expect(await page.textContent('main')).toContain('No month is over yet');
      expect(opened.misdeeds).toEqual([]);
      await opened.close();
    });
  },
);
