import { decodeBase64 } from './bytes.ts';
import { ProofError } from './codes.ts';

/** What the caller of an exchange keeps. Everything needed to verify it is inside, but the key. */
export interface Receipt {
  readonly format: 'sekisho-receipt/1';
  /** Name of the log. */
  readonly origin: string;
  readonly entries: readonly ReceiptEntry[];
}

export type ReceiptRole = 'intent' | 'outcome' | 'policy' | 'model';

export interface ReceiptEntry {
  readonly role: ReceiptRole;
  /** Base64 of the entry's bytes. */
  readonly entry: string;
  /** A `.tlog-proof`, with the signed checkpoint verbatim. */
  readonly proof: string;
  /** SD-JWT disclosures of the fields that are opened to the holder. */
  readonly disclosures: readonly string[];
}

/** Some hundred times what a receipt needs; beyond it a file is an attack or another file. */
const receiptCharactersMax = 1024 * 1024;
const roles: readonly string[] = ['intent', 'outcome', 'policy', 'model'];
const entriesMax = 8;
const disclosuresMax = 16;

/** One spelling only, so that every byte of a receipt counts. */
export function formatReceipt(receipt: Receipt): string {
  const { format, origin, entries } = receipt;
  const ordered = entries.map(({ role, entry, proof, disclosures }) => {
    return { role, entry, proof, disclosures };
  });
  return JSON.stringify({ format, origin, entries: ordered });
}

/**
 * Reads a receipt strictly: known members, in their order, without white space between them.
 * @throws ProofError `E_FORMAT`
 */
export function parseReceipt(text: string): Receipt {
  const refuse = (): never => {
    throw new ProofError('E_FORMAT', 'the receipt');
  };
  if (text.length > receiptCharactersMax) return refuse();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse();
  }
  if (!isReceipt(value)) return refuse();
  // A file may end in a newline; nothing else may differ from what we would write.
  return formatReceipt(value) === text.replace(/\n$/, '') ? value : refuse();
}

function isReceipt(value: unknown): value is Receipt {
  if (!isRecord(value) || value['format'] !== 'sekisho-receipt/1') return false;
  const { origin, entries } = value;
  if (typeof origin !== 'string' || !Array.isArray(entries)) return false;
  return entries.length > 0 && entries.length <= entriesMax && entries.every(isReceiptEntry);
}

function isReceiptEntry(value: unknown): value is ReceiptEntry {
  if (!isRecord(value)) return false;
  const { role, entry, proof, disclosures } = value;
  return (
    typeof role === 'string' &&
    roles.includes(role) &&
    typeof entry === 'string' &&
    decodeBase64(entry) !== undefined &&
    typeof proof === 'string' &&
    Array.isArray(disclosures) &&
    disclosures.length <= disclosuresMax &&
    disclosures.every((text) => typeof text === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
