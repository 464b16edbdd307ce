import { type Clock, limits } from '#base';
import type { SignInSettings } from '#policy';
import type { ResolveName } from '#upstream';
import {
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  createLocalJWKSet,
  errors,
  jwtVerify,
} from 'jose';
import { SignInError } from './errors.ts';
import { IssuerConnection } from './issuer-connection.ts';

/**
 * Signatures that only the issuer can make. A MAC would be checked with a secret that we know, too,
 * and `none` with nothing at all.
 */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** What an issuer says of itself, as far as it is used here (OpenID Connect Discovery 1.0). */
export interface IssuerDescription {
  readonly authorization: URL;
  readonly token: URL;
  readonly keys: URL;
  readonly endSession: URL | undefined;
  /** Whether the secret goes into the body instead of the header. */
  readonly secretInBody: boolean;
  /** Whether every way back names the issuer (RFC 9207). */
  readonly namesItself: boolean;
}

export interface IssuerPorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly resolve?: ResolveName | undefined;
}

interface Kept<Value> {
  readonly value: Value;
  readonly sinceMs: number;
}

/** One issuer, as the rule book declares it: its description, its keys, its tokens. */
export class Issuer {
  readonly #settings: SignInSettings;
  readonly #ports: IssuerPorts;
  readonly #connection: IssuerConnection;
  #description: Kept<Promise<IssuerDescription>> | undefined;
  #keys: Kept<Promise<JWTVerifyGetKey>> | undefined;

