import {
  type ChatEvent,
  type ChatRequest,
  type Upstream,
  UpstreamError,
  canonicalChat,
} from '#upstream';

/** What a call does, step by step: says a text, fails, or waits until it is cancelled. */
export type Step = string | UpstreamError;

export interface TimedUpstream extends Upstream {
  calls: number;
  cancelled: number;
  /** What the next calls do; the last one is repeated. */
  scripts: (readonly Step[])[];
  up: boolean;
}

/** An upstream without a wire. A step `silence` lasts until the caller gives it up. */
export function timedUpstream(id: string, ...scripts: readonly Step[][]): TimedUpstream {
  const upstream: TimedUpstream = {
    id,
    calls: 0,
    cancelled: 0,
    scripts: scripts.length === 0 ? [['Hello.']] : [...scripts],
    up: true,
    available: () => upstream.up,
    close: () => Promise.resolve(),
    async *chat(_request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
      upstream.calls++;
      const script =
        upstream.scripts.length > 1 ? upstream.scripts.shift()! : (upstream.scripts[0] ?? []);
      for (const step of script) {
        if (step instanceof UpstreamError) throw step;
        if (step === 'silence') {
          await aborted(signal);
          upstream.cancelled++;
          throw new UpstreamError('aborted', 'the caller left');
        }
        yield { type: 'delta', choice: 0, channel: 'content', text: step };
      }
      yield { type: 'finish', choice: 0, reason: 'stop' };
    },
  };
  return upstream;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export const chatRequest: ChatRequest = {
  model: 'm',
  chat: canonicalChat({ model: 'm', messages: [] }),
  messages: [],
  body: new Uint8Array(),
  stream: true,
};
