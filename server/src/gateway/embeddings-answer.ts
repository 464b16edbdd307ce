import type { EmbedAnswer } from '#upstream';
import type { Usage } from './chat-response.ts';

/**
 * The answer to an embeddings request.
 * @param format `base64` means little-endian 32-bit floats, for which the official clients ask
 */
export function embeddingsAnswer(
  answer: EmbedAnswer,
  from: { readonly model: string; readonly usage: Usage; readonly format: 'float' | 'base64' },
): object {
  const convert = from.format === 'base64' ? toBase64 : toNumbers;
  return {
    object: 'list',
    data: answer.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: convert(vector),
    })),
    model: from.model,
    usage: { prompt_tokens: from.usage.inputTokens, total_tokens: from.usage.inputTokens },
  };
}

function toBase64(vector: readonly number[] | string): string {
  if (typeof vector === 'string') return vector;
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

function toNumbers(vector: readonly number[] | string): readonly number[] {
  if (typeof vector !== 'string') return vector;
  const bytes = Buffer.from(vector, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}
