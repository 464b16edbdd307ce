import { createHash, createHmac } from 'node:crypto';

/** Who asks. None of it may reach an error or a log; the signature is all that leaves. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary credentials. */
  readonly sessionToken?: string;
}

export interface RequestToSign {
  readonly method: string;
  /** As in the Host header: with the port unless it is the scheme's own. */
  readonly host: string;
  /** Exactly as it goes over the wire (`encodeAwsPath`), without `.`, `..` and empty segments. */
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Every header given is signed; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the body, lower-case hex. */
  readonly payloadSha256: string;
}

export interface SigningScope {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** `s3`, `bedrock` and so on. */
  readonly service: string;
}

export const emptySha256: string = sha256('');

/**
 * AWS Signature Version 4 in the Authorization header, with the hash of the whole payload: what S3
 * and every store that speaks its protocol ask for, and Bedrock.
 * @param nowMs milliseconds since 1970; services refuse a clock that is wrong by a quarter hour
 * @returns every header to send, the given ones included
 * Source: AWS, "Create a signed AWS API request" (IAM User Guide).
 */
export function signAwsRequest(
  request: RequestToSign,
  { credentials, region, service }: SigningScope,
  nowMs: number,
): Record<string, string> {
  const time = `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const { sessionToken } = credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    request.method,
    // Everyone but S3 wants the path as sent to be encoded once more.
    service === 's3' ? request.path : encodeAwsPath(request.path),
    canonicalQuery(request.query ?? []),
    ...names.map((name) => `${name}:${headers[name]?.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    request.payloadSha256,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (from, part) => hmac(from, part),
      `AWS4${credentials.secretAccessKey}`,
    );
  const signature = hmac(key, toSign).toString('hex');
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, ` +
      `Signature=${signature}`,
  };
}

/** Percent-encodes the segments of a path once, as every byte but A-Z a-z 0-9 - . _ ~ must be. */
export function encodeAwsPath(path: string): string {
  return path.split('/').map(encode).join('/');
}

/** The query string, in the one order and encoding that the signature is over. */
export function canonicalQuery(query: readonly (readonly [string, string])[]): string {
  return query
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** By code unit, which is by byte in what is already encoded. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
