import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readErrorCode, readListing } from '../../src/base/s3-listing.ts';
import { parseXml } from '../../src/base/xml.ts';

const list = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;
const contents = (key: string, size = '7'): string =>
  `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;

describe('the XML of a store', () => {
  it('is read with its white space, attributes, empty elements and entities', () => {
    const text = `\uFEFF<?xml version="1.0"?>\n<a x="1" y='2'>\n <b>1 &lt; 2 &#x26; &#51;</b><c/><d z="/"></d>\n</a>\n`;
    expect(parseXml(text)?.children).toEqual([
      { name: 'b', children: [], text: '1 < 2 & 3' },
      { name: 'c', children: [], text: '' },
      { name: 'd', children: [], text: '' },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['text alone', 'hello'],
    ['an element that does not end', '<a><b></b>'],
    ['ends that cross', '<a><b></a></b>'],
    ['an end too many', '<a></a></a>'],
    ['two roots', '<a/><b/>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an entity nobody declared', '<a>&x;</a>'],
    ['a bare ampersand', '<a>1 & 2</a>'],
    ['a character that is none', '<a>&#xD800;</a>'],
    ['CDATA', '<a><![CDATA[x]]></a>'],
    ['a comment', '<a><!-- x --></a>'],
    ['a processing instruction', '<a><?x y?></a>'],
    ['mixed content', '<a>x<b/></a>'],
    ['nesting without end', '<a>'.repeat(9) + '</a>'.repeat(9)],
    ['more elements than a page has', `<a>${'<b/>'.repeat(20_001)}</a>`],
  ])('is refused when it is %s', (_name, text) => {
    expect(parseXml(text)).toBeUndefined();
  });

  it('never makes the reader fail, whatever it is', () => {
    const piece = fc.constantFrom('<a>', '</a>', '<', '>', '&amp;', '&', '<b/>', '"', ' x="', '?');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        parseXml(pieces.join(''));
      }),
    );
  });
});

describe('a list of objects', () => {
  it('gives keys, lengths and what asks for the rest', () => {
    const whole = list(`<IsTruncated>false</IsTruncated>${contents('p/a')}${contents('p/b', '0')}`);
    expect(readListing(whole, 'p/')).toEqual({
      objects: [
        { key: 'p/a', bytes: 7 },
        { key: 'p/b', bytes: 0 },
      ],
      next: undefined,
    });
    const part = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
    expect(readListing(list(part), 'p/')).toEqual({ objects: [], next: 't' });
  });

  it.each([
    ['is another document', '<Error><Code>x</Code></Error>'],
    ['does not say whether it is whole', list(contents('p/a'))],
    ['has more and does not say where', list('<IsTruncated>true</IsTruncated>')],
    ['holds what was not asked for', list(`<IsTruncated>false</IsTruncated>${contents('q/a')}`)],
    ['gives no length', list(`<IsTruncated>false</IsTruncated>${contents('p/a', '-1')}`)],
    ['gives two keys', list(`<IsTruncated>false</IsTruncated>${contents('p/a</Key><Key>p/b')}`)],
  ])('is refused when it %s', (_name, text) => {
    expect(readListing(text, 'p/')).toBeUndefined();
  });
});

describe('an error of a store', () => {
  it('gives its code and nothing else', () => {
    const code = (text: string): string => readErrorCode(Buffer.from(text));
    expect(code('<Error><Code>SlowDown</Code><Message>AK1</Message></Error>')).toBe('SlowDown');
    expect(code('<Error><Code>not a code: AK1</Code></Error>')).toBe('');
    expect(code('<html><body>502</body></html>')).toBe('');
    expect(code(`<Error><Code>A</Code><Message>${'x'.repeat(70_000)}</Message></Error>`)).toBe('');
  });
});
