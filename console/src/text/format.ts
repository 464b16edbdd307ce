import type { Language } from './language.ts';

/** Numbers and times as the reader's language writes them. */
export interface Format {
  readonly number: (value: number) => string;
  /** @param seconds Unix seconds */
  dateTime(seconds: number): string;
  /** Date and time to the minute. @param seconds Unix seconds */
  minute(seconds: number): string;
  /** Date and time in little room. @param seconds Unix seconds */
  shortTime(seconds: number): string;
  /** @param milliseconds a time taken */
  duration(milliseconds: number): string;
  /** @param currency ISO 4217 */
  money(value: number, currency: string): string;
  /** @param month such as 2026-11 */
  month(month: string): string;
  /** @param day such as 2026-11-24 */
  day(day: string): string;
  list(items: readonly string[]): string;
  /** An ISO 3166-1 country code in words. */
  country(code: string): string;
}

export function createFormat(language: Language): Format {
  const number = new Intl.NumberFormat(language);
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'medium' });
  const minute = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const shortTime = new Intl.DateTimeFormat(language, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const milliseconds = unit(language, 'millisecond', 0);
  const seconds = unit(language, 'second', 1);
  const list = new Intl.ListFormat(language, { type: 'unit', style: 'short' });
  const months = new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long' });
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  const countries = new Intl.DisplayNames(language, { type: 'region' });
  return {
    number: (value) => number.format(value),
    dateTime: (value) => dateTime.format(value * 1000),
    minute: (value) => minute.format(value * 1000),
    shortTime: (value) => shortTime.format(value * 1000),
    duration: (value) => (value < 1000 ? milliseconds.format(value) : seconds.format(value / 1000)),
    money: (value, currency) => {
      // A code comes from the operator's file; one that is no currency is shown as it is.
      if (!/^[A-Z]{3}$/.test(currency)) return `${number.format(value)} ${currency}`;
      const style = { style: 'currency', currency, maximumFractionDigits: 4 } as const;
      return new Intl.NumberFormat(language, style).format(value);
    },
    month: (month) => months.format(new Date(`${month}-15T12:00:00Z`)),
    day: (day) => {
      const date = new Date(`${day}T12:00:00Z`);
      return Number.isNaN(date.getTime()) ? day : days.format(date);
    },
    list: (items) => list.format(items),
    country: (code) => {
      // Codes come from the operator's file; one that names no region is shown as it is.
      if (!/^[A-Z]{2}$/.test(code)) return code;
      return countries.of(code) ?? code;
    },
  };
}

function unit(language: Language, name: string, digits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: name,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  });
}

/** Puts values into the `{name}` marks of a text. A mark without a value stays visible. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{([a-z]+)\}/gi, (mark, name: string) => values[name] ?? mark);
}
