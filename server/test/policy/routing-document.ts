import { type Policy, type RouteRequest, parsePolicy } from '#policy';

export interface TestUpstream {
  readonly id: string;
  readonly jurisdiction?: string;
  readonly residency?: string;
  readonly dialect?: string;
  readonly [member: string]: unknown;
}

/**
 * A rule book with these upstreams and classes, and nothing that looks at texts. It is written as
 * JSON, which is YAML too.
 */
export function policyOf(document: {
  readonly upstreams: readonly TestUpstream[];
  readonly dataClasses: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
  readonly [member: string]: unknown;
}): Policy {
  const both = { en: 'x', ja: 'x' };
  return parsePolicy(
    JSON.stringify({
      version: 1,
      institution: { name: 'Test', language: 'en', contact: both },
      defaultClass: document.dataClasses[0]?.id,
      supervision: [],
      ledger: { checkpointSeconds: 1, entryBundles: 'public' },
      ...document,
      dataClasses: document.dataClasses.map((entry) => ({ title: both, ...entry })),
      upstreams: document.upstreams.map((upstream) => ({
        model: `${upstream.id}-model`,
        operator: 'Test',
        jurisdiction: 'JP',
        residency: 'JP',
        dialect: 'openai-compatible',
        ...(upstream.dialect === 'embedded' ? {} : { baseUrl: 'http://127.0.0.1:1/v1' }),
        ...upstream,
      })),
    }),
  );
}

export function requestFor(dataClass: string, more: Partial<RouteRequest> = {}): RouteRequest {
  return {
    model: 'auto',
    dataClass,
    needs: [],
    leastTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    ...more,
  };
}
