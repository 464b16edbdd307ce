import type { Policy } from '#policy';
import type { ChatEvent, EmbedAnswer, Upstream } from '#upstream';
import { limits } from '#base';
import type { RuleBook } from './admission.ts';
import type { AnswerCache, CachePlace, KeptAnswer, Said } from './answer-cache.ts';
import type { Caller } from './caller.ts';
import { questionOf } from './likeness.ts';
import type { Admitted, Result } from './passage.ts';
import { type Candidate, type Route, automaticModel } from './route.ts';

/** How an answer came about, as it is recorded. */
export interface Cached {
  readonly answer: 'hit' | 'semantic-hit';
  /** Id of the passage whose answer it is. */
  readonly passage: string;
}

type Rule = NonNullable<Policy['document']['cache']>['classes'][number];

/**
 * One request at the cache: whether it may be answered from there, and whether its own answer may
 * be kept. Undefined where the rule book, the request or the caller says that neither is the case.
 */
export function visitCache(
  book: RuleBook,
  from: { readonly admitted: Admitted; readonly caller: Caller; readonly way: Route },
): CacheVisit | undefined {
  const { admitted, caller, way } = from;
  const rule = book.cache.settings?.classes.find(({ id }) => id === admitted.dataClass);
  if (rule === undefined || !isRepeatable(admitted, rule)) return undefined;
  const wish = wishOf(caller);
  if (wish.noStore) return undefined;
  const place = placeOf(book, admitted, rule);
  const isLost = (id: string): boolean => book.continuity.upstreams.get(id)?.absence === 'drill';
  const visit = new CacheVisit(book.cache, { admitted, rule, place, way, isLost });
  if (!wish.noCache) visit.look(wish.maxAgeMs);
  return visit;
}

export class CacheVisit {
  readonly #cache: AnswerCache;
  readonly #generation: number;
  readonly #admitted: Admitted;
  readonly #rule: Rule;
  readonly #place: CachePlace;
  readonly #way: Route;
  readonly #isLost: (id: string) => boolean;
  #cached: Cached | undefined;
  #found: Candidate | undefined;
  #recording: Recording | undefined;

  constructor(
    cache: AnswerCache,
    from: {
      readonly admitted: Admitted;
      readonly rule: Rule;
      readonly place: CachePlace;
      readonly way: Route;
      /** Whether the loss of an upstream is being rehearsed. */
      readonly isLost: (id: string) => boolean;
    },
  ) {
    this.#cache = cache;
    this.#generation = cache.generation;
    this.#admitted = from.admitted;
    this.#rule = from.rule;
    this.#place = from.place;
    this.#way = from.way;
    this.#isLost = from.isLost;
  }

  /** Where the answer comes from, if from here. */
  get cached(): Cached | undefined {
    return this.#cached;
  }

  /** The upstream that made the answer, with the answer in place of the upstream. */
  get found(): Candidate | undefined {
    return this.#found;
  }

  get word(): 'hit' | 'semantic-hit' | 'miss' {
    return this.#cached?.answer ?? 'miss';
  }

  /**
   * Takes an answer only of an upstream that this very request may be sent to now: the class, the
   * countries, the bounds of the key and what it can pay for have been applied to the way already.
   */
  look(maxAgeMs: number): void {
    const may = (kept: KeptAnswer): boolean => this.#candidateOf(kept) !== undefined;
    const { exact, semantic } = this.#rule;
    let kept = exact ? this.#cache.exact(this.#place, maxAgeMs, may) : undefined;
    let answer: Cached['answer'] = 'hit';
    if (kept === undefined && semantic !== undefined) {
      kept = this.#cache.alike(this.#place, { maxAgeMs, ...semantic }, may);
      answer = 'semantic-hit';
    }
    if (kept === undefined) return;
    this.#cached = { answer, passage: kept.passage };
    this.#found = replayed(this.#candidateOf(kept)!, kept.said);
  }

