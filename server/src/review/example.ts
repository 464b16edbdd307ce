import type { Passage } from '#ledger';
import { languageOf } from '#supervisor';
import { z } from 'zod';
import type { ReviewCase } from './case-table.ts';
import { readVerdicts } from './schema.ts';

/** A text that a person has judged, as the training of our small models takes it. */
export interface LabelledExample {
  readonly text: string;
  /** ISO 639-1, a guess by its script and short words. */
  readonly lang: string;
  /** What was found in it. */
  readonly kind: string;
  /** 1: the finding was right. 0: it was a false alarm. */
  readonly label: 0 | 1;
  readonly rule: string;
  readonly verdict: 'upheld' | 'overturned';
}

const part = z.looseObject({ text: z.string() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(z.unknown())]).nullish(),
});
const request = z.looseObject({ messages: z.array(message) });
const answer = z.array(z.looseObject({ content: z.string().nullish() }));

/**
 * One example for each rule that led to the decision and each kind it saw: the text in which it
 * stood.
 * @param passage with its content and ops opened
 */
export function examplesOf(
  { state, rules }: Pick<ReviewCase, 'state' | 'rules'>,
  passage: Passage,
): readonly LabelledExample[] {
  if (state === 'open') return [];
  const found = [passage.intentFields, passage.outcomeFields].flatMap(
    (fields) => readVerdicts(fields['policy.verdicts']).findings,
  );
  const examples = new Map<string, LabelledExample>();
  for (const { kind, rule, path, direction } of found) {
    if (rule === undefined || !rules.includes(rule)) continue;
    const text = direction === 'output' ? saidText(passage) : askedText(passage, path);
    const label = state === 'upheld' ? 1 : 0;
    if (text === '') continue;
    const lang = languageOf(text);
    const key = JSON.stringify([kind, rule, text]);
    examples.set(key, { text, lang, kind, label, rule, verdict: state });
  }
  return [...examples.values()];
}

/** The message at the finding's place; in dialects with other places, the last that was written. */
function askedText({ intentFields }: Passage, path: string): string {
  const parsed = request.safeParse(intentFields['request.messages']);
  if (!parsed.success) return '';
  const at = /^messages\[(\d{1,6})\]\.content(?:\[(\d{1,6})\]\.text)?$/.exec(path);
  const { messages } = parsed.data;
  const last = messages.findLast(({ role }) => role === 'user');
  const named = at === null ? undefined : messages[Number(at[1])];
  const { content } = named ?? last ?? {};
  if (typeof content === 'string') return content;
  const texts = (content ?? []).map((item) => part.safeParse(item).data?.text ?? '');
  return named !== undefined && at?.[2] !== undefined
    ? (texts[Number(at[2])] ?? '')
    : texts.join('\n').trim();
}

function saidText({ outcomeFields }: Passage): string {
  const said = outcomeFields['response.raw'] ?? outcomeFields['response.delivered'];
  const parsed = answer.safeParse(said);
  return (parsed.data ?? [])
    .map(({ content }) => content ?? '')
    .join('\n')
    .trim();
}
