import { limits } from '#base';
import type { ChatEvent } from '#upstream';
import type { Usage } from '../chat-response.ts';

/** An answer that has come whole, of which nobody has seen anything yet. */
export interface Heard {
  /** What may leave once it is checked. Reasoning is not: nobody could check it for a class. */
  readonly events: readonly ChatEvent[];
  /** What each choice says to the pupil, in their order. */
  readonly texts: readonly string[];
  readonly callsTools: boolean;
  readonly usage: Usage | undefined;
  /** It went on beyond what is checked, and was broken off. */
  readonly cut: boolean;
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

/** @throws UpstreamError */
export async function hear(said: AsyncIterable<ChatEvent>): Promise<Heard> {
  const events: ChatEvent[] = [];
  const texts = new Map<number, { content: string; refusal: string }>();
  let usage: Usage | undefined;
  let callsTools = false;
  let reasoned = false;
  let units = 0;
  for await (const event of said) {
    if (event.type === 'usage') {
      const { type: _type, ...counted } = event;
      usage = counted;
      continue;
    }
    if (event.type === 'delta' && event.channel === 'reasoning') {
      reasoned = true;
      continue;
    }
    add(events, event);
    if (event.type === 'tool') {
      callsTools = true;
      units += event.arguments.length;
    }
    if (event.type === 'delta' && event.channel !== 'reasoning') {
      const text = texts.get(event.choice) ?? { content: '', refusal: '' };
      text[event.channel] += event.text;
      texts.set(event.choice, text);
      units += event.text.length;
    }
    if (units > limits.classAnswerUnits) break;
  }
  if (reasoned) events.unshift({ type: 'lost', names: ['choices.reasoning'] });
  const ordered = [...texts].toSorted(([a], [b]) => a - b);
  return {
    events,
    texts: ordered.map(([, { content, refusal }]) => (content === '' ? refusal : content)),
    callsTools,
    usage,
    cut: units > limits.classAnswerUnits,
  };
}
