import { type CueHit, CueBook } from './cues.ts';
import type { Folded } from './folded.ts';
import type { Level } from './level.ts';
import type { Pack } from './pack.ts';
import type { Caution, Sign, Topic, TwoViews } from './schema.ts';
import type { Span } from './sentences.ts';

/** A rule of the pack, by the name its notes bear. */
export type Rule =
  | { readonly of: 'topic'; readonly id: string; readonly row: Topic }
  | { readonly of: 'views'; readonly id: string; readonly row: TwoViews }
  | { readonly of: 'caution'; readonly id: string; readonly row: Caution }
  | { readonly of: 'sign'; readonly id: string; readonly row: Sign };

/** A rule that found something, and where in the text. */
export interface Fired {
  readonly rule: Rule;
  readonly at: Span;
}

/** What each turn of a conversation had of the rules' cues, by name: no text. */
export type Seen = Readonly<Record<string, number>>;

export interface Found {
  readonly fired: readonly Fired[];
  /** Names of cues found that alone say nothing yet, to be remembered for the next turn. */
  readonly partly: readonly string[];
}

export class Rules {
  readonly #rules: readonly Rule[];
  readonly #book: CueBook;
  readonly #views: CueBook;
  readonly #viewPlace: readonly { readonly rule: string; readonly view: number }[];

  constructor(pack: Pick<Pack, 'topics' | 'views' | 'cautions' | 'signs'>) {
    this.#rules = [
      ...pack.topics.map((row) => ({ of: 'topic' as const, id: `topic/${row.id}`, row })),
      ...pack.views.map((row) => ({ of: 'views' as const, id: `views/${row.id}`, row })),
      ...pack.cautions.map((row) => ({ of: 'caution' as const, id: `caution/${row.id}`, row })),
      ...pack.signs.map((row) => ({ of: 'sign' as const, id: `sign/${row.id}`, row })),
    ];
    this.#book = new CueBook(this.#rules.map(({ row }) => row.cues));
    const views = pack.views.flatMap(({ id, views: all }) =>
      all.map(({ cues }, view) => ({ rule: `views/${id}`, view, cues })),
    );
    this.#viewPlace = views;
    this.#views = new CueBook(views.map(({ cues }) => ({ any: cues, with: [], not: [] })));
  }

  /** @param seen of earlier turns: cues of one rule may come one by one */
  find(text: Folded, seen: Seen): Found {
    const fired: Fired[] = [];
    const partly: string[] = [];
    for (const [place, hit] of this.#book.find(text)) {
      const rule = this.#rules[place]!;
      const needsMore = rule.row.cues.with.length > 0;
      const at = spanOf(hit);
      const has = (part: 'any' | 'with'): boolean =>
        hit[part] !== null || (seen[partName(part, rule)] ?? 0) > 0;
      if (has('any') && (!needsMore || has('with')) && (needsMore || hit.any !== null)) {
        fired.push({ rule, at });
      }
      if (!needsMore) continue;
      for (const part of ['any', 'with'] as const) {
        if (hit[part] !== null) partly.push(partName(part, rule));
      }
    }
    return { fired, partly };
  }

  /** @returns places of the views of a rule that a text speaks for */
  viewsIn(text: Folded, rule: string): ReadonlySet<number> {
    const found = new Set<number>();
    for (const place of this.#views.find(text).keys()) {
      const view = this.#viewPlace[place]!;
      if (view.rule === rule) found.add(view.view);
    }
    return found;
  }
}

function partName(part: 'any' | 'with', rule: Rule): string {
  return `~${part}/${rule.id}`;
}

function spanOf({ any, with: other }: CueHit): Span {
  return any ?? other ?? { start: 0, end: 0 };
}

/** How a topic may be spoken of in a year; where no row covers it, the strictest holds. */
export function framingOf(topic: Topic, year: number): Topic['framing'][number] {
  const rows = topic.framing.filter(({ from, to }) => from <= year && year <= to);
  return (rows.length === 0 ? topic.framing : rows).reduce((strictest, row) =>
    row.level > strictest.level ? row : strictest,
  );
}

export function levelOf(row: { readonly level: number }): Level {
  return row.level as Level;
}
