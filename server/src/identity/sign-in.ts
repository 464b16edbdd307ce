import { type Clock, type Database, type Log, limits } from '#base';
import {
  type ApiKey,
  type AskedBy,
  GatewayError,
  type KeyEvent,
  type KeyStore,
  type RuleBook,
  type Sessions,
  recordKeyEvent,
} from '#gateway';
import type { LedgerAppender } from '#ledger';
import { type SignInSettings, maySetCookies } from '#policy';
import type { ResolveName } from '#upstream';
import { classOf, roleOf, whoIs } from './claims.ts';
import { type CookieUse, readCookie, writeCookie } from './cookie.ts';
import { SignInError } from './errors.ts';
import { Issuer } from './issuer.ts';
import { People } from './people.ts';
import { isFromConsole, requireSameOrigin } from './same-origin.ts';
import { type Session, SessionStore, hashOf } from './session-store.ts';
import { type Begun, WaysBack, challengeOf } from './way-back.ts';

export interface SignInPorts {
  readonly database: Database;
  readonly keys: KeyStore;
  readonly ledger: LedgerAppender;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ruleBook: () => Pick<RuleBook, 'policy' | 'policyLeaf'>;
  /** Where people reach this checkpoint, without a slash at the end. */
  readonly baseUrl: () => string;
  /** The system's own way when left out. */
  readonly resolve?: ResolveName;
}

/** Where a browser is sent, and the cookies it is given on the way. */
export interface Departure {
  readonly location: string;
  readonly cookies: readonly string[];
}

/** A live session with the key its person acts through. */
export interface Entered {
  readonly session: Session;
  readonly key: ApiKey;
}

/** Pages of the console. Nothing else is a place to return to: no address of anybody's is. */
const returnPlace = /^#\/[a-z]{1,20}(?:\/[0-9a-f]{1,64})?$/;

/**
 * Signing in to the console: the authorization code flow of OpenID Connect Core 1.0 with PKCE
 * (RFC 7636), state and nonce. What is decided here is who somebody is and which role the rule book
 * gives them; from then on they act through a key of their own, held to what every key is held to.
 */
export class SignIn implements Sessions {
  readonly #ports: SignInPorts;
  readonly #people: People;
  readonly #sessions: SessionStore;
  readonly #waysBack: WaysBack;
  #issuer: { readonly of: string; readonly issuer: Issuer } | undefined;

  constructor(ports: SignInPorts) {
    this.#ports = ports;
    this.#people = new People(ports.database, ports.keys);
    this.#sessions = new SessionStore(ports.database, ports.clock);
    this.#waysBack = new WaysBack(ports.clock);
  }

  /** What the sign-in page needs to know; undefined while people sign in by keys only. */
  offer(request: AskedBy): object | undefined {
    const settings = this.#settings();
    if (settings === undefined) return undefined;
    const { title } = settings;
    const known = isFromConsole(request) && this.stillHeld(request) !== undefined;
    const start = `${this.#ports.baseUrl()}/sign-in/start`;
    return { start, title: title ?? null, signedIn: known };
  }

  /** @param returnTo a page of the console, such as `#/usage`; anything else is left out */
  async begin(request: AskedBy, returnTo: string | undefined): Promise<Departure> {
    const settings = this.#required();
    try {
      if (!maySetCookies(this.#ports.baseUrl())) {
        throw new SignInError('setup', 'institution.publicUrl is not an https address');
      }
      const issuer = this.#issuerOf(settings);
      issuer.requireSecret();
      const { authorization } = await issuer.describe();
      const begun = this.#waysBack.begin({
        returnTo: returnTo !== undefined && returnPlace.test(returnTo) ? returnTo : '#/chat',
        previous: this.#find(settings, request)?.id,
      });
      const location = new URL(authorization);
      for (const [name, value] of Object.entries(this.#question(settings, begun))) {
        location.searchParams.set(name, value);
      }
      const cookie = this.#cookie('begun', this.#waysBack.seal(begun), limits.signInMs);
      return { location: location.href, cookies: [cookie] };
    } catch (error) {
      return this.#refused(error);
    }
  }

