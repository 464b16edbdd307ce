import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, launchBrowser } from '../../../console/test/browser.ts';
import { type ConsolePage, openConsole } from '../../../console/test/console-page.ts';
import { type ScriptedUpstream, say, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  root,
  runCommand,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

// A whole classroom as its people see it: an operator makes the class and its keys, a pupil asks, a
// teacher looks. The Japanese pack that comes with the product, with one lesson of our own, is
// built and used; only the model is a script.

const executable = findBrowser();
const isBuilt = existsSync(join(root, 'console/dist/index.html'));
const why =
  executable === undefined
    ? ' (no Chromium on this machine)'
    : isBuilt
      ? ''
      : ' (the console is not built)';

const items = `code,text,years,subject
S-5-1,日本国憲法の公布と施行,5,
`;
const passages = `id,text,codes,years,subject,title,place
P-1,日本国憲法は1946年11月3日に公布され、1947年5月3日に施行された。,S-5-1,5,,社会 5,12ページ
`;
const characters = `character,year
日,1
本,1
国,2
年,1
月,1
公,2
行,2
法,4
布,5
`;

const rightAnswer = '日本国けんぽうは1946年11月3日に公布されました。';
const wrongAnswer = '日本国けんぽうは1956年11月3日に公布されました。';
const aboveAnswer = '1946年11月3日に、憲法が公布されました。';
const heldAnswer = 'その事けんについては、さまざまな見方があります。';
const teacherWords = '先生といっしょに読みましょう。';

const folder = temporaryDirectory();
const data = join(folder.path, 'data');
let upstream: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let browser: Browser;

describe.skipIf(why !== '')(`a classroom in the console${why}`, () => {
  beforeAll(async () => {
    build();
    upstream = await startScriptedUpstream(say(rightAnswer));
    await addPack();
    checkpoint = await startCheckpoint(data, rules());
    browser = await launchBrowser(executable ?? '');
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    expect(await checkpoint.end('SIGINT')).toBe(0);
    await upstream.close();
    folder.remove();
  });

  test('an operator makes the class and its keys, a pupil asks, a teacher decides', async () => {
    const { pupil: pupilKey, teacher: teacherKey } = await makeClass();
    const pupil = await open(pupilKey, { width: 390 });
    const teacher = await open(teacherKey);
    const receipts: string[] = [];

    // What is right comes with its source one click away.
    upstream.play(say(aboveAnswer));
    const read = await ask(pupil.page, 'けんぽうの公布はいつですか。');
    await read.locator('ruby').first().waitFor();
    expect(await read.locator('ruby').first().innerText()).toContain('けんぽう');
    receipts.push(await receiptOf(read));

    // A year that contradicts the book is written again, and the pupil reads the right one.
    let asked = 0;
    upstream.play((seen, response) =>
      say(asked++ === 0 ? wrongAnswer : rightAnswer)(seen, response),
    );
    const mended = await ask(pupil.page, 'けんぽうの公布の年を教えてください。');
    await mended.locator('.noted').waitFor();
    expect(await mended.innerText()).toContain('1946');
    expect(await mended.innerText()).not.toContain('1956');
    expect(asked).toBe(2);
    receipts.push(await receiptOf(mended));

    // The pupil doubts it all the same, and the teacher will read why.
    await mended.getByRole('button', { name: 'これはちがうと思う' }).click();
    await mended.locator('textarea').fill('本には1945年とあった気がします。');
    await mended.getByRole('button', { name: '先生に伝える' }).click();
    await mended.getByText('先生に伝わりました').waitFor();

    // A model that insists is not let through.
    upstream.play(say(wrongAnswer));
    const insisted = await ask(pupil.page, 'けんぽうはいつ公布されましたか。');
    await insisted.getByText('先に先生が見ます').waitFor();
    expect(await insisted.innerText()).not.toContain('1956');
    receipts.push(await receiptOf(insisted));

    // What is sensitive at that age waits for the teacher.
    await pupil.page.getByRole('button', { name: '新しい対話' }).click();
    upstream.play(say(heldAnswer));
    const held = await ask(pupil.page, '南京事件について教えてください。');
    await held.getByText('先に先生が見ます').waitFor();
    expect(await held.innerText()).not.toContain('さまざまな見方');
    const heldReceipt = await receiptOf(held);
    receipts.push(heldReceipt);

    // The teacher sees what waits, reads it, and lets it through with words of their own.
    const { page } = teacher;
    await page.click('nav a[href="#/classes"]');
    const card = page.locator('.hold', { hasText: 'war-responsibility' });
    await card.getByRole('button').first().click();
    await card.getByRole('button', { name: '質問と答えを読む' }).click();
    await card.locator('.noted', { hasText: 'さまざまな見方' }).waitFor();
    await card.locator('textarea[name=note]').fill(teacherWords);
    await card.getByRole('button', { name: '答えを渡す' }).click();
    await card.waitFor({ state: 'detached' });

    // Who is right about an answer that was given, the teacher says as well.
    const doubted = page.locator('.hold', { hasText: '「ちがうと思う」の声' });
    await doubted.getByRole('button').first().click();
    await doubted.getByRole('button', { name: '質問と答えを読む' }).click();
    await doubted.getByText('1945年とあった').waitFor();
    await doubted.getByText('モデルの前の案').click();
    await doubted.locator('.drafts .noted', { hasText: '1956' }).waitFor();
    await doubted.locator('.drafts').getByText('もとになった資料').first().click();
    await doubted.locator('blockquote', { hasText: '1946年11月3日' }).waitFor();

    // It appears at the pupil's without anything being done.
    await held.getByText(teacherWords).waitFor();
    await held.locator('.noted', { hasText: 'さまざまな見方' }).waitFor();
    const width = await pupil.page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(390);

    // What still waits is found again after the page was loaded anew.
    await pupil.page.reload();
    await pupil.page.locator('.held-questions a').first().click();
    await pupil.page.getByText('先に先生が見ます').waitFor();
    await pupil.page.click('nav a[href="#/chat"]');

    // A sign of need is heard: no model is asked, and the teacher finds it first.
    const before = upstream.seen.length;
    const need = await ask(pupil.page, 'もう消えたいです。');
    await need.getByText('0120-').first().waitFor();
    expect(upstream.seen).toHaveLength(before);
    receipts.push(await receiptOf(need));
    await page.locator('.hold').first().getByText('助けが必要かもしれません').waitFor();

    for (const id of receipts) {
      // oxlint-disable-next-line no-await-in-loop -- one receipt after the other
      await expectReceipt(id, pupilKey);
    }
    expect([...pupil.misdeeds, ...teacher.misdeeds]).toEqual([]);
    await Promise.all([pupil.close(), teacher.close()]);
  });
});

async function addPack(): Promise<void> {
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const made = join(folder.path, 'jp-pack');
  const tables = [
    '--items',
    write('items.csv', items),
    '--passages',
    write('passages.csv', passages),
    '--characters',
    write('characters.csv', characters),
  ];
  const built = await runCommand(['pack', 'build', 'jp', '-o', made, ...tables]);
  expect(built, built.said).toMatchObject({ code: 0 });
  const added = await runCommand(['pack', 'add', made, '--data', data]);
  expect(added, added.said).toMatchObject({ code: 0 });
}

function rules(): string {
  return policyOf({
    upstreams: [{ id: 'model', baseUrl: upstream.baseUrl, probe: 'none' }],
    dataClasses: [{ id: 'lesson', upstreams: ['model'] }],
    school: { packs: ['jp'], teacherReads: 'flagged' },
  }).text;
}

function open(secret: string, options: { readonly width?: number } = {}): Promise<ConsolePage> {
  const url = `${checkpoint.url}/console/#key=${secret}`;
  return openConsole(browser, url, { locale: 'ja-JP', ...options });
}

/** As an operator does it, with nothing but the pages. */
async function makeClass(): Promise<{ readonly pupil: string; readonly teacher: string }> {
  const operator = await open(checkpoint.key);
  const { page } = operator;
  await page.click('nav a[href="#/classes"]');
  await page.getByRole('button', { name: '学級を作る' }).click();
  await page.fill('input[name=id]', '5-2');
  await page.fill('input[name=title]', '5年2組');
  await page.selectOption('select[name=year]', '5');
  await page.getByRole('button', { name: '作る', exact: true }).click();
  await page.getByRole('link', { name: '5年2組' }).waitFor();
  const issue = async (button: string, name: string): Promise<string> => {
    await page.getByRole('button', { name: button }).click();
    await page.fill('.class-issue input', name);
    await page.click('.class-issue button[type=submit]');
    const secret = await page.locator('.note[role=status] .copyable code').innerText();
    await page.click('.note[role=status] > button');
    return secret.trim();
  };
  const pupil = await issue('児童生徒のキーを発行', '17番');
  const teacher = await issue('教員のキーを発行', '担任');
  expect(operator.misdeeds).toEqual([]);
  await operator.close();
  return { pupil, teacher };
}

/** @returns what the page shows of it */
async function ask(page: Page, question: string): Promise<ReturnType<Page['locator']>> {
  await page.waitForSelector('.composer');
  const known = await page.locator('.turn').count();
  await page.fill('#message', question);
  await page.press('#message', 'Enter');
  await page.waitForSelector('.composer button[type=submit]');
  const answer = page.locator('.turn .answer').nth(known);
  await answer.locator('.line-more').waitFor();
  return answer;
}

async function receiptOf(answer: ReturnType<Page['locator']>): Promise<string> {
  return (await answer.locator('.line code').first().getAttribute('title')) ?? '';
}

/** Every step leaves a receipt that a stranger can check. */
async function expectReceipt(id: string, secret: string): Promise<void> {
  const get = (): Promise<Response> =>
    fetch(`${checkpoint.url}/receipts/${id}`, { headers: { authorization: `Bearer ${secret}` } });
  let receipt = await get();
  while (receipt.status === 503) {
    // oxlint-disable-next-line no-await-in-loop -- until the next checkpoint is published
    await new Promise((resolve) => setTimeout(resolve, 100));
    // oxlint-disable-next-line no-await-in-loop
    receipt = await get();
  }
  expect(verifyOffline(await receipt.text(), checkpoint.vkey)).toMatchObject({ code: 0 });
}
