import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { addressKind } from '#base';
import { GatewayError } from './errors.ts';

/**
 * A picture of a request. What it shows cannot be inspected here, so the rule book says which data
 * classes may send one, and the record says that it was there: its hash and size, never its bytes.
 */
export interface Image {
  /** Where its text stands in the request: a data URL, an address, or base64. */
  readonly path: string;
  readonly kind: 'inline' | 'address';
  readonly mediaType: string | undefined;
  readonly bytes: number | undefined;
  /** Of the picture's bytes, lower-case hex. */
  readonly sha256: string | undefined;
}

/** How each kind of picture begins; what does not is something else under its name. */
const beginnings: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'image/png': (bytes) => bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  'image/jpeg': (bytes) => bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex')),
  'image/gif': (bytes) => /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)),
  'image/webp': (bytes) =>
    bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
};

/**
 * @param url a data URL or an address, as the OpenAI dialects have it
 * @throws GatewayError `invalid_value`
 */
export function imageOfUrl(url: string, path: string): Image {
  const data = /^data:([a-z]+\/[a-z]+);base64,/i.exec(url);
  if (data !== null) {
    return imageOfBase64(url.slice(data[0].length), data[1]!.toLowerCase(), path);
  }
  refuseInnerAddress(url, path);
  return { path, kind: 'address', mediaType: undefined, bytes: undefined, sha256: undefined };
}

/** @throws GatewayError `invalid_value` */
export function imageOfBase64(data: string, mediaType: string, path: string): Image {
  const begins = Object.hasOwn(beginnings, mediaType) ? beginnings[mediaType] : undefined;
  if (begins === undefined) throw wrong(path, 'Send a PNG, JPEG, GIF or WebP picture.');
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw wrong(path, 'The picture is not base64.');
  }
  const bytes = Buffer.from(data, 'base64');
  if (!begins(bytes)) throw wrong(path, `The picture does not begin as ${mediaType} does.`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, kind: 'inline', mediaType, bytes: bytes.length, sha256 };
}

/** What an upstream would fetch for a stranger must not be something only it can reach. */
function refuseInnerAddress(text: string, path: string): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(path, 'It is neither an address nor a data URL.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw wrong(path, 'The address must begin with https:// or http://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong(path, 'The address must not hold a name or a password.');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const inner =
    isIP(host) === 0
      ? !host.includes('.') || /\.(localhost|local|internal|intranet|lan|home|arpa)$/i.test(host)
      : addressKind(host) !== 'public';
  if (inner) throw wrong(path, 'The address is inside a network.');
}

function wrong(param: string, detail: string): GatewayError {
  return new GatewayError('invalid_value', { param, detail });
}
