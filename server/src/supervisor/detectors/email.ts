import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { spanOf } from '../number.ts';

const maxLocal = 64;
const maxDomain = 190;
const name = detectorName({ id: 'email', version: 1 });

/** Addresses of a desk, not of a person. */
const roles = new Set(
  (
    'info contact support help helpdesk admin administrator webmaster postmaster hostmaster noreply ' +
    'no-reply donotreply sales office service soumu jinji keiri kouhou madoguchi toiawase soudan ' +
    'press pr recruit careers hr billing accounts abuse security privacy legal marketing newsletter ' +
    'mail example test user username your-email yourname name'
  ).split(' '),
);

function isLocal(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return isHost(text, at) || code === 95 || code === 43 || code === 37 || code === 39;
}

function isHost(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 45 ||
    code === 46
  );
}

function localStart(text: string, at: number, from = 0): number {
  let start = at;
  while (start > from && at - start < maxLocal && isLocal(text, start - 1)) start--;
  return start;
}

const atSignAnchor: Anchor = {
  present: (text, from) => text.text.indexOf('@', from) >= 0,
  openFrom: ({ text }, from) => {
    const open = localStart(text, text.length, from);
    const sign = text.lastIndexOf('@');
    if (sign < from || text.length - sign > maxDomain + 1) return open;
    let end = sign + 1;
    while (isHost(text, end)) end++;
    return end < text.length ? open : Math.min(open, localStart(text, sign, from));
  },
};

export const email: Detector = {
  id: 'email',
  version: 1,
  kinds: [
    { kind: 'personal.email', title: { en: 'E-mail address', ja: 'メールアドレス' } },
    {
      kind: 'organisation.email',
      title: { en: 'E-mail address of a desk or role', ja: '窓口・役割のメールアドレス' },
    },
  ],
  maxSpan: maxLocal + 1 + maxDomain + 1,
  anchor: atSignAnchor,
  detect(text) {
    const findings: Finding[] = [];
    let sign = text.text.indexOf('@');
    for (; sign >= 0; sign = text.text.indexOf('@', sign + 1)) {
      const place = addressAt(text.text, sign);
      if (place === undefined) continue;
      const local = text.lower.slice(place.start, sign);
      const kind = roles.has(local) ? 'organisation.email' : 'personal.email';
      findings.push({ ...spanOf(text, place), kind, score: 95, detector: name });
    }
    return findings;
  },
};

/** The address around an @, by the part of RFC 5321 that people use: atoms, dots, a domain name. */
function addressAt(text: string, sign: number): { start: number; end: number } | undefined {
  let start = localStart(text, sign);
  while (start < sign && ".-'%+".includes(text[start] ?? '')) start++;
  let end = sign + 1;
  while (end - sign <= maxDomain && isHost(text, end)) end++;
  while (end > sign + 1 && '.-'.includes(text[end - 1] ?? '')) end--;
  const labels = text.slice(sign + 1, end).split('.');
  // The last label is letters; what follows it glued on (a file name, say) would be no address.
  while (labels.length > 1 && !/^[A-Za-z]{2,24}$/.test(labels.at(-1) ?? '')) {
    end -= (labels.pop()?.length ?? 0) + 1;
  }
  const sound = labels.every(
    (label) => label !== '' && label.length <= 63 && !label.startsWith('-'),
  );
  if (start === sign || labels.length < 2 || !sound) return undefined;
  return { start, end };
}
