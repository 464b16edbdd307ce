import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, type LogFields, openDatabase } from '#base';
import { type AskedBy, KeyStore } from '#gateway';
import { type Departure, SignIn } from '#identity';
import type { Draft } from '#ledger';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { ManualClock } from '../fakes/manual-clock.ts';
import type { OidcProvider } from '../fakes/oidc-provider.ts';

export const base = 'https://ai.example.jp';

/** The member `signIn` of a rule book, with what a test wants otherwise. */
export function signInYaml(provider: OidcProvider, more = ''): string {
  return `
signIn:
  issuer: ${provider.issuer}
  clientId: ${provider.clientId}
  clientSecretEnv: OIDC_SECRET
  sessionHours: 8
  idleMinutes: 60
  roles:
    - { role: security, values: [guards] }
    - { role: operator, values: [ai-operators] }
    - { role: user, values: [staff] }
  terms:
    user: { project: console, tokensPerDay: 100000, maxClass: internal }
${more}`;
}

/** Sign-in as the running product puts it together, with a clock and a ledger of the test's. */
export class Desk {
  readonly clock = new ManualClock();
  readonly drafts: Draft[] = [];
  readonly logged: { event: string; fields: LogFields }[] = [];
  readonly provider: OidcProvider;
  readonly keys: KeyStore;
  signIn: SignIn;
  yaml: string;
  environment: Record<string, string>;
  readonly #directory = mkdtempSync(join(tmpdir(), 'sekisho-sign-in-'));
  readonly #database: Database;

  constructor(provider: OidcProvider, more = '') {
    this.provider = provider;
    provider.nowMs = () => this.clock.nowMs();
    provider.mischief = {};
    provider.person = { sub: 'u-1', name: 'Aiko Mori', groups: ['staff'] };
    this.yaml = signInYaml(provider, more);
    this.environment = { OIDC_SECRET: `${provider.clientSecret}\n` };
    this.#database = openDatabase(join(this.#directory, 'state.db'));
    this.keys = new KeyStore(this.#database, this.clock);
    this.signIn = this.start();
  }

  /** As a restart would make it. */
  start(): SignIn {
    const log = (event: string, fields: LogFields = {}) => this.logged.push({ event, fields });
    let parsed = parsePolicy(defaultPolicyYaml());
    let of = '';
    return new SignIn({
      database: this.#database,
      keys: this.keys,
      clock: this.clock,
      environment: this.environment,
      log: { info: log, warn: log, error: log },
      baseUrl: () => base,
      ledger: {
        append: (drafts: readonly Draft[]) => {
          this.drafts.push(...drafts);
          return Promise.resolve([]);
        },
      },
      ruleBook: () => {
        if (of !== this.yaml) parsed = parsePolicy(defaultPolicyYaml() + this.yaml);
        of = this.yaml;
        return { policy: parsed, policyLeaf: 'leaf' };
      },
    });
  }

  /** What was recorded of a kind, without what every entry has. */
  recorded(event: string): object[] {
    return this.drafts
      .map(({ fields }) => fields['key.event'] as Record<string, string>)
      .filter((detail) => detail['event'] === event);
  }

  /** Every value of the table of sessions. */
  stored(): string {
    return JSON.stringify(this.#database.prepare('SELECT * FROM console_session').all());
  }

  async close(): Promise<void> {
    await this.signIn.close();
    this.#database.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** One browser: it keeps cookies, and says of its requests what a browser says. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** A request of the console's own page. */
  ask(method = 'GET', more: Readonly<Record<string, string>> = {}): AskedBy {
    return this.request(method, {
      'x-sekisho-console': '1',
      'sec-fetch-site': 'same-origin',
      ...(method === 'GET' ? {} : { origin: base }),
      ...more,
    });
  }

  request(method: string, headers: Readonly<Record<string, string>> = {}): AskedBy {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all: Readonly<Record<string, string>> = cookie === '' ? headers : { cookie, ...headers };
    return { method, header: (name) => all[name] };
  }

  take({ cookies }: Pick<Departure, 'cookies'>): void {
    for (const line of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /** Presses the button and comes back from the issuer with what it says. */
  async toIssuer(returnTo?: string): Promise<Record<string, string>> {
    const departure = await this.#desk.signIn.begin(this.request('GET'), returnTo);
    this.take(departure);
    const answer = await fetch(departure.location, { redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? '');
    if (back.origin + back.pathname !== `${base}/sign-in/callback`) throw new Error(back.href);
    return Object.fromEntries(back.searchParams);
  }

  async comeBack(query: Readonly<Record<string, string>>): Promise<Departure> {
    const departure = await this.#desk.signIn.complete(this.request('GET'), query);
    this.take(departure);
    return departure;
  }

  /** The whole way. @returns where it leads */
  async signIn(returnTo?: string): Promise<string> {
    return (await this.comeBack(await this.toIssuer(returnTo))).location;
  }
}
