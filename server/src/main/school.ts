import { isAbsolute, join, resolve } from 'node:path';
import type { Bilingual, Log } from '#base';
import type { ReadyPack, RecordedFacts } from '#gateway';
import type { Policy } from '#policy';
import {
  type Pack,
  PackLibrary,
  SchoolError,
  type SchoolErrorCode,
  type SchoolSupervisor,
  readPack,
  schoolErrors,
} from '#school';

export interface PackPorts {
  readonly dataDirectory: string;
  readonly recorded: Pick<RecordedFacts, 'recordPack'>;
  readonly createSupervisor: (pack: Pack) => SchoolSupervisor;
  readonly log: Log;
  readonly notice: (text: Bilingual) => void;
}

/**
 * The packs that a rule book names, read, published in the ledger and ready to check with. One that
 * cannot be used is left out and told of: what its classes ask waits for their teachers.
 * @param before those in force: a pack that has not changed is not made ready twice
 */
export async function loadPacks(
  { document }: Policy,
  before: ReadonlyMap<string, ReadyPack>,
  ports: PackPorts,
): Promise<ReadonlyMap<string, ReadyPack>> {
  const ready = new Map<string, ReadyPack>();
  for (const name of document.school?.packs ?? []) {
    try {
      // One after another: a pack may take a hundred megabytes while it is read.
      // oxlint-disable-next-line no-await-in-loop
      const pack = await readPack(await folderOf(name, ports.dataDirectory));
      const { id } = pack.manifest;
      const same = [...before.values()].find(
        ({ supervisor }) => supervisor.pack.hash === pack.hash,
      );
      // oxlint-disable-next-line no-await-in-loop
      ready.set(id, same ?? (await makeReady(pack, ports)));
    } catch (error) {
      // What the ledger cannot take in stops the start: it is no fault of the pack.
      if (!(error instanceof SchoolError)) throw error;
      ports.log.warn('pack_not_loaded', { pack: name, code: error.code });
      ports.notice(noticeOf(name, error.code));
    }
  }
  return ready;
}

function noticeOf(name: string, code: SchoolErrorCode): Bilingual {
  const { en, ja } = schoolErrors[code];
  const absent = code === 'pack_absent' && !name.includes('/');
  const build = `sekisho pack build ${name} … -o DIR`;
  const todo = absent
    ? {
        en: `Build it (${build}) and add it (sekisho pack add DIR).`,
        ja: `${build} で作り、sekisho pack add DIR で加えてください。`,
      }
    : { en: 'See sekisho pack.', ja: 'sekisho pack をご覧ください。' };
  return {
    en: `The country pack ${name} cannot be used: ${en}. What its classes ask is held for their teachers. ${todo.en}`,
    ja: `国別パック ${name} を使えません。${ja}。この学級の質問は、すべて先生の確認待ちになります。${todo.ja}`,
  };
}

/** Whether two of them are the same packs in the same versions. */
export function arePacksSame(
  a: ReadonlyMap<string, ReadyPack>,
  b: ReadonlyMap<string, ReadyPack>,
): boolean {
  const hashes = (of: typeof a): string =>
    [...of.values()]
      .map(({ supervisor }) => supervisor.pack.hash)
      .toSorted()
      .join(' ');
  return hashes(a) === hashes(b);
}

async function makeReady(pack: Pack, ports: PackPorts): Promise<ReadyPack> {
  const { manifest, hash } = pack;
  const { id, version, country } = manifest;
  // Made before it is published: what cannot be used is told to nobody as in force.
  const supervisor = supervisorOf(pack, ports);
  const leaf = await ports.recorded.recordPack({ id, version, country, sha256: hash });
  return { supervisor, manifest, leaf };
}

/** @throws SchoolError `pack_invalid` */
function supervisorOf(pack: Pack, { createSupervisor }: PackPorts): SchoolSupervisor {
  try {
    return createSupervisor(pack);
  } catch (cause) {
    if (cause instanceof SchoolError) throw cause;
    throw new SchoolError('pack_invalid', 'nothing can be checked with it', cause);
  }
}

/** @throws SchoolError `pack_absent` */
function folderOf(name: string, dataDirectory: string): Promise<string> | string {
  if (!name.includes('/')) return new PackLibrary(join(dataDirectory, 'packs')).find(name);
  return isAbsolute(name) ? name : resolve(dataDirectory, name);
}
