import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fates } from './fake-fates.ts';
import type { Fate, FakePassages } from './fake-passages.ts';
import { institution, rules } from './fake-rule-book.ts';

interface ChatCall {
  readonly question: string;
  readonly dataClass: string;
  readonly language: 'en' | 'ja';
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers a chat by what the question contains, so a test can ask for any fate. */
export async function fakeChat(passages: FakePassages, call: ChatCall): Promise<void> {
  const { question, response } = call;
  if (question.includes('busy')) {
    return sendJson(response, 429, error('rate_limit_error', 'too_many_requests', 'Busy.'));
  }
  if (/\d{4} \d{4} \d{4}/.test(question)) return refuse(passages, call);
  const stopped = question.includes('link');
  const masked = question.includes('@');
  const fate: Fate = {
    ...(stopped ? fates.blockOut : masked ? fates.redact : fates.allow),
    key: 'Test key',
    question,
    dataClass: masked ? 'personal' : call.dataClass,
  };
  const id = passages.begin({ ...fate, decision: masked ? 'redact' : 'allow', end: null });
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...headers(id, fate, masked ? 'redact' : 'allow'),
    ...(question.includes('again') ? { 'x-sekisho-cache': 'hit' } : {}),
  });
  const slow = question.includes('slowly');
  for (const piece of pieces(call.language, stopped)) {
    if (response.destroyed) return passages.finish(id, { ...fate, end: 'cancelled' });
    send(response, { delta: { content: piece }, finish_reason: null });
    await pause(slow ? 120 : 12);
    if (question.includes('break off') && /[.。]/.test(piece)) return void response.destroy();
  }
  passages.finish(id, { ...fate, answer: pieces(call.language, stopped).join('') });
  if (stopped) {
    const refusal = refusalBody('nothing-leaks-by-link', id, call.language);
    send(response, { delta: { refusal: 'Stopped.' }, finish_reason: 'content_filter' }, refusal);
  } else {
    send(response, { delta: {}, finish_reason: 'stop' });
  }
  response.end('data: [DONE]\n\n');
}

function refuse(passages: FakePassages, call: ChatCall): void {
  const fate: Fate = { ...fates.blockIn, key: 'Test key', question: call.question };
  const id = passages.begin(fate);
  passages.finish(id, fate);
  const body = error('policy_violation', 'content_blocked', 'This request was stopped.');
  const sekisho = refusalBody('my-number-stays-here', id, call.language);
  sendJson(
    call.response,
    400,
    { error: { ...body.error, param: 'messages', sekisho } },
    headers(id, fate, 'block'),
  );
}

function refusalBody(rule: string, id: string, language: 'en' | 'ja'): object {
  const text = rules.find((entry) => entry.id === rule)?.text[language] ?? '';
  const quote = language === 'ja' ? '受領証番号:' : 'and quote receipt';
  return {
    rules: [{ id: rule, text }],
    receipt: id,
    receipt_url: `/receipts/${id}`,
    contest: `${institution.contact[language]} ${quote} ${id}`,
  };
}

function headers(id: string, fate: Fate, decision: string): Record<string, string> {
  return {
    'x-sekisho-receipt': id,
    'x-sekisho-decision': decision,
    'x-sekisho-data-class': fate.dataClass ?? 'internal',
    ...(typeof fate.upstream === 'string' ? { 'x-sekisho-upstream': fate.upstream } : {}),
    ...(decision === 'allow' ? {} : { 'x-sekisho-rules': (fate.rules ?? []).join(', ') }),
  };
}

function pieces(language: 'en' | 'ja', stopped: boolean): readonly string[] {
  const text =
    language === 'ja'
      ? '転入届は、新しい住所に住み始めた日から14日以内に、市役所の窓口へお出しください。\n\n必要なものは次のとおりです。\n1. 転出証明書\n2. 本人確認書類(運転免許証など)\n\n代理の方が届け出るときは、委任状もお持ちください。'
      : 'Please bring the moving-in notice to the city hall within 14 days of the day you start living at the new address.\n\nYou will need:\n1. the moving-out certificate\n2. a document that shows who you are, such as a driving licence\n\nA person who acts for you also needs a letter of authority.';
  const cut = stopped ? text.slice(0, Math.floor(text.length / 3)) : text;
  return cut.match(/[\s\S]{1,6}/gu) ?? [];
}

function send(response: ServerResponse, choice: object, sekisho?: object): void {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'model',
    choices: [{ index: 0, ...choice }],
    ...(sekisho === undefined ? {} : { sekisho }),
  };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

export function error(type: string, code: string, message: string): { error: object } {
  return { error: { message, type, code, param: null } };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  extra: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...extra });
  response.end(JSON.stringify(body));
}
