import { limits } from '#base';
import { z } from 'zod';

/**
 * The part of `sekisho.yaml` that says where a request may go, in which order, and what happens
 * when an upstream fails.
 */
const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use 1 to 64 of a-z 0-9 . _ -');

/** ISO 3166-1 alpha-2, or `local` for this machine's own. */
export const country = z
  .string()
  .regex(/^([A-Z]{2}|local)$/, 'use a two-letter country code, or local');

/** What a request may need of a model beyond plain text. */
export const needs = ['tools', 'images', 'jsonSchema', 'streaming', 'embeddings'] as const;
export type Need = (typeof needs)[number];

/** How the upstreams a request may reach are put in order. */
export const orders = ['order', 'weighted', 'least-busy', 'cheapest', 'fastest'] as const;

/**
 * Where a data class may go. Every member that is written must hold, so that adding one can only
 * narrow the way.
 */
export const reach = {
  /** Upstreams that this class may reach, in the order in which they are tried. */
  upstreams: z.array(name).max(64).optional(),
  /** Only upstreams whose operator answers to the law of one of these. */
  jurisdictions: z.array(country).max(64).optional(),
  /** Only upstreams whose data rests in one of these. */
  residencies: z.array(country).max(64).optional(),
} as const;

/** What a model can do. A member that is not written is not known, and such a model is tried. */
const capabilities = z.strictObject({
  tools: z.boolean().optional(),
  images: z.boolean().optional(),
  jsonSchema: z.boolean().optional(),
  streaming: z.boolean().optional(),
  embeddings: z.boolean().optional(),
  /** Tokens of question and answer together. */
  contextTokens: z.int().min(1).max(100_000_000).optional(),
});

const day = z.iso.date('use a date such as 2027-03-31');

/** The terms under which the upstream is used, and when somebody last read them. */
const terms = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).max(500),
    reviewed: day,
    /** The last day on which that reading counts. */
    reviewBy: day,
  })
  .refine(({ reviewed, reviewBy }) => reviewed <= reviewBy, {
    path: ['reviewBy'],
    message: 'it lies before the review',
  });

/** How long the upstream may take; what is not written is the checkpoint's own limit. */
const timeLimits = z.strictObject({
  connectMs: z.int().min(50).max(limits.upstreamConnectMs).optional(),
  /** Of a streamed answer: until its first piece. */
  firstTokenMs: z.int().min(50).max(limits.upstreamFirstByteMs).optional(),
  /** Of a streamed answer: silence between two pieces. */
  gapMs: z.int().min(50).max(limits.upstreamGapMs).optional(),
  /** An answer that is not streamed: until it is there. */
  answerMs: z.int().min(50).max(limits.upstreamFirstByteMs).optional(),
});

/** Members of every upstream that routing and continuity read. */
export const routedUpstream = {
  capabilities: capabilities.optional(),
  /** Of earlier releases. Read only to say where it stands now. */
  price: z.unknown().optional(),
  /** Share of the traffic where a rule says `weighted`; 0 is used when the others have failed. */
  weight: z.int().min(0).max(1_000).default(1),
  terms: terms.optional(),
  timeLimits: timeLimits.optional(),
  /** How it is asked whether it is there: its list of models, a connection, or not at all. */
  probe: z.enum(['models', 'connect', 'none']).default('connect'),
} as const;

const routingRule = z.strictObject({
  id: name,
  /** The rule is about these classes; all when absent. */
  classes: z.array(name).min(1).max(32).optional(),
  /** And about requests that ask for one of these models, `auto` among them; all when absent. */
  models: z.array(z.string().min(1).max(200)).min(1).max(64).optional(),
  /** And about requests that need all of these. */
  needs: z.array(z.enum(needs)).min(1).max(needs.length).optional(),
  order: z.enum(orders),
  /** A conversation stays with the upstream that answered it first. */
  sticky: z.boolean().default(false),
  /** Ask the next upstream too when the first is slow to begin. */
  hedge: z
    .strictObject({
      /** Wait this long; when absent, longer than 95 of 100 of its answers took to begin. */
      afterMs: z.int().min(10).max(limits.upstreamFirstByteMs).optional(),
    })
    .optional(),
  /** Ask a candidate the same in the background, and compare. */
  shadow: z.strictObject({ upstream: name, percent: z.number().min(0).max(100) }).optional(),
});

export const routing = z.array(routingRule).max(100);

/** When an upstream is left alone, and how often a failure may lead to another call. */
export const continuity = z.strictObject({
  breaker: z
    .strictObject({
      /** Failures are counted over the last so many seconds. */
      windowSeconds: z.int().min(1).max(3_600).default(30),
      /** Fewer failures than this open nothing. */
      failures: z.int().min(1).max(1_000).default(3),
      /** And they must be this share of all calls in the window. */
      failurePercent: z.int().min(1).max(100).default(50),
      /** How long it is left alone at first; twice as long after each trial that fails. */
      openSeconds: z.int().min(1).max(600).default(10),
    })
    .prefault({}),
  retries: z
    .strictObject({
      /** Calls after a failure, as a share of the answers the upstream gives. */
      percent: z.int().min(0).max(100).default(20),
      /** And so many at once before that share counts. */
      burst: z.int().min(0).max(10_000).default(100),
    })
    .prefault({}),
  /** Seconds between probes of an upstream without traffic; 0 for no probes. */
  probeSeconds: z.int().min(0).max(3_600).default(30),
});

