import type { ChatEvent, FinishReason } from '#upstream';

/** An answer as a test means it, before any dialect has said it. */
export interface FakeAnswer {
  readonly choices: readonly FakeChoice[];
  readonly usage: FakeUsage;
}

export interface FakeChoice {
  readonly blocks: readonly FakeBlock[];
  readonly reason: FinishReason;
  readonly stopSequence?: string;
}

export type FakeBlock =
  | { readonly type: 'content' | 'refusal'; readonly pieces: readonly string[] }
  | { readonly type: 'reasoning'; readonly pieces: readonly string[]; readonly signature?: string }
  | { readonly type: 'sealed'; readonly signature: string }
  | {
      readonly type: 'tool';
      readonly id: string;
      readonly name: string;
      /** JSON text of an object when joined. */
      readonly pieces: readonly string[];
      readonly signature?: string;
    };

/** Parts are included in their wholes: cached in input, reasoning in output. */
export interface FakeUsage {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
  readonly reasoning: number;
}

/** What a reader of events understands in the end, however the pieces fell. */
export interface Understood {
  readonly choices: Readonly<Record<number, UnderstoodChoice>>;
  readonly usage: Partial<FakeUsage>;
  readonly lost: readonly string[];
}

interface UnderstoodChoice {
  content: string;
  refusal: string;
  reasoning: string;
  signatures: string[];
  sealed: string[];
  calls: { id: string; name: string; arguments: unknown; signature?: string }[];
  reason: string | undefined;
  stopSequence?: string;
}

export function understand(events: readonly ChatEvent[]): Understood {
  const choices: Record<number, UnderstoodChoice> = {};
  const args = new Map<string, { text: string; at: UnderstoodChoice['calls'][number] }>();
  const lost = new Set<string>();
  let usage: Partial<FakeUsage> = {};
  const choiceOf = (index: number): UnderstoodChoice =>
    (choices[index] ??= {
      content: '',
      refusal: '',
      reasoning: '',
      signatures: [],
      sealed: [],
      calls: [],
      reason: undefined,
    });
  for (const event of events) {
    switch (event.type) {
      case 'delta': {
        const choice = choiceOf(event.choice);
        choice[event.channel] += event.text;
        if (event.signature === undefined) break;
        (event.redacted === true ? choice.sealed : choice.signatures).push(event.signature);
        break;
      }
      case 'tool': {
        const key = `${event.choice}/${event.index}`;
        let call = args.get(key);
        if (call === undefined) {
          const at = { id: event.id ?? '', name: event.name ?? '', arguments: undefined };
          call = { text: '', at };
          args.set(key, call);
          choiceOf(event.choice).calls.push(at);
        }
        call.text += event.arguments;
        if (event.signature !== undefined) call.at.signature = event.signature;
        break;
      }
      case 'finish': {
        const choice = choiceOf(event.choice);
        choice.reason = event.reason;
        if (event.stopSequence !== undefined) choice.stopSequence = event.stopSequence;
        break;
      }
      case 'usage':
        usage = {
          input: event.inputTokens,
          output: event.outputTokens,
          cached: event.cachedTokens ?? 0,
          written: event.cacheWriteTokens ?? 0,
          reasoning: event.reasoningTokens ?? 0,
        };
        break;
      case 'lost':
        for (const name of event.names) lost.add(name);
    }
  }
  for (const { text, at } of args.values()) at.arguments = JSON.parse(text);
  return { choices, usage, lost: [...lost] };
}

/** The same, of the answer as it was meant. */
export function meant(answer: FakeAnswer): Understood {
  const events: ChatEvent[] = [];
  for (const [choice, { blocks, reason, stopSequence }] of answer.choices.entries()) {
    for (const [place, block] of blocks.entries())
      events.push(...blockEvents(choice, place, block));
    events.push({
      type: 'finish',
      choice,
      reason,
      ...(stopSequence === undefined ? {} : { stopSequence }),
    });
  }
  return { ...understand(events), usage: answer.usage };
}

function blockEvents(choice: number, index: number, block: FakeBlock): ChatEvent[] {
  const base = { type: 'delta', choice } as const;
  switch (block.type) {
    case 'content':
    case 'refusal':
      return block.pieces.map((text) => ({ ...base, channel: block.type, text }));
    case 'reasoning':
      return [
        ...block.pieces.map((text) => ({ ...base, channel: 'reasoning' as const, text })),
        ...(block.signature === undefined
          ? []
          : [{ ...base, channel: 'reasoning' as const, text: '', signature: block.signature }]),
      ];
    case 'sealed': {
      const { signature } = block;
      return [{ ...base, channel: 'reasoning', text: '', signature, redacted: true }];
    }
    case 'tool': {
      const { id, name, pieces, signature } = block;
      const sealed = signature === undefined ? {} : { signature };
      return [{ type: 'tool', choice, index, id, name, arguments: pieces.join(''), ...sealed }];
    }
  }
}
