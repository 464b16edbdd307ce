import {
  type OpenedCheckpoint,
  type Subtree,
  type VerifierKey,
  consistencyNodes,
  decodeBase64url,
  equalBytes,
  foldRight,
  formatTilePath,
  openCheckpoint,
  perfectSubtrees,
  rootOf,
  splitTile,
  tileSlice,
  tileWidth,
  verifyConsistency,
  verifyReceipt,
} from '@sekisho/proof';

/** What a caller was told of an entry: the receipt's id and `x-evidence`. */
export interface Acknowledged {
  readonly id: string;
  readonly index: number;
  /** Base64url. */
  readonly leafHash: string;
}

/** Reads a live log as a stranger does, over HTTP, and believes nothing. */
export class VerifyingReader {
  readonly #url: string;
  readonly #key: VerifierKey;
  readonly #vkey: string;
  readonly #timeoutMs: number;
  #last: OpenedCheckpoint | undefined;

  constructor(url: string, of: { key: VerifierKey; vkey: string; timeoutMs: number }) {
    this.#url = url;
    this.#key = of.key;
    this.#vkey = of.vkey;
    this.#timeoutMs = of.timeoutMs;
  }

  /** @returns what is wrong with the newest checkpoint, seen from the one before */
  async checkpoint(): Promise<string | undefined> {
    const bytes = await this.#get('checkpoint');
    const opened = await openCheckpoint(bytes, [this.#key]);
    if (opened === undefined) return 'the checkpoint is not signed by the key';
    const last = this.#last;
    this.#last = opened;
    if (last === undefined || last.size === 0) return undefined;
    if (opened.size < last.size) return `the log shrank from ${last.size} to ${opened.size}`;
    const nodes = consistencyNodes(last.size, opened.size);
    const proof = await Promise.all(nodes.map((node) => this.#hash(node, opened.size)));
    const holds = await verifyConsistency({
      oldSize: last.size,
      newSize: opened.size,
      oldRoot: last.root,
      newRoot: opened.root,
      proof,
    });
    return holds ? undefined : `${opened.size} entries do not begin with the first ${last.size}`;
  }

  /** @returns what is wrong with the receipt of an exchange, or with the entry's place in a tile */
  async receipt({ id, index, leafHash }: Acknowledged): Promise<string | undefined> {
    const text = new TextDecoder().decode(await this.#get(`receipts/${id}`));
    const report = await verifyReceipt(text, { verifierKeys: [this.#vkey] });
    const intent = report.facts?.entries.find(({ role }) => role === 'intent');
    if (intent === undefined) return `receipt ${id} is ${report.verdict}`;
    if (intent.index !== index || intent.leafHash !== leafHash) {
      return `receipt ${id} is of another entry than was acknowledged`;
    }
    const size = report.facts!.size;
    const hash = await this.#hash({ start: index, end: index + 1 }, size);
    const holds = equalBytes(hash, decodeBase64url(leafHash) ?? new Uint8Array(0));
    return holds ? undefined : `the tile does not hold entry ${index}`;
  }

  async #hash(subtree: Subtree, size: number): Promise<Uint8Array> {
    const parts = perfectSubtrees(subtree).map(async (node) => {
      const { level, index, from, to } = tileSlice(node);
      const hashes = await this.#tile(level, index, size);
      return rootOf(hashes.slice(from, to));
    });
    return foldRight(await Promise.all(parts));
  }

  async #tile(level: number, index: number, size: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth(size, level, index);
    const path = formatTilePath({ level, index, width });
    const full = formatTilePath({ level, index, width: 256 });
    const bytes = await this.#get(path).catch(() => this.#get(full));
    const hashes = splitTile(bytes);
    if (hashes === undefined || hashes.length < width) throw new Error(`${path} is no tile`);
    return hashes;
  }

  async #get(path: string): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const response = await fetch(`${this.#url}/${path}`, { signal });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return bytes;
  }
}
