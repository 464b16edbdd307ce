import { readPricePack } from '#pack';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { describe, expect, test } from 'vitest';
import { PriceList } from '../../src/gateway/price-list.ts';

const upstream = (id: string, model: string, baseUrl: string): string => `
  - id: ${id}
    dialect: openai-compatible
    baseUrl: ${baseUrl}
    model: ${model}
    operator: Somebody
    jurisdiction: US
    residency: US`;

const book = (accounting: string): ReturnType<typeof parsePolicy> =>
  parsePolicy(
    `${defaultPolicyYaml().replace(
      '\nupstreams:\n',
      `\nupstreams:${upstream('cloud', 'claude-opus-4-5', 'https://api.anthropic.com/v1')}${upstream('city', 'city-13b', 'http://127.0.0.1:8000/v1')}\n`,
    )}\naccounting:\n${accounting}`,
  );

const tokens = { inputTokens: 1_000, outputTokens: 500 };

describe('what an exchange costs', () => {
  test('is what the price of that day says, in whole millionths, rounded up', () => {
    const list = new PriceList(
      book(`  currency: JPY
  prices:
    - upstream: city
      currency: JPY
      inputPerMillion: 100
      outputPerMillion: 300
      validFrom: 2026-04-01
      source: contract
    - upstream: city
      currency: JPY
      inputPerMillion: 200.5
      outputPerMillion: 300
      validFrom: 2026-10-01
      source: contract
`),
      readPricePack(),
    );
    expect(list.cost('city', '2026-03-31', tokens)).toBeUndefined();
    expect(list.cost('city', '2026-09-30', tokens)?.micros).toBe(250_000);
    expect(list.cost('city', '2026-10-01', tokens)?.micros).toBe(350_500);
    expect(list.cost('city', '2026-10-01', { inputTokens: 1, outputTokens: 0 })?.micros).toBe(201);
    expect(list.cost('city', '2026-10-01', tokens)?.price).toBe('JPY 200.5/300 2026-10-01');
  });

  test('is nothing on this machine, and unknown where nobody said', () => {
    const list = new PriceList(book('  currency: JPY\n'), readPricePack());
    expect(list.cost('embedded', '2026-01-01', tokens)?.micros).toBe(0);
    expect(list.cost('city', '2026-01-01', tokens)).toBeUndefined();
    // The price is known, and not what a dollar is worth here.
    expect(list.cost('cloud', '2026-12-01', tokens)).toBeUndefined();
  });

  test('is converted with the declared rate of that day', () => {
    const list = new PriceList(
      book(`  currency: JPY
  rates:
    - { currency: USD, worth: 150.25, validFrom: 2026-11-01, source: bank }
`),
      readPricePack(),
    );
    // 1,000 x 5 + 500 x 25 = 17,500 millionths of a dollar.
    expect(list.cost('cloud', '2026-12-01', tokens)?.micros).toBe(17_500 * 150.25);
    expect(list.cost('cloud', '2026-10-31', tokens)).toBeUndefined();
  });

  test('is refused as a rule when the price names no upstream of the rule book', () => {
    expect(() =>
      book(
        '  prices:\n    - { upstream: gone, currency: JPY, inputPerMillion: 1, outputPerMillion: 1, validFrom: 2026-04-01, source: x }\n',
      ),
    ).toThrow('accounting.prices.0.upstream: there is no upstream "gone"');
    expect(() => book('  timeZone: Mars/Olympus\n')).toThrow('accounting.timeZone');
  });
});

describe('the price pack', () => {
  test('says for each price where and when it was read', () => {
    const pack = readPricePack();
    expect(pack.prices.length).toBeGreaterThan(0);
    for (const { source, validFrom } of pack.prices) {
      expect(new URL(source).protocol).toBe('https:');
      // Since when it held is not on the page: it is not used for days before it was read.
      expect(validFrom >= pack.readOn).toBe(true);
    }
  });
});
