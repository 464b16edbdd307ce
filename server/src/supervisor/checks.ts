/** Arithmetic of check digits and dates. Digit strings are ASCII; positions count from the left. */

/** Sum of digit times weight; the shorter of the two ends it. */
export function weightedSum(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < weights.length && at < digits.length; at++) {
    sum += (digits.charCodeAt(at) - 48) * (weights[at] ?? 0);
  }
  return sum;
}

/** ISO/IEC 7812, annex B. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether month and day can stand in a calendar. Leap years are not told apart: years are short.
 */
export function isMonthDay(month: number, day: number): boolean {
  return day >= 1 && day <= (monthDays[month - 1] ?? 0);
}

/** ICAO Doc 9303, part 3, 4.9: the check digit of a field of the machine-readable zone. */
export function mrzCheckDigit(field: string): number {
  let sum = 0;
  for (let at = 0; at < field.length; at++) {
    const code = field.charCodeAt(at);
    const value = code === 60 ? 0 : code >= 65 ? code - 55 : code - 48;
    sum += value * ([7, 3, 1][at % 3] ?? 0);
  }
  return sum % 10;
}
