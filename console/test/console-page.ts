import type { Browser, BrowserContext, Page } from 'playwright-core';

/** A page of the console, watched for everything it must not do. */
export interface ConsolePage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Bodies of the chats that were sent. */
  readonly sent: readonly string[];
  /** Errors, violations of the content security policy, and requests to elsewhere. */
  readonly misdeeds: readonly string[];
  close(): Promise<void>;
}

export async function openConsole(
  browser: Browser,
  url: string,
  options: { readonly locale?: string; readonly width?: number } = {},
): Promise<ConsolePage> {
  const { locale = 'en-US', width = 1280 } = options;
  const context = await browser.newContext({ locale, viewport: { width, height: 800 } });
  const page = await context.newPage();
  const misdeeds: string[] = [];
  const sent: string[] = [];
  const { origin } = new URL(url);
  await page.exposeFunction('reportViolation', (what: string) => misdeeds.push(`CSP: ${what}`));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) => {
    reportViolation(event.violatedDirective + ' ' + event.blockedURI);
  })`);
  page.on('pageerror', (error) => misdeeds.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself notes every answer with an error status; those are asked for here.
    const isStatus = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isStatus) misdeeds.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && to !== origin) {
      misdeeds.push(`request to ${request.url()}`);
    }
    if (request.url().endsWith('/v1/chat/completions')) sent.push(request.postData() ?? '');
  });
  await page.goto(url);
  return { page, context, sent, misdeeds, close: () => context.close() };
}

/** Sends a message and waits until its answer has ended. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.fill('#message', question);
  await page.press('#message', 'Enter');
  await page.waitForSelector('.composer button[type=submit]');
}
