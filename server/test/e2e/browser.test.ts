import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, launchBrowser } from '../../../console/test/browser.ts';
import { type ScriptedUpstream, echo, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
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

describe.skipIf(executable === undefined)(
  `the console of the running product${executable === undefined ? ' (no Chromium on this machine)' : ''}`,
  () => {
    beforeAll(async () => {
      build();
      upstream = await startScriptedUpstream(echo);
      checkpoint = await startCheckpoint(
        data.path,
        policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]),
      );
      browser = await launchBrowser(executable ?? '');
    });

    afterAll(async () => {
      await browser.close();
      expect(await checkpoint.end('SIGINT')).toBe(0);
      await upstream.close();
      data.remove();
    });

    async function open(locale: string, faults: string[]): Promise<Page> {
      const page = await browser.newPage({ locale });
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('request', (request) => {
        const { origin } = new URL(request.url());
        const own = origin === checkpoint.url || /^(data|blob):/.test(request.url());
        if (!own) faults.push(`a request to ${origin}`);
      });
      await page.goto(checkpoint.console);
      return page;
    }

    test('sends a chat, shows the passage, verifies the receipt, and asks nobody else', async () => {
      const faults: string[] = [];
      const page = await open('en-US', faults);
      await page.getByLabel('Message').fill('Please write to hanako@example.jp today.');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('button', { name: 'Verify receipt' }).click();
      await page.getByText('UNANCHORED').first().waitFor();
      const answer = await page.locator('main').innerText();
      expect(answer.split('hanako@example.jp').length - 1).toBe(2);
      expect(page.url()).not.toContain('sk-sekisho');

      await page.getByRole('link', { name: 'Passages' }).click();
      const row = page.getByRole('row', { name: /personal-data-is-masked/ });
      await row.waitFor();
      expect(await row.innerText()).toContain('Masked');
      await row.getByRole('link').first().click();
      await page.getByRole('heading', { name: 'Its way through the checkpoint' }).waitFor();
      expect(await page.locator('main').innerText()).not.toContain('hanako@example.jp');
      await page.getByRole('button', { name: /Open the text/ }).click();
      await page.getByText('hanako@example.jp').first().waitFor();
      expect(faults).toEqual([]);
      await page.close();
    });

    test('shows a refusal in Japanese with its rule, and a tampered receipt as invalid', async () => {
      const faults: string[] = [];
      const page = await open('ja-JP', faults);
      await page.locator('#message').fill('私のマイナンバーは 1234 5678 9018 です。');
      await page.locator('#message').press('Enter');
      await page.getByText('my-number-stays-here').first().waitFor();
      const id = /[0-9a-f]{32}/.exec(await page.locator('main').innerText())?.[0] ?? '';
      const receipt = await (await fetch(`${checkpoint.url}/receipts/${id}`)).text();
      // Chromium reports a 400 answer as a console error of its own; nothing else may be there.
      expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);

      await page.locator('a[href="#/verify"]').click();
      const drop = async (text: string): Promise<void> => {
        const file = join(data.path, 'dropped.json');
        writeFileSync(file, text);
        await page.locator('input[type=file]').setInputFiles(file);
      };
      await drop(receipt);
      await page.getByText('UNANCHORED').first().waitFor();
      const place = receipt.indexOf('"proof"') - 20;
      const other = receipt[place] === 'A' ? 'B' : 'A';
      await drop(receipt.slice(0, place) + other + receipt.slice(place + 1));
      await page
        .getByText(/E_(ROOT|FORMAT|ENTRY)/)
        .first()
        .waitFor();
      await page.close();
    });
  },
);
