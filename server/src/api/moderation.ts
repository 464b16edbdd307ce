import { limits } from '#base';
import type { Supervisor } from '#supervisor';
import { z } from 'zod';
import { type GuardVerdict, guardAside } from './guard.ts';

const text = z.string().max(limits.requestBodyBytes);
const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) }),
]);

/** `POST /v1/moderations` of the OpenAI API, as far as texts go: pictures cannot be inspected. */
export const moderationRequest = z.object({
  input: z.union([text, z.array(text).min(1).max(1_000), z.array(part).min(1).max(1_000)]),
  model: z.string().max(256).optional(),
});

/** What its clients expect to find in every result. */
const categories = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;

export const guardModel = 'sekisho-guard';

/**
 * @param id of the answer
 * @returns the answer of that endpoint; undefined when the input holds a picture
 * @throws {ThreadsBusy} when too many long texts wait already
 */
export async function moderation(
  supervisor: Supervisor,
  { input }: z.infer<typeof moderationRequest>,
  id: string,
): Promise<object | undefined> {
  const texts: string[] = [];
  // Parts are one message, which is judged as a whole by whoever reads the results.
  for (const one of typeof input === 'string' ? [input] : input) {
    if (typeof one === 'string') texts.push(one);
    else if (one.type === 'text') texts.push(one.text);
    else return undefined;
  }
  const results: object[] = [];
  // One after the other, so that one request takes one thread.
  for (const one of texts) {
    results.push(result(await guardAside(supervisor, { text: one, role: 'user' })));
  }
  return { id, model: guardModel, results };
}

/**
 * Our kinds stand beside the categories of the dialect, each with its best score from 0 to 1. A
 * text is flagged when a rule does more than note it.
 */
function result(verdict: GuardVerdict): object {
  const scores: Record<string, number> = {};
  const flags: Record<string, boolean> = {};
  for (const category of categories) {
    scores[category] = 0;
    flags[category] = false;
  }
  for (const finding of verdict.findings) {
    scores[finding.kind] = Math.max(scores[finding.kind] ?? 0, finding.score / 100);
    flags[finding.kind] ||= finding.rule !== undefined;
  }
  return {
    flagged: verdict.decision !== 'allow' && verdict.decision !== 'annotate',
    categories: flags,
    category_scores: scores,
    category_applied_input_types: Object.fromEntries(
      Object.keys(flags).map((name) => [name, scores[name] === 0 ? [] : ['text']]),
    ),
    sekisho: { decision: verdict.decision, rules: verdict.rules, findings: verdict.findings },
  };
}
