import { dirname } from 'node:path';
import type { Disk, DiskFile } from '#base';

/** Numbers from 0 up to 1, the same ones for the same seed. */
export type Random = () => number;

/** Mulberry32, after Tommy Ettinger's public-domain generator of that name. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sectorBytes = 512;

/** A piece of a write that the platter takes whole or not at all. */
interface Sector {
  readonly at: number;
  readonly bytes: Buffer;
}

interface Node {
  /** What everybody reads. */
  seen: Buffer;
  /** What a power cut leaves at least. */
  synced: Buffer;
  waiting: Sector[];
}

/** A change of names in one folder that lasts once the folder is synced. */
interface NameChange {
  readonly folder: string;
  apply(names: Names): void;
}

interface Names {
  readonly files: Map<string, Node>;
  readonly folders: Set<string>;
}

/** What a test may do before a sync takes effect: wait, or throw instead. */
export type BeforeSync = (path: string) => Promise<void>;

/**
 * A disk in memory that keeps what was synced apart from what was not. After a crash nothing that
 * was opened before it answers.
 */
export class SimulatedDisk implements Disk {
  beforeSync: BeforeSync = async () => undefined;
  #seen: Names;
  #synced: Names;
  #changes: NameChange[] = [];
  #life = 0;

  /** @param root a folder that is there and stays */
  constructor(root: string) {
    this.#seen = { files: new Map(), folders: new Set([root]) };
    this.#synced = { files: new Map(), folders: new Set([root]) };
  }

  /**
   * Cuts the power. Of what was not synced, each sector and each new name may have reached the
   * platter or not, in any order.
   */
  crash(random: Random): void {
    this.#life++;
    const share = [0, 0.5, 1][Math.floor(random() * 3)];
    const survives = (): boolean => random() < share;
    for (const change of this.#changes) if (survives()) change.apply(this.#synced);
    this.#changes = [];
    const { files, folders } = this.#synced;
    const isHeld = (path: string): boolean => folders.has(dirname(path));
    for (const folder of [...folders].toSorted()) {
      const above = [...folders].some((other) => folder !== other && folder.startsWith(other));
      if (above && !isHeld(folder)) folders.delete(folder);
    }
    for (const path of files.keys()) if (!isHeld(path)) files.delete(path);
    for (const node of new Set(files.values())) {
      node.synced = putAll(node.synced, node.waiting.filter(survives));
      node.seen = Buffer.from(node.synced);
      node.waiting = [];
    }
    this.#seen = { files: new Map(files), folders: new Set(folders) };
  }

  async open(path: string): Promise<DiskFile | undefined> {
    const node = this.#seen.files.get(path);
    return node && this.#file(node, path);
  }

  openReadOnly(path: string): Promise<DiskFile | undefined> {
    return this.open(path);
  }

  async create(path: string): Promise<DiskFile> {
    if (!this.#seen.folders.has(dirname(path))) throw new Error(`no folder for ${path}`);
    const node: Node = { seen: Buffer.alloc(0), synced: Buffer.alloc(0), waiting: [] };
    this.#change(dirname(path), ({ files }) => files.set(path, node));
    return this.#file(node, path);
  }

  async readFile(path: string): Promise<Buffer | undefined> {
    const node = this.#seen.files.get(path);
    return node && Buffer.from(node.seen);
  }

  async list(path: string): Promise<readonly string[]> {
    const inside = [...this.#seen.files.keys(), ...this.#seen.folders].filter(
      (name) => dirname(name) === path,
    );
    return inside.map((name) => name.slice(path.length + 1));
  }

  async makeFolder(path: string): Promise<string | undefined> {
    if (this.#seen.folders.has(path)) return undefined;
    const first = await this.makeFolder(dirname(path));
    this.#change(dirname(path), ({ folders }) => folders.add(path));
    return first ?? path;
  }

  async rename(from: string, to: string): Promise<void> {
    const life = this.#life;
    await this.beforeSync(to);
    this.#assertAlive(life);
    const node = this.#seen.files.get(from);
    if (node === undefined) throw new Error(`nothing to rename: ${from}`);
    this.#change(dirname(to), ({ files }) => {
      if (files.get(from) === node) files.delete(from);
      files.set(to, node);
    });
  }

  async remove(path: string): Promise<void> {
    this.#change(dirname(path), ({ files, folders }) => {
      const isInside = (name: string): boolean => name === path || name.startsWith(`${path}/`);
      for (const name of files.keys()) if (isInside(name)) files.delete(name);
      for (const name of folders) if (isInside(name)) folders.delete(name);
    });
  }

  async syncFolder(path: string): Promise<void> {
    const life = this.#life;
    const mine = this.#changes.filter(({ folder }) => folder === path);
    await this.beforeSync(path);
    this.#assertAlive(life);
    // One that another sync has finished meanwhile is not undone by what came after it.
    for (const change of mine) if (this.#changes.includes(change)) change.apply(this.#synced);
    this.#changes = this.#changes.filter((change) => !mine.includes(change));
  }

  #change(folder: string, apply: (names: Names) => void): void {
    apply(this.#seen);
    this.#changes.push({ folder, apply });
  }

  #file(node: Node, path: string): DiskFile {
    const life = this.#life;
    const use = (): Node => {
      this.#assertAlive(life);
      return node;
    };
    return {
      size: async () => use().seen.length,
      read: async (into, position) => {
        const { seen } = use();
        return position < seen.length ? seen.copy(into, 0, position) : 0;
      },
      write: async (bytes, position) => {
        const sectors = sectorsOf(bytes, position);
        use().waiting.push(...sectors);
        node.seen = putAll(node.seen, sectors);
      },
      truncate: async (length) => {
        use().seen = node.seen.subarray(0, length);
        node.synced = Buffer.from(node.seen);
        node.waiting = [];
      },
      sync: async () => {
        const asked = [...use().waiting];
        await this.beforeSync(path);
        use().synced = putAll(node.synced, asked);
        node.waiting = node.waiting.filter((sector) => !asked.includes(sector));
      },
      close: async () => undefined,
    };
  }

  #assertAlive(life: number): void {
    if (life !== this.#life) throw new Error('the power was cut');
  }
}

function sectorsOf(bytes: Uint8Array, position: number): Sector[] {
  const sectors: Sector[] = [];
  for (let at = position; at < position + bytes.length;) {
    const end = Math.min(position + bytes.length, at + sectorBytes - (at % sectorBytes));
    sectors.push({ at, bytes: Buffer.from(bytes.subarray(at - position, end - position)) });
    at = end;
  }
  return sectors;
}

/** What lies between the old end and a sector that came without its neighbours is zeros. */
function putAll(old: Buffer, sectors: readonly Sector[]): Buffer {
  const length = sectors.reduce((max, { at, bytes }) => Math.max(max, at + bytes.length), 0);
  const grown = Buffer.alloc(Math.max(old.length, length));
  grown.set(old);
  for (const { at, bytes } of sectors) grown.set(bytes, at);
  return grown;
}