  /** The way back from the issuer. @param query of the address it sent the browser to */
  async complete(request: AskedBy, query: Readonly<Record<string, string>>): Promise<Departure> {
    const settings = this.#required();
    try {
      const cookie = readCookie(request.header('cookie'), 'begun', this.#secure());
      const begun = this.#waysBack.open(cookie, query['state'] ?? '');
      const issuer = this.#issuerOf(settings);
      await checkAnswer(issuer, settings, query);
      const redirectUri = this.#redirectUri();
      const idToken = await issuer.redeem(query['code'] ?? '', { ...begun, redirectUri });
      const claims = await issuer.verify(idToken, begun.nonce);
      const secret = await this.#enter(settings, claims, begun);
      const lastsMs = settings.sessionHours * 3_600_000;
      return {
        location: `/console/${begun.returnTo}`,
        cookies: [this.#cookie('session', secret, lastsMs), this.#cookie('begun', '', 0)],
      };
    } catch (error) {
      return this.#refused(error);
    }
  }

  keyOf(request: AskedBy): ApiKey | undefined {
    return this.entered(request)?.key;
  }

  /** As `keyOf`, with the session. */
  entered(request: AskedBy): Entered | undefined {
    const settings = this.#settings();
    if (settings === undefined || !isFromConsole(request)) return undefined;
    if (this.#secretOf(request) === undefined) return undefined;
    requireSameOrigin(request, new URL(this.#ports.baseUrl()).origin);
    const session = this.#find(settings, request);
    const key = session && this.#people.current(settings, session.person);
    if (session === undefined || key === undefined) throw new GatewayError('session_ended');
    return { session, key };
  }

  /** The key of a session that has not ended, as an open stream asks: it is no use of it. */
  stillHeld(request: AskedBy): ApiKey | undefined {
    const settings = this.#settings();
    const session = settings && this.#find(settings, request, false);
    return session && settings && this.#people.current(settings, session.person);
  }

  /**
   * Ends the session of this browser.
   * @returns with the cookie to take away, where the issuer wants to be told (RP-initiated logout)
   */
  async signOut(request: AskedBy): Promise<{ readonly leave: string | null; cookies: string[] }> {
    const settings = this.#required();
    const entered = this.entered(request);
    if (entered !== undefined) await this.#end(entered.session, { event: 'signed_out' });
    return {
      leave: entered === undefined ? null : await this.#issuerExit(settings),
      cookies: [this.#cookie('session', '', 0)],
    };
  }

  /** @param person whose; everybody's when left out */
  list(person?: string): readonly Entered[] {
    const settings = this.#settings();
    if (settings === undefined) return [];
    return this.#sessions.list(idleMs(settings)).flatMap((session) => {
      const key = this.#people.known(session.person);
      const wanted = person === undefined || session.person === person;
      return key === undefined || !wanted ? [] : [{ session, key }];
    });
  }

  /** @param by id of the key of whoever ends it @returns false when there is no such session */
  async end(id: string, by: string, person?: string): Promise<boolean> {
    const found = this.list(person).find(({ session }) => session.id === id);
    if (found === undefined) return false;
    await this.#end(found.session, { event: 'session_ended', by });
    return true;
  }

  /** The issuer says that somebody signed out there (back-channel logout). @throws SignInError */
  async endByIssuer(logoutToken: string): Promise<void> {
    const settings = this.#required();
    const { sid, sub } = await this.#issuerOf(settings).verifyLogout(logoutToken);
    const about = typeof sub === 'string' ? this.#people.idOf(settings, sub) : undefined;
    const ending = this.#sessions.list(idleMs(settings)).filter((session) => {
      if (typeof sid === 'string') return session.issuerSession === hashOf(sid);
      // The issuer knows its people by `sub`, whatever claim names them here. Sessions of earlier
      // versions have no other name than that.
      return (session.issuerSubject || session.person) === about;
    });
    for (const session of ending) {
      // oxlint-disable-next-line no-await-in-loop -- a person has ten sessions at most
      await this.#end(session, { event: 'session_ended', by: 'issuer' });
    }
  }

  /** The id a person's passages are recorded under. @param subject as the issuer names them */
  personOf(subject: string): string | undefined {
    if (this.#people.isOnRecord(subject)) return subject;
    const settings = this.#settings();
    return settings === undefined ? undefined : this.#people.idOf(settings, subject);
  }

  /** Forgets what a person is called and ends their sessions. @param person their id */
  forget(person: string): void {
    if (!this.#people.isOnRecord(person)) return;
    this.#endAll(person);
    this.#people.forgetName(person);
  }

  async close(): Promise<void> {
    await this.#issuer?.issuer.close();
  }

  /** Who somebody is, and what they may: recorded, then in force. @returns a session's secret */
  async #enter(
    settings: SignInSettings,
    claims: Readonly<Record<string, unknown>>,
    { previous }: Begun,
  ): Promise<string> {
    const { subject, name, issuerSession, issuerSubject } = whoIs(settings, claims);
    const id = this.#people.idOf(settings, subject);
    const known = issuerSubject === undefined ? '' : this.#people.idOf(settings, issuerSubject);
    try {
      const role = roleOf(settings, claims);
      if (!this.#people.mayEnter(id)) throw new SignInError('withdrawn', 'access was withdrawn');
      const before = this.#people.known(id);
      const client = clientOf(settings);
      const byIssuer = { issuerSession: hashOf(issuerSession ?? ''), issuerSubject: known };
      const from = { person: id, client, ...byIssuer };
      const session = this.#sessions.make(from, settings.sessionHours);
      if (before === undefined) await this.#record({ event: 'created', role, by: 'sign-in' }, id);
      else if (before.role !== role) {
        await this.#record({ event: 'role_changed', role, before: before.role }, id);
      }
      const of = classOf(settings, claims);
      const inClass = of === null ? {} : { class: of };
      await this.#record({ event: 'signed_in', role, session: session.id, ...inClass }, id);
      this.#people.admit(settings, { id, name: name === '' ? id : name, role, class: of });
      this.#sessions.end(this.#sessions.list(idleMs(settings)).filter((s) => s.id === previous));
      return this.#sessions.open(session);
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      // Whoever has lost their place keeps no session from the time when they had it.
      this.#endAll(id);
      await this.#record({ event: 'sign_in_refused', why: error.code }, id);
      throw error;
    }
  }

  #endAll(person: string): void {
    this.#sessions.end(this.list(person).map(({ session }) => session));
  }

  async #end(session: Session, event: KeyEvent): Promise<void> {
    await this.#record({ ...event, session: session.id }, session.person);
    this.#sessions.end([session]);
  }

  #record(event: KeyEvent, person: string): Promise<void> {
    return recordKeyEvent(this.#ports.ledger, this.#ports.ruleBook().policyLeaf, event, person);
  }

  #refused(error: unknown): Departure {
    if (!(error instanceof SignInError)) throw error;
    const { code, reason } = error;
    this.#ports.log.warn('sign_in_failed', { code, reason });
    return { location: `/console/?sign-in=${code}`, cookies: [this.#cookie('begun', '', 0)] };
  }

  #question(settings: SignInSettings, begun: Begun): Readonly<Record<string, string>> {
    return {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: this.#redirectUri(),
      scope: settings.scopes.join(' '),
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: challengeOf(begun.verifier),
      code_challenge_method: 'S256',
    };
  }

  /** Without the ID token as a hint: it names the person, and is kept nowhere. */
  async #issuerExit(settings: SignInSettings): Promise<string | null> {
    const described = await this.#issuerOf(settings)
      .describe()
      .catch(() => undefined);
    if (described?.endSession === undefined) return null;
    const exit = new URL(described.endSession);
    exit.searchParams.set('client_id', settings.clientId);
    exit.searchParams.set('post_logout_redirect_uri', `${this.#ports.baseUrl()}/console/`);
    return exit.href;
  }

  #find(settings: SignInSettings, request: AskedBy, uses = true): Session | undefined {
    const secret = this.#secretOf(request);
    if (secret === undefined) return undefined;
    const session = this.#sessions.find(secret, idleMs(settings), uses);
    return session?.client === clientOf(settings) ? session : undefined;
  }

