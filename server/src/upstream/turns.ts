import { createHash } from 'node:crypto';
import type { CanonicalChat, CanonicalMessage, CanonicalPart } from './canonical-chat.ts';
import { notInDialect } from './errors.ts';
import type { Losses } from './losses.ts';

/** What dialects with a system text of its own and alternating speakers have in common. */

export interface Turn<Block> {
  readonly speaker: 'user' | 'model';
  readonly blocks: Block[];
}

export interface Split<Block> {
  /** System and developer texts in their order, without the empty ones. */
  readonly system: readonly string[];
  readonly turns: readonly Turn<Block>[];
}

export type Spoken = Exclude<CanonicalMessage, { role: 'system' | 'developer' }>;

/**
 * Sorts a conversation into its system texts and turns of alternating speakers: messages of one
 * speaker in a row become one turn. What a tool answered is said by the user.
 */
export function splitTurns<Block>(
  chat: CanonicalChat,
  losses: Losses,
  blocksOf: (message: Spoken) => readonly Block[],
): Split<Block> {
  const system: string[] = [];
  const turns: Turn<Block>[] = [];
  for (const message of chat.messages) {
    if ('name' in message) losses.add('messages.name');
    if (!isSpoken(message)) {
      if (turns.length > 0) losses.add('messages.order');
      system.push(...message.parts.map(textOf).filter((text) => text !== ''));
      continue;
    }
    const blocks = blocksOf(message);
    // A turn without blocks is an error in these dialects; it says nothing.
    if (blocks.length === 0) continue;
    const speaker = message.role === 'assistant' ? 'model' : 'user';
    const last = turns.at(-1);
    if (last?.speaker === speaker) last.blocks.push(...blocks);
    else turns.push({ speaker, blocks: [...blocks] });
  }
  return { system, turns };
}

function isSpoken(message: CanonicalMessage): message is Spoken {
  return message.role !== 'system' && message.role !== 'developer';
}

/** @throws UpstreamError for a part that is not text */
export function textOf(part: CanonicalPart): string {
  if (part.type === 'text' || part.type === 'refusal') return part.text;
  throw notInDialect(`content of the kind "${kindOf(part)}" there`);
}

/** A name of the part's kind that may stand in an error. */
export function kindOf(part: CanonicalPart): string {
  if (part.type !== 'unknown') return part.type;
  return /^\w{1,40}$/.test(part.kind) ? part.kind : 'unknown';
}

/**
 * An id of a call as these dialects allow it. One they do not allow becomes a digest of itself, so
 * that the call and its answer still agree.
 */
export function callId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  return `call_${createHash('sha256').update(id, 'utf8').digest('hex').slice(0, 32)}`;
}
