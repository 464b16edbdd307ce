import { type CancelSignal, limits } from '#base';
import type { Pool } from 'undici';
import { z } from 'zod';
import { parseAs, readJson, refuse } from './answer.ts';
import { malformed } from './errors.ts';
import { post } from './exchange.ts';
import { explainOpenAiError } from './openai-answer.ts';

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
  signal: CancelSignal,
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
  if (response.status !== 200) await refuse(response, explainOpenAiError);
  const answer = parseAs(answerSchema, await readJson(response), 'it is no list of embeddings');
  const ordered = answer.data
    .map(({ index, embedding }, place) => ({ index: index ?? place, embedding }))
    .toSorted((a, b) => a.index - b.index);
  if (ordered.length !== request.texts || ordered.some(({ index }, place) => index !== place)) {
    throw malformed('it does not hold one vector for each text');
  }
  return {
    vectors: ordered.map(({ embedding }) => embedding),
    inputTokens: answer.usage?.prompt_tokens ?? undefined,
  };
}