  /**
   * The candidate as it was, with what it says kept on the way. What a fallback says is not kept:
   * it would go on being said when the first is back.
   */
  watch(candidate: Candidate): Candidate {
    if (candidate.declared.id !== this.#way.candidates[0]?.declared.id) return candidate;
    this.#recording = new Recording(candidate);
    return this.#recording.candidate;
  }

  /** The outcome is on record: an answer that was whole, and in which no rule saw anything. */
  keep(passage: string, result: Result): void {
    const said = this.#recording?.said;
    if (said === undefined || this.#cached !== undefined) return;
    if (result.end !== 'complete' || result.upstream === undefined) return;
    if ((result.answer?.verdict().rules.length ?? 0) > 0) return;
    const { upstream } = result;
    const { bytes } = this.#recording!;
    const kept = { keyId: this.#admitted.key.id, passage, upstream, said, bytes };
    this.#cache.keep(this.#place, kept, this.#rule.seconds, this.#generation);
  }

  #candidateOf({ keyId, upstream }: KeptAnswer): Candidate | undefined {
    if (keyId !== this.#admitted.key.id) return undefined;
    // A drill asks how the work goes on without it, and not for how long one can live on stores.
    if (this.#isLost(upstream)) return undefined;
    const found = this.#way.candidates.find(({ declared }) => declared.id === upstream);
    const { model } = this.#admitted.request.body;
    if (found === undefined || model === automaticModel) return found;
    return found.declared.id === model || found.declared.model === model ? found : undefined;
  }
}

/** What a caller asks of the cache, in `cache-control` or, where a client cannot, in our own. */
function wishOf(caller: Caller): { noStore: boolean; noCache: boolean; maxAgeMs: number } {
  const stated = ['cache-control', 'x-sekisho-cache'].map((name) => caller.header(name) ?? '');
  const words = stated.flatMap((value) => value.toLowerCase().split(/\s*,\s*/));
  const ages = words.flatMap((word) => /^max-age="?(\d{1,9})"?$/.exec(word.trim())?.[1] ?? []);
  return {
    noStore: words.includes('no-store'),
    noCache: words.includes('no-cache'),
    maxAgeMs: Math.min(Infinity, ...ages.map((seconds) => Number(seconds) * 1_000)),
  };
}

/** Whether the same request may have the same answer, as far as anybody can tell. */
function isRepeatable({ request, dialect, inspection }: Admitted, rule: Rule): boolean {
  const { body, unknown, images } = request;
  // Members nobody here knows may ask for anything: a search, a tool of the vendor's own.
  if (unknown.length > 0) return false;
  if (inspection.decision.action === 'escalate') return false;
  // What stands at an address may be another picture tomorrow.
  if (images.some(({ kind }) => kind !== 'inline')) return false;
  if (dialect.createWriter === undefined) return true;
  if ((body.tools ?? []).length > 0 || (body.n ?? 1) !== 1) return false;
  return (body.temperature ?? 1) <= rule.maxTemperature;
}

/**
 * A request by everything that could change its answer. It is the masked one, so two requests that
 * differ in masked values only are one, and each gets its own values back. Whether it is streamed
 * changes nothing.
 */
function placeOf(book: RuleBook, admitted: Admitted, rule: Rule): CachePlace {
  const { cache } = book;
  const { effective, dialect, dialectHeaders, key, policy, dataClass, about } = admitted;
  const { stream: _stream, stream_options: _options, ...wire } = effective.wire;
  const around = [key.id, policy.sha256, dataClass, about, dialect.name, dialectHeaders];
  const members = Object.entries(wire).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const exact = cache.nameOf(JSON.stringify([...around, members]));
  const text = rule.semantic === undefined ? undefined : comparedText(admitted);
  if (text === undefined) return { exact };
  // Unforgeable, because it is a keyed hash: no text of a caller can stand for another.
  const gap = cache.nameOf('the question');
  let gaps = 0;
  const scope = JSON.stringify([...around, members], (_name, value: unknown) => {
    if (value !== text) return value;
    gaps++;
    return gap;
  });
  if (gaps !== 1) return { exact };
  return { exact, alike: { scope: cache.nameOf(scope), question: questionOf(text) } };
}

/**
 * The last thing a person said, where it may be compared with others: alone in its message, of a
 * bounded length, without pictures, and with nothing masked anywhere in the request, since the
 * value behind a stand-in is not looked at here.
 */
function comparedText({ effective, request, dialect, placeholders }: Admitted): string | undefined {
  if (dialect.createWriter === undefined || request.images.length > 0) return undefined;
  if (placeholders.count > 0 || effective !== request) return undefined;
  const last = effective.body.messages.at(-1);
  if (last?.role !== 'user') return undefined;
  const [part, ...more] = typeof last.content === 'string' ? [last.content] : last.content;
  if (part === undefined || more.length > 0) return undefined;
  const text = typeof part === 'string' ? part : part.type === 'image_url' ? '' : textOf(part);
  // Lines and raised digits say more than their words: such texts are the same or they are not.
  const exactOnly = /\n|[\p{No}\u2070-\u209f]/u.test(text);
  return text === '' || exactOnly || text.length > limits.cacheQuestionUnits ? undefined : text;
}

function textOf(part: { readonly text: string } | { readonly refusal: string }): string {
  return 'text' in part ? part.text : '';
}

function replayed({ declared }: Candidate, said: Said): Candidate {
  const upstream: Upstream = {
    id: declared.id,
    available: () => true,
    chat: () => events(said),
    ...(said.type === 'embeddings' ? { embed: () => Promise.resolve(said.answer) } : {}),
    close: () => Promise.resolve(),
  };
  return { declared, upstream };
}

// oxlint-disable-next-line require-await -- an upstream's events are read as if they came now
async function* events(said: Said): AsyncGenerator<ChatEvent> {
  if (said.type === 'chat') yield* said.events;
}

/** Passes an answer on and keeps it, as long as it is one that may be kept. */
class Recording {
  readonly candidate: Candidate;
  #events: ChatEvent[] | undefined = [];
  #ended = false;
  #embedded: EmbedAnswer | undefined;
  #bytes = 0;

  constructor({ declared, upstream }: Candidate) {
    const embed = upstream.embed?.bind(upstream);
    this.candidate = {
      declared,
      upstream: {
        id: upstream.id,
        available: () => upstream.available(),
        chat: (request, signal) => this.#record(upstream.chat(request, signal)),
        ...(embed === undefined
          ? {}
          : { embed: async (...asked) => this.#take(await embed(...asked)) }),
        close: () => Promise.resolve(),
      },
    };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined for an answer that was cut, is too large, calls a tool or declines. */
  get said(): Said | undefined {
    if (this.#embedded !== undefined) return { type: 'embeddings', answer: this.#embedded };
    const finished = this.#events?.some(({ type }) => type === 'finish') === true;
    if (this.#events === undefined || !this.#ended || !finished) return undefined;
    return { type: 'chat', events: this.#events };
  }

  async *#record(said: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent> {
    for await (const event of said) {
      this.#add(event);
      yield event;
    }
    this.#ended = true;
  }

  #add(event: ChatEvent): void {
    if (this.#events === undefined) return;
    this.#events.push(event);
    // Two bytes a character, and an object for each event.
    this.#bytes += 200 + 2 * JSON.stringify(event).length;
    const tooLarge = this.#bytes > limits.cacheAnswerBytes;
    if (tooLarge || !isOrdinary(event)) this.#events = undefined;
  }

  #take(answer: EmbedAnswer): EmbedAnswer {
    const size = answer.vectors.reduce((sum, vector) => sum + 100 + 8 * vector.length, 0);
    this.#bytes = size;
    if (size <= limits.cacheAnswerBytes) this.#embedded = answer;
    return answer;
  }
}

/** Part of an answer that came to its own end, and that makes nobody do anything. */
function isOrdinary(event: ChatEvent): boolean {
  switch (event.type) {
    case 'delta':
      return event.channel !== 'refusal';
    case 'tool':
      return false;
    case 'finish':
      return event.reason === 'stop';
    case 'usage':
    case 'lost':
      return true;
  }
}
