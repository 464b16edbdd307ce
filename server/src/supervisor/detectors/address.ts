import { japaneseAddressAt, mayBeginAddress } from '../addresses/japan.ts';
import { mayBeginStreet, streetAddressAt } from '../addresses/southeast-asia.ts';
import { digitPlaces, hasDigits } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { Reader, nameText } from '../names/reader.ts';
import { spanOf } from '../number.ts';

const longest = 120;
/** Units from the beginning of an address to its first digit, at most. */
const ladderUnits = 72;
const kind = 'personal.address';
const name = detectorName({ id: 'address', version: 1 });

export const address: Detector = {
  id: 'address',
  version: 1,
  kinds: [{ kind, title: { en: 'Postal address', ja: '住所' } }],
  maxSpan: longest,
  contest: 'name',
  anchor: {
    present: (text, from) => hasDigits(text, from, 1),
    openFrom(text, from) {
      const reader = new Reader(text.once(nameText));
      const { length } = text.text;
      for (let at = Math.max(from, length - longest); at < length; at++) {
        reader.rewind();
        readAt(reader, at);
        if (reader.atEnd) return at;
      }
      return length;
    },
  },
  detect(text) {
    const findings: Finding[] = [];
    const digits = text.once(digitPlaces);
    const reader = new Reader(text.once(nameText));
    let next = 0;
    const last = digits.at(-1) ?? 0;
    for (let at = Math.max(0, (digits[0] ?? 0) - ladderUnits); at <= last; at++) {
      while ((digits[next] ?? at) < at) next++;
      const digit = digits[next] ?? at;
      if (digit - at > ladderUnits) {
        at = digit - ladderUnits - 1;
        continue;
      }
      const place = readAt(reader, at);
      if (place === undefined) continue;
      findings.push({ ...spanOf(text, place), kind, score: place.score, detector: name });
    }
    return findings;
  },
};

function readAt(reader: Reader, at: number): ReturnType<typeof japaneseAddressAt> {
  if (mayBeginAddress(reader.text, at)) return japaneseAddressAt(reader, at);
  return mayBeginStreet(reader.text, at) ? streetAddressAt(reader, at) : undefined;
}
