/** What the gateway says about a passage in its headers, before the first byte of the answer. */
export interface PassageHead {
  readonly receipt: string;
  readonly decision: string;
  readonly dataClass: string;
  readonly rules: readonly string[];
  /** Absent when no model was asked. */
  readonly upstream: string | undefined;
  /** It was made for an earlier request, and nobody was asked. */
  readonly cached: boolean;
  /** Upstreams that did not answer before this one did. */
  readonly failedUpstreams: readonly string[];
  /** What the rules of a class decided, where it was a pupil who asked. */
  readonly school: string | undefined;
}

/** @returns undefined when the answer carries no receipt: the request was not recorded */
export function readPassageHead(headers: Headers): PassageHead | undefined {
  const receipt = headers.get('x-sekisho-receipt');
  if (receipt === null) return undefined;
  return {
    receipt,
    decision: headers.get('x-sekisho-decision') ?? 'allow',
    dataClass: headers.get('x-sekisho-data-class') ?? '',
    rules: split(headers.get('x-sekisho-rules')),
    upstream: headers.get('x-sekisho-upstream') ?? undefined,
    cached: /^(?:semantic-)?hit$/.test(headers.get('x-sekisho-cache') ?? ''),
    school: headers.get('x-sekisho-school') ?? undefined,
    failedUpstreams: split(headers.get('x-sekisho-fallback')).map(
      (attempt) => attempt.split('=')[0] ?? attempt,
    ),
  };
}

function split(value: string | null): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
