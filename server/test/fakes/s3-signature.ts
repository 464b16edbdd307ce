import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Secret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Checks a signature as a store does, from the request line and the headers as they came over the
 * wire. It shares nothing with the signer, so the two agree only if both follow the specification.
 * @returns S3's code for what is wrong; undefined when the request is signed
 */
export function signatureFault(
  request: IncomingMessage,
  body: Buffer,
  { region, secret, nowMs }: { region: string; secret: Secret; nowMs: number },
): string | undefined {
  const { authorization = '' } = request.headers;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/, ]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null) return 'AccessDenied';
  const [, id, date, signedRegion, signedNames, signature] = match;
  if (id !== secret.accessKeyId) return 'InvalidAccessKeyId';
  if (signedRegion !== region) return 'AuthorizationHeaderMalformed';
  if (request.headers['x-amz-security-token'] !== secret.sessionToken) return 'InvalidToken';
  const stamp = String(request.headers['x-amz-date']);
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (parts === null || !stamp.startsWith(date)) return 'AccessDenied';
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const sentMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Math.abs(sentMs - nowMs) > 15 * 60_000) return 'RequestTimeTooSkewed';
  const payload = createHash('sha256').update(body).digest('hex');
  if (request.headers['x-amz-content-sha256'] !== payload) return 'XAmzContentSHA256Mismatch';

  const names = signedNames.split(';');
  const mustBeSigned = Object.keys(request.headers).filter(
    (name) => name === 'host' || name.startsWith('x-amz-'),
  );
  if (!mustBeSigned.every((name) => names.includes(name))) return 'AccessDenied';
  const [path, query = ''] = (request.url ?? '').split('?');
  let canonical = `${request.method}\n${path}\n${query.split('&').toSorted().join('&')}\n`;
  for (const name of names) canonical += `${name}:${String(request.headers[name]).trim()}\n`;
  canonical += `\n${signedNames}\n${payload}`;
  const scope = `${date}/${region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  let key: Buffer = Buffer.from(`AWS4${secret.secretAccessKey}`);
  for (const part of [
    date,
    region,
    's3',
    'aws4_request',
    `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${digest}`,
  ]) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return key.toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