/** A request and what must become of it: `sekisho policy test` tries them all. */
const example = z.strictObject({
  name,
  text: z.string().min(1).max(20_000),
  class: name.optional(),
  model: z.string().min(1).max(200).optional(),
  needs: z.array(z.enum(needs)).max(needs.length).optional(),
  expect: z.strictObject({
    decision: z.enum(['allow', 'annotate', 'redact', 'escalate', 'block']),
    class: name.optional(),
    rules: z.array(name).max(64).optional(),
    /** The first upstream that is tried. */
    upstream: name.optional(),
    /** The member of this file that leaves no upstream, by its path. */
    refused: z.string().min(1).max(200).optional(),
  }),
});

export const examples = z.array(example).max(1_000);

interface RoutedDocument {
  readonly dataClasses: readonly {
    readonly id: string;
    readonly upstreams?: readonly string[] | undefined;
    readonly jurisdictions?: readonly string[] | undefined;
    readonly residencies?: readonly string[] | undefined;
  }[];
  readonly upstreams: readonly {
    readonly id: string;
    readonly price?: unknown;
  }[];
  readonly routing?: z.infer<typeof routing> | undefined;
  readonly examples?: z.infer<typeof examples> | undefined;
}

type Report = (path: (string | number)[], message: string) => void;

/** What one member alone cannot show: names that lead nowhere, prices that cannot be compared. */
export function checkRouting(document: RoutedDocument, report: Report): void {
  const upstreams = new Set(document.upstreams.map(({ id }) => id));
  const classes = new Set(document.dataClasses.map(({ id }) => id));
  for (const [i, entry] of document.dataClasses.entries()) {
    for (const [place, id] of (entry.upstreams ?? []).entries()) {
      if (!upstreams.has(id)) {
        report(['dataClasses', i, 'upstreams', place], `there is no upstream "${id}"`);
      }
    }
    if ((entry.upstreams ?? entry.jurisdictions ?? entry.residencies) === undefined) {
      const asked = 'say where this class may go: upstreams, jurisdictions or residencies';
      report(['dataClasses', i, 'upstreams'], asked);
    }
  }
  for (const [i, { id, price }] of document.upstreams.entries()) {
    if (price !== undefined) report(['upstreams', i, 'price'], movedPrice(id, price));
  }
  checkRules(document, { upstreams, classes, report });
  const seen = new Set<string>();
  for (const [i, { name: of, class: dataClass, expect }] of (document.examples ?? []).entries()) {
    if (seen.has(of)) report(['examples', i, 'name'], `"${of}" is used twice`);
    seen.add(of);
    for (const id of [dataClass, expect.class]) {
      if (id !== undefined && !classes.has(id)) {
        report(['examples', i], `there is no data class "${id}"`);
      }
    }
    if (expect.upstream !== undefined && !upstreams.has(expect.upstream)) {
      report(['examples', i, 'expect', 'upstream'], `there is no upstream "${expect.upstream}"`);
    }
    if (expect.upstream !== undefined && expect.refused !== undefined) {
      report(['examples', i, 'expect'], 'it is either answered or refused');
    }
  }
}

/** The very line to write, since whoever reads this has a rule book that worked until today. */
function movedPrice(id: string, price: unknown): string {
  const known = { currency: 'JPY', inputPerMillion: 0, outputPerMillion: 0, ...(price as object) };
  const { currency, inputPerMillion, outputPerMillion } = known;
  const figures = { currency, inputPerMillion, outputPerMillion };
  const written = Object.entries(figures).map(([of, value]) => `${of}: ${String(value)}`);
  return (
    'prices have a day on which they begin, and stand in one place now: take it out here and ' +
    `add to accounting.prices { upstream: ${id}, ${written.join(', ')}, ` +
    'validFrom: <the first day it holds>, source: <where the figures come from> }'
  );
}

function checkRules(
  { routing: rules = [] }: RoutedDocument,
  known: { upstreams: ReadonlySet<string>; classes: ReadonlySet<string>; report: Report },
): void {
  const seen = new Set<string>();
  for (const [i, rule] of rules.entries()) {
    if (seen.has(rule.id)) known.report(['routing', i, 'id'], `"${rule.id}" is used twice`);
    seen.add(rule.id);
    for (const [place, id] of (rule.classes ?? []).entries()) {
      if (!known.classes.has(id)) {
        known.report(['routing', i, 'classes', place], `there is no data class "${id}"`);
      }
    }
    if (rule.shadow !== undefined && !known.upstreams.has(rule.shadow.upstream)) {
      const missing = `there is no upstream "${rule.shadow.upstream}"`;
      known.report(['routing', i, 'shadow', 'upstream'], missing);
    }
  }
}
