import type { z } from 'zod';
import { type JsonObject, asObject } from './json.ts';
import type { completionSchema } from './openai-schema.ts';

/** Members of a message that carry something on; empty, they say nothing. */
const silent = new Set(['role', 'content']);
const listed = new Set(['tool_calls', 'annotations']);

/**
 * Nearly every answer is one text and some numbers. This knows those whole, so that the schema,
 * which costs more than all else that is done with an answer, reads the others.
 * @returns true only where the schema would give the value as it is
 */
export function isPlainCompletion(value: unknown): value is z.infer<typeof completionSchema> {
  const answer = asObject(value);
  if (answer === undefined) return false;
  const { choices, usage } = answer;
  if (!Array.isArray(choices) || choices.length < 1 || choices.length > 128) return false;
  return choices.every(isPlainChoice) && isPlainUsage(usage);
}

function isPlainChoice(value: unknown): boolean {
  const choice = asObject(value);
  if (choice === undefined) return false;
  for (const name in choice) {
    const framed = name === 'index' || name === 'message' || name === 'finish_reason';
    if (!framed && choice[name] !== null) return false;
  }
  const { index, finish_reason: reason } = choice;
  if (!isCount(index) || index > 127) return false;
  if (reason !== null && typeof reason !== 'string') return false;
  const message = asObject(choice['message']);
  return message !== undefined && typeof message['content'] === 'string' && isBare(message);
}

function isBare(message: JsonObject): boolean {
  for (const name in message) {
    const member = message[name];
    if (silent.has(name) || member === null) continue;
    if (!listed.has(name) || !Array.isArray(member) || member.length > 0) return false;
  }
  return true;
}

function isPlainUsage(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const usage = asObject(value);
  if (usage === undefined) return false;
  const { prompt_tokens: asked, completion_tokens: said } = usage;
  if (!isCount(asked) || !isCount(said)) return false;
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  return (
    counts(input, ['cached_tokens', 'cache_write_tokens']) && counts(output, ['reasoning_tokens'])
  );
}

function counts(value: unknown, names: readonly string[]): boolean {
  if (value === undefined || value === null) return true;
  const details = asObject(value);
  if (details === undefined) return false;
  return names.every((name) => {
    const count = details[name];
    return count === undefined || count === null || isCount(count);
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
