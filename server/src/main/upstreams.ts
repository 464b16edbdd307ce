import { join } from 'node:path';
import { type Bilingual, systemClock } from '#base';
import { describeMissingModel, ensureModel, findModel, readCatalogue } from '#pack';
import { type DeclaredUpstream, type Policy, isReviewOverdue } from '#policy';
import { type Upstream, createEmbeddedUpstream, createRemoteUpstream } from '#upstream';
import type { CheckpointOptions } from './options.ts';

export async function createUpstreams(
  declarations: Policy['document']['upstreams'],
  options: CheckpointOptions,
): Promise<{
  upstreams: ReadonlyMap<string, Upstream>;
  facts: ReadonlyMap<string, Readonly<Record<string, string>>>;
}> {
  const upstreams = new Map<string, Upstream>();
  const facts = new Map<string, Readonly<Record<string, string>>>();
  for (const declared of declarations) {
    if (declared.dialect !== 'embedded') {
      const { upstream, missing } = createRemoteUpstream(declared, {
        environment: options.environment,
        clock: systemClock,
      });
      for (const variable of missing) options.notice(missingKey(declared.id, variable));
      upstreams.set(declared.id, upstream);
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- one model at a time shows one progress bar
    const embedded = await createEmbedded(declared, options);
    if (embedded === undefined) continue;
    upstreams.set(declared.id, embedded.upstream);
    facts.set(declared.id, { sha256: embedded.sha256 });
  }
  return { upstreams, facts };
}

export function noticeOverdue(
  declared: readonly DeclaredUpstream[],
  { notice }: Pick<CheckpointOptions, 'notice'>,
): void {
  for (const one of declared) {
    if (isReviewOverdue(one, systemClock.nowMs())) notice(overdueReview(one));
  }
}

function overdueReview({ id, terms }: DeclaredUpstream): Bilingual {
  const { reviewed = '', reviewBy = '', url = '' } = terms ?? {};
  return {
    en: `The terms of "${id}" were last read on ${reviewed} and were to be read again by ${reviewBy}: ${url}`,
    ja: `接続先「${id}」の利用条件は ${reviewed} に確認されたきりで、再確認の期限 ${reviewBy} を過ぎています。${url}`,
  };
}

function missingKey(id: string, variable: string): Bilingual {
  return {
    en: `The upstream "${id}" cannot be used: set its key in the environment variable ${variable}.`,
    ja: `上流「${id}」は使えません。環境変数 ${variable} にキーを設定してください。`,
  };
}

async function createEmbedded(
  declared: DeclaredUpstream,
  options: CheckpointOptions,
): Promise<{ upstream: Upstream; sha256: string } | undefined> {
  const model = findModel(readCatalogue(), declared.model);
  if (model === undefined) {
    options.notice({
      en: `The embedded upstream "${declared.id}" names a model that is not in the catalogue: ${declared.model}.`,
      ja: `内蔵の上流「${declared.id}」のモデル ${declared.model} は一覧にありません。`,
    });
    return undefined;
  }
  const directory = join(options.dataDirectory, 'models');
  const outcome = await ensureModel(model, {
    directory,
    environment: options.environment,
    monotonicMs: () => systemClock.monotonicMs(),
    onProgress: (progress) => options.onModelProgress(model.title, progress),
  });
  if (!outcome.found) {
    options.notice(describeMissingModel(model, directory));
    for (const { source, sentence } of outcome.reasons) {
      options.notice({ en: `  ${source}: ${sentence.en}`, ja: `  ${source}: ${sentence.ja}` });
    }
    return undefined;
  }
  const upstream = createEmbeddedUpstream({
    id: declared.id,
    modelPath: outcome.path,
    contextTokens: model.contextTokens,
  });
  // Loading takes a second or two: the doors open meanwhile, and a first request waits for it.
  void upstream.warm();
  return { upstream, sha256: outcome.sha256 };
}
