import type { Client } from './client.ts';
import { type LessonNote, readNotes } from './lessons.ts';
import { list, shape, text } from './shape.ts';

export interface SpokenText {
  readonly role: string;
  readonly content: string;
}

export interface OpenedDraft {
  readonly said: string;
  /** Why the model was asked once more, as it was told. */
  readonly again: string;
  readonly notes: readonly LessonNote[];
}

/** The sealed text of a passage after it was opened. */
export interface OpenedText {
  readonly contentState: string;
  readonly request: readonly SpokenText[];
  /** What the model received, where a rule changed it. */
  readonly effective: readonly SpokenText[];
  readonly delivered: string;
  /** What the model said, where a rule changed it. */
  readonly raw: string;
  /** Of a class: what was withheld, what the model had to write again, and the notes on it. */
  readonly held: string;
  readonly drafts: readonly OpenedDraft[];
  readonly notes: readonly LessonNote[];
}

/** Opens the text. The checkpoint records who read it before it answers. */
export async function openText(client: Client, id: string): Promise<OpenedText> {
  const found = shape(
    await client.json(`/api/passages/${encodeURIComponent(id)}/open`, { method: 'POST' }),
  );
  return {
    contentState: text(found['contentState'], 'PRESENT'),
    request: readMessages(found['request']),
    effective: readMessages(found['effective']),
    delivered: readAnswer(found['delivered']),
    raw: readAnswer(found['raw']),
    held: readAnswer(found['held']),
    drafts: list(found['drafts'], (draft) => {
      const { texts, again, notes } = shape(draft);
      return { said: readAnswer(texts), again: text(again), notes: readNotes(notes) };
    }),
    notes: readNotes(found['notes']),
  };
}

/** Messages stand alone or beside what else was asked for (tools, a response format). */
function readMessages(value: unknown): readonly SpokenText[] {
  const messages = Array.isArray(value) ? value : shape(value)['messages'];
  return list(messages, (message) => {
    const { role, content } = shape(message);
    return { role: text(role), content: readContent(content) };
  });
}

function readContent(value: unknown): string {
  if (typeof value === 'string') return value;
  return list(value, (part) => text(shape(part)['text'], text(shape(part)['refusal']))).join('\n');
}

/** An answer is a text, or the texts of its channels for each choice. */
function readAnswer(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const choices = Array.isArray(value) ? value : [value];
  return choices
    .map((choice: unknown) => {
      if (typeof choice === 'string') return choice;
      const { content, refusal } = shape(choice);
      return [text(content), text(refusal)].filter((part) => part !== '').join('\n');
    })
    .filter((part) => part !== '')
    .join('\n\n');
}
