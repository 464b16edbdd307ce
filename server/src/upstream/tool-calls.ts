import { randomUUID } from 'node:crypto';
import { limits } from '#base';
import { malformed } from './errors.ts';
import type { ChatEvent } from './event.ts';

export type ToolEvent = Extract<ChatEvent, { type: 'tool' }>;

/** One piece of a call, as some server sent it. */
export interface WireToolPiece {
  readonly index?: number | undefined;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments: string;
  readonly signature?: string | undefined;
}

interface OpenCall {
  readonly id: string;
  named: boolean;
}

/** A call whose upstream gave it no id gets one of ours: callers answer by it. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}

/**
 * Tells which call of one choice a piece belongs to. Servers differ: some leave the index out, some
 * give every parallel call the index 0, some repeat id and name with each piece, some make a new id
 * for each piece of one call. A piece begins a call when its index is new, or when it has a name
 * and an id other than that of the call with its index.
 */
export class ToolCalls {
  readonly #calls = new Map<number, OpenCall>();
  /** From the wire's index to ours, where they differ. */
  readonly #moved = new Map<number, number>();
  #last: number | undefined;

  get size(): number {
    return this.#calls.size;
  }

  get seen(): boolean {
    return this.#calls.size > 0;
  }

  event(choice: number, piece: WireToolPiece): ToolEvent {
    const index = this.#index(piece);
    this.#last = index;
    const { name, signature } = piece;
    const rest = {
      arguments: piece.arguments,
      ...(signature === undefined ? {} : { signature }),
    };
    const call = this.#calls.get(index);
    if (call === undefined) {
      if (this.#calls.size >= limits.upstreamToolCalls) throw malformed('too many tool calls');
      const id = piece.id || newCallId();
      this.#calls.set(index, { id, named: Boolean(name) });
      return { type: 'tool', choice, index, id, ...(name ? { name } : {}), ...rest };
    }
    if (!name || call.named) return { type: 'tool', choice, index, ...rest };
    call.named = true;
    return { type: 'tool', choice, index, name, ...rest };
  }

  #index({ index, id, name }: WireToolPiece): number {
    const wire = index ?? this.#last;
    if (wire === undefined) return this.#free(0);
    const here = index === undefined ? wire : (this.#moved.get(wire) ?? wire);
    const call = this.#calls.get(here);
    if (call === undefined) return here;
    const another = Boolean(name) && (id ? id !== call.id : index === undefined && call.named);
    if (!another) return here;
    const next = this.#free(here + 1);
    if (index !== undefined) this.#moved.set(wire, next);
    return next;
  }

  #free(from: number): number {
    let index = from;
    while (this.#calls.has(index)) index++;
    return index;
  }
}