  constructor(settings: SignInSettings, ports: IssuerPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#connection = new IssuerConnection({ ...settings, resolve: ports.resolve });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @throws SignInError `setup` when the secret that the rule book names is not there */
  requireSecret(): void {
    this.#secret();
  }

  /** @throws SignInError `issuer` */
  describe(): Promise<IssuerDescription> {
    this.#description = this.#keep(this.#description, () => this.#fetchDescription());
    return this.#description.value;
  }

  /**
   * Turns a code into an ID token, which is not verified yet.
   * @throws SignInError `issuer`, `setup`, or `rejected` when the code is not taken
   */
  async redeem(code: string, from: { verifier: string; redirectUri: string }): Promise<string> {
    const { token, secretInBody } = await this.describe();
    const { clientId } = this.#settings;
    const secret = this.#secret();
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: from.redirectUri,
      code_verifier: from.verifier,
    });
    if (secret === undefined || secretInBody) form.set('client_id', clientId);
    if (secret !== undefined && secretInBody) form.set('client_secret', secret);
    const { status, value } = await this.#connection.askJson(token, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(secret === undefined || secretInBody ? {} : basic(clientId, secret)),
      },
      body: form.toString(),
    });
    // The issuer's word, where it is one of RFC 6749, section 5.2; nothing else of its answer.
    if (status !== 200) {
      const said = String(value['error']);
      const word = /^[a-z_]{1,40}$/.test(said) ? said : 'no reason';
      throw new SignInError('rejected', `the issuer refuses the code: ${word}`);
    }
    const idToken = value['id_token'];
    if (typeof idToken !== 'string') throw new SignInError('issuer', 'there is no ID token');
    return idToken;
  }

  /**
   * OpenID Connect Core 1.0, section 3.1.3.7: signature, issuer, audience, time and nonce.
   * @throws SignInError `rejected`, `clock` or `issuer`
   */
  async verify(idToken: string, nonce: string): Promise<JWTPayload> {
    const { clientId } = this.#settings;
    const payload = await this.#verify(idToken, {
      maxTokenAge: limits.idTokenSeconds,
      requiredClaims: ['sub', 'iat', 'exp', 'nonce'],
    });
    if (payload['nonce'] !== nonce) throw new SignInError('rejected', 'claim nonce');
    const { aud, azp } = payload;
    const shared = Array.isArray(aud) && aud.length > 1;
    if ((shared || azp !== undefined) && azp !== clientId) {
      throw new SignInError('rejected', 'claim azp');
    }
    return payload;
  }

  /** OpenID Connect Back-Channel Logout 1.0, section 2.6. @throws SignInError `rejected` */
  async verifyLogout(logoutToken: string): Promise<JWTPayload> {
    const payload = await this.#verify(logoutToken, {
      maxTokenAge: limits.idTokenSeconds,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
    });
    const { events, nonce, sub, sid } = payload;
    const isLogout =
      typeof events === 'object' && events !== null && Object.hasOwn(events, logoutEvent);
    // A nonce is what an ID token has: none may be taken for an order to end sessions.
    if (!isLogout || nonce !== undefined || (sub === undefined && sid === undefined)) {
      throw new SignInError('rejected', 'no logout token');
    }
    return payload;
  }

  async #verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    if (token.length > limits.issuerAnswerBytes) throw new SignInError('rejected', 'too large');
    const nowMs = this.#ports.clock.nowMs();
    try {
      const { payload } = await jwtVerify(token, (header, of) => this.#keyOf(header, of), {
        issuer: this.#settings.issuer,
        audience: this.#settings.clientId,
        algorithms,
        clockTolerance: limits.clockSkewSeconds,
        currentDate: new Date(nowMs),
        ...options,
      });
      return payload;
    } catch (cause) {
      throw cause instanceof SignInError ? cause : refusalOf(cause);
    }
  }

  /** A key that is not known may be a new one: the issuer is asked again, but not at each try. */
  async #keyOf(
    ...asked: Parameters<JWTVerifyGetKey>
  ): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    this.#keys = this.#keep(this.#keys, () => this.#fetchKeys());
    const find = await this.#keys.value;
    try {
      return await find(...asked);
    } catch (error) {
      const unknown = error instanceof errors.JWKSNoMatchingKey;
      const ageMs = this.#ports.clock.monotonicMs() - this.#keys.sinceMs;
      if (!unknown || ageMs < limits.issuerRefreshMs) throw error;
      this.#keys = this.#keep(undefined, () => this.#fetchKeys());
      return (await this.#keys.value)(...asked);
    }
  }

  async #fetchDescription(): Promise<IssuerDescription> {
    const { issuer } = this.#settings;
    const place = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const connection = this.#connection;
    const { status, value } = await connection.askJson(place, { method: 'GET' });
    if (status !== 200) throw new SignInError('issuer', `discovery: status ${status}`);
    // Exactly the same, or one issuer could speak for another.
    if (value['issuer'] !== issuer) throw new SignInError('issuer', 'discovery: another issuer');
    const methods = value['token_endpoint_auth_methods_supported'];
    const endSession = value['end_session_endpoint'];
    return {
      authorization: connection.permitted(value['authorization_endpoint']),
      token: connection.permitted(value['token_endpoint']),
      keys: connection.permitted(value['jwks_uri']),
      endSession: endSession === undefined ? undefined : connection.permitted(endSession),
      secretInBody:
        Array.isArray(methods) &&
        !methods.includes('client_secret_basic') &&
        methods.includes('client_secret_post'),
      namesItself: value['authorization_response_iss_parameter_supported'] === true,
    };
  }

  async #fetchKeys(): Promise<JWTVerifyGetKey> {
    const { keys: place } = await this.describe();
    const { status, value } = await this.#connection.askJson(place, { method: 'GET' });
    const { keys } = value;
    if (status !== 200 || !Array.isArray(keys) || keys.length > limits.issuerKeys) {
      throw new SignInError('issuer', 'the keys of the issuer cannot be used');
    }
    try {
      return createLocalJWKSet(value as unknown as JSONWebKeySet);
    } catch (cause) {
      throw new SignInError('issuer', 'the keys of the issuer cannot be used', cause);
    }
  }

  /** One fetch serves all who wait for it; one that failed is tried again by the next. */
  #keep<Value>(
    kept: Kept<Promise<Value>> | undefined,
    fetchIt: () => Promise<Value>,
  ): Kept<Promise<Value>> {
    const nowMs = this.#ports.clock.monotonicMs();
    if (kept !== undefined && nowMs - kept.sinceMs < limits.issuerCacheMs) return kept;
    const fresh = { value: fetchIt(), sinceMs: nowMs };
    fresh.value.catch(() => {
      if (this.#description?.value === (fresh.value as unknown)) this.#description = undefined;
      if (this.#keys?.value === (fresh.value as unknown)) this.#keys = undefined;
    });
    return fresh;
  }

  #secret(): string | undefined {
    const { clientSecretEnv } = this.#settings;
    if (clientSecretEnv === undefined) return undefined;
    const secret = this.#ports.environment[clientSecretEnv]?.trim() ?? '';
    if (secret === '') throw new SignInError('setup', `the variable ${clientSecretEnv} is not set`);
    return secret;
  }
}

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function basic(clientId: string, secret: string): { readonly authorization: string } {
  const encode = (text: string): string => new URLSearchParams({ t: text }).toString().slice(2);
  const joined = Buffer.from(`${encode(clientId)}:${encode(secret)}`, 'utf8').toString('base64');
  return { authorization: `Basic ${joined}` };
}

/** What the library refused, by the claim or the rule it names; a value is never repeated. */
function refusalOf(cause: unknown): SignInError {
  if (cause instanceof errors.JWTExpired) return new SignInError('clock', 'claim exp', cause);
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = cause;
    const isTime = (claim === 'iat' || claim === 'nbf') && reason === 'check_failed';
    return new SignInError(isTime ? 'clock' : 'rejected', `claim ${claim}`, cause);
  }
  const code = cause instanceof errors.JOSEError ? cause.code : 'unreadable';
  return new SignInError('rejected', `ID token: ${code}`, cause);
}
