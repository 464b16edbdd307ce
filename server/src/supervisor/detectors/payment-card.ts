import { luhn } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Lengths by issuer prefix (ISO/IEC 7812 registrations of the large schemes). */
const issuers: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 19] },
  { prefix: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^35(2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^3(0[0-5]|[689])/, lengths: [14, 16, 19] },
  { prefix: /^6(011|4[4-9]|5)/, lengths: [16, 19] },
  { prefix: /^62/, lengths: [16, 17, 18, 19] },
  { prefix: /^(50|5[6-9]|6[0-9])/, lengths: [16, 19] },
  { prefix: /^9792/, lengths: [16] },
];

export function isPaymentCard(digits: string): boolean {
  return (
    luhn(digits) && issuers.some((i) => i.lengths.includes(digits.length) && i.prefix.test(digits))
  );
}

export const paymentCard: Detector = numberDetector({
  id: 'payment-card',
  version: 1,
  kind: 'personal.payment_card',
  title: { en: 'Payment card number', ja: '支払いカード番号' },
  labels: vocabulary(
    'クレジットカード',
    'カード番号',
    'デビットカード',
    'credit card',
    'debit card',
    'card number',
    'card no',
    'card',
    'visa',
    'mastercard',
    'amex',
    'jcb',
    'クレカ',
    'kartu kredit',
    'บัตรเครดิต',
    'thẻ tín dụng',
  ),
  lengths: [13, 14, 15, 16, 17, 18, 19],
  shapes: ['4-4-4-4', '4-6-5', '4-6-4', '4-4-4-4-3', '4-4-4-1'],
  check: isPaymentCard,
  proof: 'digit',
  alone: 62,
  grouped: 85,
});
