import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose';

export type Claims = Record<string, unknown>;

/** How the next ID token is to be made wrong, or a whole answer of the issuer. */
export interface Mischief {
  /** Changes what the token says, after everything has been put in. */
  claims?: (claims: Claims) => Claims;
  /** Makes the token itself. */
  sign?: (claims: Claims) => Promise<string>;
  discovery?: (document: Claims) => string;
  answer?: (path: string, response: ServerResponse) => boolean;
}

/**
 * A small OpenID provider: discovery, keys, codes with PKCE, ID tokens, sign-out. Whoever comes is
 * the person that the test has put there.
 */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Claims of whoever signs in next. */
  person: Claims;
  mischief: Mischief;
  /** Shows a page to click on, as a person would see one, instead of going on at once. */
  asks: boolean;
  alg: 'RS256' | 'ES256';
  nowMs: () => number;
  readonly seen: { path: string; body: string; authorization: string | undefined }[];
  /** New keys; the old ones are gone at once. */
  rotate(): Promise<void>;
  publicJwk(): Promise<JWK>;
  logoutToken(claims: Claims): Promise<string>;
  close(): Promise<void>;
}

interface Code {
  readonly query: URLSearchParams;
  readonly person: Claims;
}

/** @param host by which it is known; to a browser, `localhost` is another site than 127.0.0.1 */
export async function startOidcProvider(host = '127.0.0.1'): Promise<OidcProvider> {
  const codes = new Map<string, Code>();
  const keys = { current: await newKeys() };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}/realms/city`;
  const provider: OidcProvider = {
    issuer,
    clientId: 'sekisho-console',
    clientSecret: 'a client secret: with+signs',
    person: { sub: 'u-1', name: 'Aiko Mori', groups: ['staff'] },
    mischief: {},
    asks: false,
    alg: 'RS256',
    nowMs: () => Date.now(),
    seen: [],
    rotate: async () => {
      keys.current = await newKeys();
    },
    publicJwk: () => exportJWK(keys.current[provider.alg].publicKey),
    logoutToken: (claims) =>
      sign({
        iss: issuer,
        aud: provider.clientId,
        iat: seconds(),
        exp: seconds() + 60,
        jti: randomBytes(8).toString('hex'),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...claims,
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const seconds = (): number => Math.floor(provider.nowMs() / 1_000);
  const sign = (claims: Claims): Promise<string> => {
    const { alg } = provider;
    const pair = keys.current[alg];
    return new SignJWT(claims).setProtectedHeader({ alg, kid: pair.kid }).sign(pair.privateKey);
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer);
    const path = url.pathname.replace('/realms/city', '');
    const body = await textOf(request);
    const { authorization } = request.headers;
    provider.seen.push({ path, body, authorization });
    if (provider.mischief.answer?.(path, response) === true) return;
    if (path === '/.well-known/openid-configuration') return discovery(response);
    if (path === '/keys') return json(response, 200, { keys: await jwks() });
    if (path === '/authorize') return authorize(response, url);
    if (path === '/token') return token(response, new URLSearchParams(body), authorization);
    if (path === '/logout') {
      const location = url.searchParams.get('post_logout_redirect_uri') ?? '/';
      response.writeHead(302, { location }).end();
      return;
    }
    json(response, 404, {});
  }

  function discovery(response: ServerResponse): void {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      end_session_endpoint: `${issuer}/logout`,
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    };
    const text = provider.mischief.discovery?.(document) ?? JSON.stringify(document);
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  }

  async function jwks(): Promise<readonly JWK[]> {
    return Promise.all(
      (['RS256', 'ES256'] as const).map(async (alg) => {
        const { publicKey, kid } = keys.current[alg];
        return { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' };
      }),
    );
  }

  function authorize(response: ServerResponse, url: URL): void {
    const code = randomBytes(16).toString('hex');
    codes.set(code, { query: url.searchParams, person: provider.person });
    const back = new URL(url.searchParams.get('redirect_uri') ?? issuer);
    back.searchParams.set('code', code);
    back.searchParams.set('state', url.searchParams.get('state') ?? '');
    back.searchParams.set('iss', issuer);
    if (!provider.asks) {
      response.writeHead(302, { location: back.href }).end();
      return;
    }
    const href = back.href.replaceAll('&', '&amp;');
    const page = `<!doctype html><title>City login</title><link rel="icon" href="data:,"><a href="${href}">Go on</a>`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(page);
  }

  async function token(
    response: ServerResponse,
    form: URLSearchParams,
    authorization: string | undefined,
  ): Promise<void> {
    const refuse = (error: string): void => json(response, 400, { error });
    const text = Buffer.from((authorization ?? '').slice('Basic '.length), 'base64').toString();
    const [id, secret] = text.split(':').map((part) => new URLSearchParams(`t=${part}`).get('t'));
    if (id !== provider.clientId || secret !== provider.clientSecret) {
      return refuse('invalid_client');
    }
    const known = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (
      known === undefined ||
      known.query.get('code_challenge_method') !== 'S256' ||
      known.query.get('code_challenge') !== challenge ||
      known.query.get('redirect_uri') !== form.get('redirect_uri')
    ) {
      return refuse('invalid_grant');
    }
    const now = seconds();
    const usual = {
      iss: issuer,
      aud: provider.clientId,
      iat: now,
      exp: now + 300,
      nonce: known.query.get('nonce'),
      ...known.person,
    };
    const { mischief } = provider;
    const claims = mischief.claims?.(usual) ?? usual;
    const idToken = await (mischief.sign ?? sign)(claims);
    json(response, 200, { access_token: 'opaque', token_type: 'Bearer', id_token: idToken });
  }

  return provider;
}

interface Pair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  readonly kid: string;
}

async function newKeys(): Promise<Readonly<Record<'RS256' | 'ES256', Pair>>> {
  const make = async (alg: string): Promise<Pair> => {
    const pair = await generateKeyPair(alg, { extractable: true });
    return { ...pair, kid: randomBytes(6).toString('hex') };
  };
  return { RS256: await make('RS256'), ES256: await make('ES256') };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
