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
 * Arguments that a dialect sends as a value, as the JSON text that callers get.
 * @throws UpstreamError `malformed` for what nests too deeply to be written
 */
export function argumentsText(value: object | null | undefined): string {
  try {
    return JSON.stringify(value ?? {});
  } catch {
    throw malformed('the arguments of a call nest too deeply');
  }
}

/**
 * Tells which call of one choice a piece belongs to, and counts the calls from 0 in the order in
 * which they begin. Servers differ: some leave the index out, some give every parallel call the
 * index 0, some repeat id and name with each piece, some make a new id for each piece of one call.
 * A piece begins a call when its index is new, or when it has a name and an id other than that of
 * the call with its index.
 */
export class ToolCalls {
  readonly #calls: OpenCall[] = [];
  /** From the wire's index to ours. */
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#calls.length;
  }

  get seen(): boolean {
    return this.#calls.length > 0;
  }

  event(choice: number, piece: WireToolPiece): ToolEvent {
    const { name, signature } = piece;
    const rest = {
      arguments: piece.arguments,
      ...(signature === undefined ? {} : { signature }),
    };
    const index = this.#place(piece);
    const call = this.#calls[index];
    if (call === undefined) {
      if (index >= limits.upstreamToolCalls) throw malformed('too many tool calls');
      const id = piece.id || newCallId();
      this.#calls.push({ id, named: Boolean(name) });
      if (piece.index !== undefined) this.#places.set(piece.index, index);
      return { type: 'tool', choice, index, id, ...(name ? { name } : {}), ...rest };
    }
    if (!name || call.named) return { type: 'tool', choice, index, ...rest };
    call.named = true;
    return { type: 'tool', choice, index, name, ...rest };
  }

  /** @returns the place of an open call, or the one after the last for a call that begins */
  #place({ index, id, name }: WireToolPiece): number {
    const next = this.#calls.length;
    const place = index === undefined ? next - 1 : this.#places.get(index);
    const call = place === undefined ? undefined : this.#calls[place];
    if (place === undefined || call === undefined) return next;
    const another = Boolean(name) && (id ? id !== call.id : index === undefined && call.named);
    return another ? next : place;
  }
}
