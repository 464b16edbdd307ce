const name = Buffer.from('"model"', 'utf8');
const escape = Buffer.from(String.raw`\u`, 'utf8');
const usage = Buffer.from(',"stream_options":{"include_usage":true}}', 'utf8');

const colon = 0x3a;
const closing = 0x7d;

/**
 * The bytes of a request with another model in them, where it can be told from the bytes which
 * ones to change. Writing a long request anew costs more than reading it.
 * @param bytes an object in JSON in which no name stands twice
 * @param change `from` is the value of its member `model`; `usage` adds `stream_options`, which it
 * must not have
 * @returns undefined where the request has to be written anew
 */
export function splicedBody(
  bytes: Uint8Array,
  change: { readonly from: string; readonly to: string; readonly usage: boolean },
): Uint8Array | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = all.indexOf(name);
  // Inside a string its quotes would be escaped, so this is a whole string. With no other like it,
  // and no letter written as an escape, it is the name of the member.
  if (at === -1 || all.includes(name, at + 1) || all.includes(escape)) return undefined;
  const mark = pastSpace(all, at + name.length);
  if (all[mark] !== colon) return undefined;
  const start = pastSpace(all, mark + 1);
  const old = Buffer.from(JSON.stringify(change.from), 'utf8');
  if (!all.subarray(start, start + old.length).equals(old)) return undefined;
  const end = change.usage ? all.lastIndexOf(closing) : all.length;
  const pieces = [
    all.subarray(0, start),
    Buffer.from(JSON.stringify(change.to), 'utf8'),
    all.subarray(start + old.length, end),
  ];
  if (change.usage) pieces.push(usage);
  return Buffer.concat(pieces);
}

function pastSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}
