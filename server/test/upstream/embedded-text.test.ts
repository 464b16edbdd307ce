import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopFilter, TokenDecoder } from '../../src/upstream/embedded-text.ts';

/** A vocabulary of bytes: the hardest one, since every character is in pieces. */
function decoder(): TokenDecoder<number> {
  return new TokenDecoder((tokens) => Buffer.from(tokens).toString('utf8'));
}

describe('tokens become text', () => {
  it('without ever showing half a character, for any text', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        const tokens = Buffer.from(text);
        const whole = tokens.toString('utf8');
        const made = decoder();
        const pieces = [...tokens].map((token) => made.push(token));
        pieces.push(made.end());
        expect(pieces.join('')).toBe(whole);
        for (const piece of pieces) {
          if (!whole.includes('\uFFFD')) expect(piece).not.toContain('\uFFFD');
        }
      }),
    );
  });

  it('as soon as a character is complete', () => {
    const made = decoder();
    expect([...Buffer.from('あb')].map((token) => made.push(token))).toEqual(['', '', 'あ', 'b']);
  });

  it('dropping a character that the length limit cut', () => {
    const made = decoder();
    const pieces = [...Buffer.from('京都').subarray(0, 4)].map((token) => made.push(token));
    expect(pieces.join('') + made.end()).toBe('京');
  });

  it('without holding back for ever what is no character', () => {
    const made = decoder();
    const pieces = Array.from({ length: 100 }, () => made.push(0x80));
    expect(pieces.join('').length).toBeGreaterThan(80);
  });
});

function through(filter: StopFilter, pieces: readonly string[]): string {
  let text = '';
  for (const piece of pieces) text += filter.push(piece);
  return text + filter.end();
}

describe('a stop sequence', () => {
  it('ends the text even when it arrives in pieces', () => {
    const filter = new StopFilter(['END']);
    expect(through(filter, ['one E', 'N', 'D two'])).toBe('one ');
    expect(filter.stopped).toBe(true);
  });

  it('that only begins is passed on in the end', () => {
    expect(through(new StopFilter(['END']), ['one EN'])).toBe('one EN');
  });

  it('cuts any text, in any pieces, where the first one begins', () => {
    const letters = string({ unit: constantFrom('a', 'b', 'c'), maxLength: 12 });
    assert(
      property(array(letters), array(letters, { maxLength: 4 }), (pieces, stop) => {
        const whole = pieces.join('');
        const ends = stop.filter((s) => s !== '').map((s) => whole.indexOf(s));
        const first = Math.min(...ends.filter((at) => at >= 0), whole.length);
        expect(through(new StopFilter(stop), pieces)).toBe(whole.slice(0, first));
      }),
    );
  });
});
