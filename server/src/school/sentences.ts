/** A stretch of a text: UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const ends = /[。！？!?]+[」』）)"'”’]*|\.(?=\s|$)["'”’)]*|\n+/g;
/** What a full stop does not end a sentence after. */
const short =
  /(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|St|No|vs|e\.g|i\.e|etc|ca|approx|fig|vol|pp?|พ\.ศ|ค\.ศ)$/i;
/** Marks of lists, headings and emphasis that models write. */
const lead = /^[\s\u3000]*(?:[-*+•・●○■□▪]|#{1,6}|\d{1,2}[.)．)](?=\s)|[①-⑳])?[\s\u3000]*/;

/** Sentences and lines, without the blanks and marks round them; offsets into the text given. */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  const add = (to: number): void => {
    const piece = text.slice(from, to);
    const start = from + (lead.exec(piece)?.[0].length ?? 0);
    let end = to;
    while (end > start && /\s/.test(text.charAt(end - 1))) end--;
    if (end > start && /[\p{L}\p{N}]/u.test(text.slice(start, end))) spans.push({ start, end });
    from = to;
  };
  let depth = 0;
  let at = 0;
  for (const match of text.matchAll(ends)) {
    for (; at < match.index; at++) {
      if (text.charAt(at) === '「' || text.charAt(at) === '『') depth++;
      if (text.charAt(at) === '」' || text.charAt(at) === '』') depth = Math.max(0, depth - 1);
    }
    const isLine = match[0].startsWith('\n');
    if (isLine) depth = 0;
    if (depth > 0 && !/[」』]/.test(match[0])) continue;
    if (match[0].startsWith('.') && short.test(text.slice(Math.max(0, from), match.index)))
      continue;
    add(match.index + match[0].length);
  }
  add(text.length);
  return spans;
}
