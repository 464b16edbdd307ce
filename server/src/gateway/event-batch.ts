import type { ChatEvent, ChatEvents } from '#upstream';

/** An event with the pieces in which its text came, where several came together. */
export interface JoinedEvent {
  readonly event: ChatEvent;
  readonly pieces?: readonly string[];
}

const none: readonly ChatEvent[] = [];

/**
 * Gives events as they come: those that are there at once, at once. Leaving early, for whatever
 * reason, cancels who says them.
 * @param each whether to go on
 */
export async function readBatches(
  events: ChatEvents,
  each: (batch: readonly ChatEvent[]) => boolean | Promise<boolean>,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let left = true;
  try {
    for (;;) {
      left = false;
      // oxlint-disable-next-line no-await-in-loop -- events come one after another
      const next = await iterator.next();
      if (next.done === true) return;
      left = true;
      const more = iterator.take?.() ?? none;
      const going = each(more.length === 0 ? [next.value] : [next.value, ...more]);
      // oxlint-disable-next-line no-await-in-loop -- the reader is slower than the writer
      if (!(typeof going === 'boolean' ? going : await going)) return;
    }
  } finally {
    // An iterator that ended or failed by itself has nothing to cancel.
    if (left) await iterator.return?.();
  }
}

/**
 * Texts of one channel that came together, as one: they are looked at once, and not once for each
 * token. Whatever else an event carries keeps it apart.
 */
export function joined(batch: readonly ChatEvent[]): readonly JoinedEvent[] {
  const first = batch[0]!;
  if (batch.length === 1) return [{ event: first }];
  const runs: JoinedEvent[] = [];
  for (let at = 0; at < batch.length; at++) {
    const event = batch[at]!;
    let end = at + 1;
    while (end < batch.length && continues(event, batch[end]!)) end++;
    if (end === at + 1) runs.push({ event });
    else {
      const pieces = batch.slice(at, end).map((one) => (one as typeof event & Plain).text);
      runs.push({ event: { ...(event as typeof event & Plain), text: pieces.join('') }, pieces });
      at = end - 1;
    }
  }
  return runs;
}

type Plain = Extract<ChatEvent, { readonly type: 'delta' }>;

function continues(event: ChatEvent, next: ChatEvent): boolean {
  return (
    isPlain(event) &&
    isPlain(next) &&
    event.choice === next.choice &&
    event.channel === next.channel
  );
}

function isPlain(event: ChatEvent): event is Plain {
  return event.type === 'delta' && event.logprobs === undefined && event.signature === undefined;
}

/**
 * Text that may leave, cut where its pieces were cut when they came, as far as it can be said: who
 * counts events, or shows them one by one, sees those that the model sent.
 * @param held units of the last pieces that stay behind
 */
export function cutAsItCame(
  text: string,
  pieces: readonly string[],
  held: number,
): readonly string[] {
  const cuts: string[] = [];
  let end = text.length;
  let at = text.length + held;
  for (let i = pieces.length - 1; i > 0 && at > 0; i--) {
    at -= pieces[i]!.length;
    if (at >= end || at <= 0 || isInsidePair(text, at)) continue;
    cuts.push(text.slice(at, end));
    end = at;
  }
  if (end > 0) cuts.push(text.slice(0, end));
  return cuts.toReversed();
}

/** Half a character in an event is one that some readers cannot put together again. */
function isInsidePair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000;
}
