import { list, shape, text } from './shape.ts';

/** What a person is told when a public rule stopped something. */
export interface Refusal {
  readonly rules: readonly { readonly id: string; readonly text: string }[];
  readonly receipt: string;
  readonly contest: string;
}

/** @returns undefined when there is no refusal in it */
export function readRefusal(value: unknown): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = shape(value);
  return {
    rules: list(found['rules'], (rule) => ({
      id: text(shape(rule)['id']),
      text: text(shape(rule)['text']),
    })),
    receipt: text(found['receipt']),
    contest: text(found['contest']),
  };
}
