/** The longest address that is read whole; a longer one carries something. */
export const longestAddress = 1_024;

const standIn = /\[[A-Z][A-Z0-9_]*_[0-9]{1,6}\]/;
const drawnInline = /^data:image\/(?:png|jpeg|gif|webp|avif)[;,]/i;

/**
 * How much of the caller's text an address may be carrying, 0 to 100.
 * @param of `picture`: it is fetched without anybody choosing it
 */
export function scoreAddress(
  address: string,
  of: { readonly picture: boolean; readonly hosts: readonly string[] },
): number {
  const { picture, hosts } = of;
  const trimmed = address.trimStart();
  if (/^(?:javascript|vbscript):/i.test(trimmed)) return 80;
  if (/^data:/i.test(trimmed)) return drawnInline.test(trimmed) ? 0 : 75;
  const url = /^(?:https?:)?[/\\]{2}([^/?#\s\\]{1,255})([^\s]*)/i.exec(trimmed);
  if (url === null) return /^[a-z]{2,10}:/i.test(trimmed) && standIn.test(trimmed) ? 95 : 0;
  const [, host = '', rest = ''] = url;
  if (isAllowed(host, hosts)) return 0;
  // A stand-in would be filled in with the caller's own data after this check.
  if (standIn.test(rest) || standIn.test(host)) return 95;
  if (address.length >= longestAddress) return 90;
  const query = rest.includes('?') ? rest.slice(rest.indexOf('?') + 1) : '';
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const payload = values.reduce((most, value) => (value.length > most.length ? value : most), '');
  if (/\$?\{\{?|<[a-z_]+>|%7B|\{[A-Za-z_]+\}/i.test(rest)) return picture ? 85 : 70;
  // A host in other letters may only look like one that is known.
  if (isDisguised(host) && payload.length >= 8) return picture ? 90 : 70;
  if (payload.length >= 24) return picture ? 90 : isEncoded(payload) ? 75 : 50;
  if (longSegment(rest) || longLabel(host)) return picture ? 80 : 60;
  return picture && payload.length >= 8 ? 55 : 0;
}

/** Only a plain host name, perhaps with a port: user info and other marks lead elsewhere. */
function isAllowed(host: string, hosts: readonly string[]): boolean {
  const [, name] = /^([a-z0-9.-]+)(?::[0-9]{1,5})?$/.exec(host.toLowerCase()) ?? [];
  if (name === undefined) return false;
  return hosts.some((allowed) => name === allowed || name.endsWith(`.${allowed}`));
}

/** Punycode (RFC 3492) or letters that need it. */
function isDisguised(host: string): boolean {
  return /(?:^|\.)xn--|[\u0080-\uffff]/i.test(host);
}

/** Base64 of some length, or an address; a search for a few words is neither. */
function isEncoded(payload: string): boolean {
  if (/@|%40/.test(payload)) return true;
  const dense = /^(?:[A-Za-z0-9_-]|%2[BF]|%3D){32,}={0,2}$/.test(payload);
  return dense && /[a-z]/.test(payload) && /[A-Z]/.test(payload) && /[0-9]/.test(payload);
}

function longSegment(path: string): boolean {
  return (path.split('?')[0] ?? '')
    .split('/')
    .some((part) => part.length >= 64 && !part.includes('.'));
}

function longLabel(host: string): boolean {
  return host.split('.').some((part) => part.length >= 40);
}
