import type { Client } from './client.ts';

/** A receipt's text as it came: what is verified and saved are these very bytes. */
export function fetchReceipt(client: Client, id: string): Promise<string> {
  return client.text(`/receipts/${encodeURIComponent(id)}`);
}
