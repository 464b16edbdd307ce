import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '#base';
import { type Checkpoint, startCheckpoint } from '../../src/main.ts';
import { temporaryDirectory } from '../e2e/running-checkpoint.ts';
import { scriptedSchool } from '../fakes/scripted-school.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { writeTinyPack } from '../fakes/tiny-pack.ts';
import { policyOf } from '../policy/routing-document.ts';

export interface Told {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
  readonly receipt: string;
}

export interface Person {
  readonly id: string;
  readonly secret: string;
}

/** A checkpoint with a scripted model and school supervisor, a class, a pupil and a teacher. */
export interface School {
  readonly checkpoint: Checkpoint;
  readonly upstream: ScriptedUpstream;
  readonly directory: string;
  readonly pupil: Person;
  readonly teacher: Person;
  readonly operator: Person;
  readonly issue: (name: string, terms?: object) => Promise<Person>;
  readonly call: (
    who: Person,
    method: string,
    path: string,
    body?: object,
    more?: Readonly<Record<string, string>>,
  ) => Promise<Told>;
  /** One question in a conversation of its own, unless one is named. */
  readonly ask: (
    who: Person,
    content: string,
    more?: object,
    conversation?: string,
  ) => Promise<Told>;
  readonly lesson: (who: Person, id: string) => Promise<Record<string, unknown>>;
  /** One passage as an operator sees it. */
  readonly detail: (id: string) => Promise<Record<string, unknown>>;
  readonly close: () => Promise<void>;
}

export async function openSchool(
  settings: object = {},
  {
    upstreams = ['model'],
    ...more
  }: Readonly<Record<string, unknown>> & { readonly upstreams?: readonly string[] } = {},
): Promise<School> {
  const folder = temporaryDirectory();
  const upstream = await startScriptedUpstream();
  const { text } = policyOf({
    upstreams: upstreams.map((id) => ({ id, baseUrl: upstream.baseUrl, probe: 'none' })),
    dataClasses: [{ id: 'lesson', upstreams }],
    school: { packs: ['tiny'], ...settings },
    ...more,
  });
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(join(folder.path, 'sekisho.yaml'), text);
  writeTinyPack(join(folder.path, 'packs', 'tiny', '1'));
  const checkpoint = await startCheckpoint({
    dataDirectory: folder.path,
    host: '127.0.0.1',
    port: 0,
    environment: { HF_HUB_OFFLINE: '1' },
    log: silentLog,
    version: 'test',
    notice: () => undefined,
    onModelProgress: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    createSchoolSupervisor: scriptedSchool,
  });
  const call: School['call'] = async (who, method, path, body, headers = {}) => {
    const response = await fetch(`${checkpoint.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${who.secret}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      text: said,
      body: isJson ? (JSON.parse(said) as Record<string, unknown>) : {},
      headers: response.headers,
      receipt: response.headers.get('x-sekisho-receipt') ?? '',
    };
  };
  const operator = { id: 'operator', secret: checkpoint.key };
  const issue: School['issue'] = async (name, terms = {}) =>
    (await call(operator, 'POST', '/api/keys', { name, ...terms })).body as unknown as Person;
  const made = await call(operator, 'POST', '/api/classes', {
    id: '6-1',
    title: 'Class 6-1',
    pack: 'tiny',
    year: 6,
  });
  if (made.status !== 201) throw new Error(`couldn't make the class: ${made.text}`);
  let conversations = 0;
  return {
    checkpoint,
    upstream,
    directory: folder.path,
    operator,
    pupil: await issue('pupil', { class: '6-1' }),
    teacher: await issue('teacher', { class: '6-1', role: 'teacher' }),
    issue,
    call,
    ask: (who, content, given = {}, conversation = `alone ${++conversations}`) =>
      call(
        who,
        'POST',
        '/v1/chat/completions',
        { model: 'auto', messages: [{ role: 'user', content }], ...given },
        { 'x-sekisho-conversation': conversation },
      ),
    lesson: async (who, id) => (await call(who, 'GET', `/api/passages/${id}/lesson`)).body,
    detail: async (id) => (await call(operator, 'GET', `/api/passages/${id}`)).body,
    close: async () => {
      await checkpoint.stop();
      await upstream.close();
      folder.remove();
    },
  };
}

/** What a chat answer says. */
export function saidIn({ body }: Told): string {
  const { choices } = body as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}