  #secretOf(request: AskedBy): string | undefined {
    const secret = readCookie(request.header('cookie'), 'session', this.#secure());
    return secret === undefined || secret === '' ? undefined : secret;
  }

  #cookie(use: CookieUse, value: string, lastsMs: number): string {
    const maxAgeSeconds = Math.floor(lastsMs / 1_000);
    return writeCookie(use, value, { secure: this.#secure(), maxAgeSeconds });
  }

  #secure(): boolean {
    return this.#ports.baseUrl().startsWith('https:');
  }

  #redirectUri(): string {
    return `${this.#ports.baseUrl()}/sign-in/callback`;
  }

  #issuerOf(settings: SignInSettings): Issuer {
    const of = JSON.stringify(settings);
    if (this.#issuer?.of === of) return this.#issuer.issuer;
    void this.#issuer?.issuer.close();
    const issuer = new Issuer(settings, this.#ports);
    this.#issuer = { of, issuer };
    return issuer;
  }

  #settings(): SignInSettings | undefined {
    return this.#ports.ruleBook().policy.document.signIn;
  }

  #required(): SignInSettings {
    const settings = this.#settings();
    if (settings === undefined) throw new GatewayError('not_found');
    return settings;
  }
}

/** What the issuer says on the way back, beside the code. @throws SignInError */
async function checkAnswer(
  issuer: Issuer,
  settings: SignInSettings,
  query: Readonly<Record<string, string>>,
): Promise<void> {
  const { iss, error, code } = query;
  const { namesItself } = await issuer.describe();
  // RFC 9207: a code of another issuer must not be taken to this one.
  if (iss === undefined ? namesItself : iss !== settings.issuer) {
    throw new SignInError('rejected', 'another issuer answered');
  }
  if (error !== undefined) {
    const word = /^[a-z_]{1,40}$/.test(error) ? error : 'no reason';
    throw new SignInError(error === 'access_denied' ? 'denied' : 'issuer', `it says: ${word}`);
  }
  if (code === undefined || code === '') throw new SignInError('rejected', 'there is no code');
}

function clientOf({ issuer, clientId }: SignInSettings): string {
  return hashOf(JSON.stringify([issuer, clientId]));
}

function idleMs({ idleMinutes }: SignInSettings): number {
  return idleMinutes * 60_000;
}
