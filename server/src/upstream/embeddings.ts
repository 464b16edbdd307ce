import { limits } from '#base';
import type { Pool } from 'undici';
import { z } from 'zod';
import { UpstreamError, malformed } from './errors.ts';
import { post } from './exchange.ts';

export interface EmbedRequest {
  /** JSON bytes in OpenAI's embeddings form, with the upstream's model name in them. */
  readonly body: Uint8Array;
  /** How many texts; the answer holds as many vectors, in their order. */
  readonly texts: number;
}

export interface EmbedAnswer {
  /** Numbers, or little-endian 32-bit floats in base64. */
  readonly vectors: readonly (readonly number[] | string)[];
  /** Undefined when the upstream does not say. */
  readonly inputTokens: number | undefined;
}

const answerSchema = z.looseObject({
  data: z.array(
    z.looseObject({
      index: z.int().min(0).optional(),
      embedding: z.union([z.array(z.number()), z.base64()]),
    }),
  ),
  usage: z.looseObject({ prompt_tokens: z.int().min(0).nullish() }).nullish(),
});

/**
 * Asks a server of OpenAI's embeddings form.
 * @param target `path` ends in `/embeddings`
 * @throws UpstreamError
 */
export async function embed(
  pool: Pool,
  target: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<EmbedAnswer> {
  const response = await post(
    pool,
    {
      ...target,
      body: request.body,
      firstByteMs: limits.upstreamFirstByteMs,
      gapMs: limits.upstreamGapMs,
      maxBytes: limits.upstreamAnswerBytes,
    },
    signal,
  );
  const pieces: Uint8Array[] = [];
  for await (const chunk of response.chunks) pieces.push(chunk);
  const { status } = response;
  // The body of an error answer may repeat the request, so only the status is carried on.
  if (status !== 200) {
    const code = status === 400 || status === 413 || status === 422 ? 'refused_input' : 'status';
    const said = `couldn't get an answer: the upstream said ${status}`;
    throw new UpstreamError(code, said, undefined, { status });
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) throw malformed('it is not a list of embeddings');
  const ordered = parsed.data.data
    .map(({ index, embedding }, place) => ({ index: index ?? place, embedding }))
    .toSorted((a, b) => a.index - b.index);
  if (ordered.length !== request.texts || ordered.some(({ index }, place) => index !== place)) {
    throw malformed('it does not hold one vector for each text');
  }
  return {
    vectors: ordered.map(({ embedding }) => embedding),
    inputTokens: parsed.data.usage?.prompt_tokens ?? undefined,
  };
}
