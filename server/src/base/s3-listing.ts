import { limits } from './limits.ts';
import { childText, parseXml } from './xml.ts';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Asks for the rest. */
  readonly next: string | undefined;
}

/**
 * An answer to ListObjectsV2.
 * @param prefix what was asked for: a key that does not begin so is no answer
 */
export function readListing(text: string, prefix: string): Listing | undefined {
  const root = parseXml(text);
  if (root?.name !== 'ListBucketResult') return undefined;
  const objects: ListedObject[] = [];
  for (const child of root.children) {
    if (child.name !== 'Contents') continue;
    const key = childText(child, 'Key');
    const size = childText(child, 'Size');
    if (key === undefined || !key.startsWith(prefix) || !/^[0-9]{1,15}$/.test(size ?? '')) {
      return undefined;
    }
    objects.push({ key, bytes: Number(size) });
  }
  const next = childText(root, 'NextContinuationToken');
  const isTruncated = childText(root, 'IsTruncated');
  if (isTruncated === 'false') return { objects, next: undefined };
  return isTruncated === 'true' && next !== undefined && next !== ''
    ? { objects, next }
    : undefined;
}

/** The service's own name of a failure, or nothing. Its other words are not for us to repeat. */
export function readErrorCode(bytes: Uint8Array): string {
  if (bytes.length === 0 || bytes.length > limits.objectErrorBytes) return '';
  const root = parseXml(Buffer.from(bytes).toString('utf8'));
  const code = root?.name === 'Error' ? (childText(root, 'Code') ?? '') : '';
  return /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : '';
}
