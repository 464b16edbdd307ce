import { limits } from '#base';
import { type ChatEvent, UpstreamError } from '#upstream';
import type { Usage } from '../chat-response.ts';
import { type Json, isObject, readJsonText } from '../json.ts';

/** An answer that has come whole, of which nobody has seen anything yet. */
export interface Heard {
  /** What may leave once it is checked. Reasoning is not: nobody could check it for a class. */
  readonly events: readonly ChatEvent[];
  /** What each choice says to the pupil, in their order. */
  readonly texts: readonly string[];
  /** Texts that each choice hands to tools: a pupil's own tool may show them. */
  readonly handed: readonly string[];
  readonly usage: Usage | undefined;
  /** It went on beyond what is checked, and was broken off. */
  readonly cut: boolean;
}

/** What one choice has come to. */
interface Choice {
  content: string;
  refusal: string;
  finished: boolean;
  readonly calls: Map<number, string>;
}

/** @throws UpstreamError also `cut`, where a choice was not finished: nothing of it has left */
export async function hear(said: AsyncIterable<ChatEvent>): Promise<Heard> {
  const events: ChatEvent[] = [];
  const choices = new Map<number, Choice>();
  let usage: Usage | undefined;
  let reasoned = false;
  let units = 0;
  for await (const event of said) {
    if (event.type === 'usage') {
      const { type: _type, ...counted } = event;
      usage = counted;
    } else if (event.type === 'delta' && event.channel === 'reasoning') reasoned = true;
    else {
      add(events, event);
      units += take(choices, event);
    }
    if (units > limits.classAnswerUnits) break;
  }
  const cut = units > limits.classAnswerUnits;
  const ordered = [...choices].toSorted(([a], [b]) => a - b).map(([, choice]) => choice);
  if (!cut && (ordered.length === 0 || !ordered.every(({ finished }) => finished))) {
    throw new UpstreamError('cut', "couldn't finish the answer: a choice has no finish reason");
  }
  if (reasoned) events.unshift({ type: 'lost', names: ['choices.reasoning'] });
  return { events, texts: ordered.map(sayingOf), handed: ordered.map(handedBy), usage, cut };
}

/** Both of what a choice says in words: both are shown. */
export function sayingOf(choice: { readonly content: string; readonly refusal: string }): string {
  return [choice.content, choice.refusal].filter((text) => text !== '').join('\n');
}

/** @returns the units of text that came with it */
function take(choices: Map<number, Choice>, event: ChatEvent): number {
  if (event.type === 'usage' || event.type === 'lost') return 0;
  const known = choices.get(event.choice);
  const choice = known ?? { content: '', refusal: '', finished: false, calls: new Map() };
  choices.set(event.choice, choice);
  switch (event.type) {
    case 'finish':
      choice.finished = true;
      return 0;
    case 'tool':
      choice.calls.set(event.index, (choice.calls.get(event.index) ?? '') + event.arguments);
      return event.arguments.length;
    case 'delta':
      if (event.channel !== 'reasoning') choice[event.channel] += event.text;
      return event.text.length;
  }
}

/** Every text in the arguments of its calls; what is not JSON is a text itself. */
function handedBy({ calls }: Choice): string {
  return [...calls.values()]
    .flatMap((text) => {
      const read = readJsonText(text);
      return typeof read === 'string' ? [text] : stringsIn(read.value);
    })
    .join('\n');
}

function stringsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(stringsIn);
  return isObject(value) ? Object.values(value).flatMap(stringsIn) : [];
}

/** Pieces of one text become one: nobody reads them one after another any more. */
function add(events: ChatEvent[], event: ChatEvent): void {
  const last = events.at(-1);
  const joins =
    last?.type === 'delta' &&
    event.type === 'delta' &&
    last.choice === event.choice &&
    last.channel === event.channel &&
    [last, event].every((one) => one.logprobs === undefined && one.signature === undefined);
  if (joins) events[events.length - 1] = { ...last, text: last.text + event.text };
  else events.push(event);
}
