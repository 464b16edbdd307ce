import type { DeclaredUpstream, Policy } from '#policy';
import type { Upstream } from '#upstream';

/** Any permitted model, in the policy's order. */
export const automaticModel = 'auto';

export interface Candidate {
  readonly declared: DeclaredUpstream;
  readonly upstream: Upstream;
}

export interface Route {
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** The upstream that was asked for by name and may not see this class of data, if so. */
  readonly forbidden: string | undefined;
}

/** Whether the policy knows a model or an upstream by this name. */
export function knowsModel(policy: Policy, model: string): boolean {
  return (
    model === automaticModel ||
    policy.document.upstreams.some((u) => u.id === model || u.model === model)
  );
}

/**
 * Where a request of this class may go, the model that was asked for first. An upstream that the
 * class may not reach is never among the candidates, whatever was asked for.
 */
export function route(
  policy: Policy,
  upstreams: ReadonlyMap<string, Upstream>,
  request: { readonly model: string; readonly dataClass: string },
): Route {
  const permitted = policy.permitted(request.dataClass).flatMap((declared) => {
    const upstream = upstreams.get(declared.id);
    return upstream === undefined ? [] : [{ declared, upstream }];
  });
  if (request.model === automaticModel) return { candidates: permitted, forbidden: undefined };
  const asked = (declared: DeclaredUpstream): boolean =>
    declared.id === request.model || declared.model === request.model;
  const first = permitted.filter((candidate) => asked(candidate.declared));
  const rest = permitted.filter((candidate) => !asked(candidate.declared));
  const forbidden =
    first.length === 0
      ? policy.document.upstreams.find((declared) => asked(declared))?.id
      : undefined;
  return { candidates: [...first, ...rest], forbidden };
}
