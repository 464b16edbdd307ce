import type { Policy } from '#policy';
import { mayReach } from './accounts.ts';
import type { ApiKey } from './key-store.ts';
import { automaticModel } from './route.ts';

export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  /** Where the answer would come from, for a client that wants to show it. */
  readonly sekisho: {
    readonly upstream: string;
    readonly jurisdiction: string;
    readonly residency: string;
  } | null;
}

/** `GET /v1/models`: what a key may ask for by name, and `auto` for the policy's own order. */
export function listModels(policy: Policy, key: ApiKey): readonly ListedModel[] {
  const automatic: ListedModel = {
    id: automaticModel,
    object: 'model',
    created: 0,
    owned_by: policy.document.institution.name,
    sekisho: null,
  };
  const reachable = policy.document.upstreams.filter((upstream) => mayReach(key, upstream));
  return [
    automatic,
    ...reachable.map((upstream) => ({
      id: upstream.model,
      object: 'model' as const,
      created: 0,
      owned_by: upstream.operator,
      sekisho: {
        upstream: upstream.id,
        jurisdiction: upstream.jurisdiction,
        residency: upstream.residency,
      },
    })),
  ];
}

/** The list in OpenAI's form or in Anthropic's, which a client asks for by naming its version. */
export function wireModels(models: readonly ListedModel[], anthropic: boolean): object {
  const data = models.map((model) => wireModel(model, anthropic));
  if (!anthropic) return { object: 'list', data };
  const ids = models.map(({ id }) => id);
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

export function wireModel(model: ListedModel, anthropic: boolean): object {
  if (!anthropic) return model;
  const { id, sekisho } = model;
  return { type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z', sekisho };
}
