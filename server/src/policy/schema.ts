import { z } from 'zod';
import { accounting } from './accounting-schema.ts';
import { ageGroups, condition } from './condition-schema.ts';
import { cache, checkCache } from './cache-schema.ts';
import { checkGuards, guards } from './guard-schema.ts';
import { canaries, links } from './leak-schema.ts';
import { checkMcp, mcp } from './mcp-schema.ts';
import { identifiers } from './identifier-schema.ts';
import { checkRouting, continuity, examples, reach, routing } from './routing-schema.ts';
import { checkSchool, school } from './school-schema.ts';
import { checkSignIn, signIn } from './sign-in-schema.ts';
import { storage } from './storage-schema.ts';
import { upstream } from './upstream-schema.ts';
import { isWitnessKey, publicKeyOf } from './witness-key.ts';

/**
 * `sekisho.yaml`, as it is written and as it is used. Unknown keys are errors: a typo must not open
 * a door.
 */
const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'use 1 to 64 of a-z 0-9 . _ - and start with a letter or digit',
  );
const sentence = z.string().min(1).max(500);
const bilingual = z.strictObject({ en: sentence, ja: sentence });

const dataClass = z.strictObject({
  id: name,
  /** What people read beside the id. */
  title: bilingual,
  ...reach,
  /**
   * Pictures cannot be inspected. Without this word they may go up to the default class, and no
   * further.
   */
  images: z.enum(['allow', 'refuse']).optional(),
});

export const actions = ['annotate', 'redact', 'escalate', 'block'] as const;

const kind = z.string().regex(/^[a-z0-9_]+(\.([a-z0-9_]+|\*))*$/);

const supervisionRule = z.strictObject({
  id: name,
  /** Which way the text is going. */
  direction: z.enum(['input', 'output', 'both']),
  /** Kinds of finding, as the detectors declare them; `personal.*` stands for a whole family. */
  kinds: z.array(kind).min(1).max(100),
  /** Kinds among them that the rule is not about. */
  except: z.array(kind).min(1).max(100).optional(),
  /** Findings below this score are left alone: 0 to 100. */
  minScore: z.int().min(0).max(100),
  /** What else must be so; nothing when it is left out. */
  when: condition.optional(),
  action: z.enum(actions),
  /** Of `redact` on the way in: `false` replaces for good, so that nothing comes back. */
  reversible: z.boolean().optional(),
  /** The least data class a request has once this rule has matched. */
  raiseTo: name.optional(),
  /** What the person reads: what the rule forbids or does, and why. */
  text: bilingual,
});

const legalFloorMonths = 6;
const floorText =
  `keep it for at least ${legalFloorMonths} months: that is how long the EU AI Act, articles 19 ` +
  'and 26(6), has logs of high-risk systems kept';

/** Where each number comes from stands in docs/en/rules.md and docs/ja/rules.md. */
const retention = z.strictObject({
  /** Who asked, and from where. */
  identityMonths: z.int().min(1).max(120).default(6),
  /** What was asked and answered. */
  contentMonths: z.int().min(legalFloorMonths, floorText).max(120).default(13),
  /** What was found and decided, and how long it took. */
  opsMonths: z.int().min(legalFloorMonths, floorText).max(120).default(36),
});

/** Another institution's witness, which is asked to cosign this ledger's checkpoints. */
const witness = z.strictObject({
  name,
  vkey: z.string().refine(isWitnessKey, 'use the verifier key that the witness prints'),
  /** `/add-checkpoint` is added to it. */
  url: z.url({ protocol: /^https?$/ }).max(500),
  /** Who runs it. Several witnesses of one institution count once. */
  institution: z.string().min(1).max(200),
});

export const policySchema = z
  .strictObject({
    version: z.literal(1),
    institution: z.strictObject({
      name: z.string().min(1).max(200),
      /** Language of texts when the reader's own is unknown. */
      language: z.enum(['en', 'ja']),
      /** Of people whose age group no request states. */
      ageGroup: z.enum(ageGroups).default('adult'),
      /** Where people reach this checkpoint, when that is not the address it listens on. */
      publicUrl: z
        .url({ protocol: /^https?$/ })
        .max(500)
        .optional(),
      /** How a person contests a decision: an office, an address, a telephone number. */
      contact: bilingual,
    }),
    /** From the least to the most sensitive. The order is the ranking. */
    dataClasses: z.array(dataClass).min(1).max(32),
    /** Class of a request that states none. */
    defaultClass: name,
    upstreams: z.array(upstream).max(64),
    /** The first rule that is about a request puts its upstreams in order. */
    routing: routing.optional(),
    continuity: continuity.prefault({}),
    /** Which answers may be given again; none when absent. */
    cache: cache.optional(),
    supervision: z.array(supervisionRule).max(500),
    /** What shows that a model gave its instructions away. */
    canaries: canaries.optional(),
    /** Hosts to which links and pictures of an answer may lead. */
    links: links.optional(),
    /** Guard models of the operator's choice, asked where the supervisor is not sure. */
    guards: guards.optional(),
    ledger: z.strictObject({
      /** Seconds between signed checkpoints while entries arrive. */
      checkpointSeconds: z.int().min(1).max(3600),
      /**
       * Who may fetch entry bundles. Entries hold no plaintext, but show when and how much is
       * asked.
       */
      entryBundles: z.enum(['public', 'authenticated']),
      /** Calendar months after which the keys of a day are destroyed, for each group of fields. */
      retention: retention.prefault({}),
      witnesses: z.array(witness).max(16).optional(),
      /** How many institutions must have cosigned before a checkpoint counts as witnessed. */
      quorum: z.int().min(0).max(16).optional(),
      /**
       * `at-once`, with an alarm while the quorum is missing; or only once it is `witnessed`, so
       * that nobody is ever shown a checkpoint that no witness has seen.
       */
      publication: z.enum(['at-once', 'witnessed']).optional(),
      /** Checkpoints are signed with ML-DSA-44 too, by a second key. */
      postQuantum: z.boolean().optional(),
    }),
    /** Currency, time zone and prices, for budgets and reports of use. */
    accounting: accounting.prefault({}),
    /** Where tiles and sealed payloads lie; in the data folder when absent. */
    storage: storage.optional(),
    /** Servers of tools, and who may reach them from a web page. */
    mcp: mcp.optional(),
    /** Country packs for classes, and what teachers may see and do. */
    school: school.optional(),
    /** How people sign in to the console; without it, by API keys only. */
    signIn: signIn.optional(),
    /** Numbers of the institution's own, to be found like those that everybody has. */
    identifiers: identifiers.optional(),
    examples: examples.optional(),
  })
  .superRefine((policy, context) => {
    const report = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const classes = new Set(policy.dataClasses.map((c) => c.id));
    const upstreams = new Set(policy.upstreams.map((u) => u.id));
    const unique = (list: readonly { id: string }[], path: string): void => {
      const seen = new Set<string>();
      for (const [index, { id }] of list.entries()) {
        if (seen.has(id)) report([path, index, 'id'], `"${id}" is used twice`);
        seen.add(id);
      }
    };
    unique(policy.dataClasses, 'dataClasses');
    unique(policy.upstreams, 'upstreams');
    unique(policy.supervision, 'supervision');
    const declared = (policy.identifiers ?? []).map(({ kind: id }) => ({ id }));
    unique(declared, 'identifiers');
    for (const [index, { upstream: of }] of policy.accounting.prices.entries()) {
      if (!upstreams.has(of)) {
        report(['accounting', 'prices', index, 'upstream'], `there is no upstream "${of}"`);
      }
    }
    if (!classes.has(policy.defaultClass)) {
      report(['defaultClass'], `there is no data class "${policy.defaultClass}"`);
    }
    checkRouting(policy, report);
    checkCache(policy, report);
    checkGuards(policy.guards, upstreams, report);
    checkMcp(policy.mcp, classes, report);
    checkSchool(policy.school, upstreams, report);
    checkSignIn(policy, report);
    const { witnesses = [], quorum = 0 } = policy.ledger;
    const seen = new Set<string>();
    for (const [index, { name: of, vkey }] of witnesses.entries()) {
      for (const [member, value] of [
        ['name', of],
        ['vkey', publicKeyOf(vkey)],
      ] as const) {
        if (seen.has(value)) report(['ledger', 'witnesses', index, member], 'it is used twice');
        seen.add(value);
      }
    }
    const institutions = new Set(witnesses.map(({ institution }) => institution)).size;
    if (quorum > institutions) {
      report(['ledger', 'quorum'], `the witnesses are of ${institutions} institution(s)`);
    }
    if (policy.ledger.publication === 'witnessed' && quorum === 0) {
      report(['ledger', 'publication'], 'it waits for a quorum of witnesses, and quorum is 0');
    }
    for (const [index, rule] of policy.supervision.entries()) {
      if (rule.raiseTo !== undefined && !classes.has(rule.raiseTo)) {
        report(['supervision', index, 'raiseTo'], `there is no data class "${rule.raiseTo}"`);
      }
      for (const named of rule.when?.classes ?? []) {
        if (!classes.has(named)) {
          report(['supervision', index, 'when', 'classes'], `there is no data class "${named}"`);
        }
      }
      const keepsAway = rule.when?.jurisdictions !== undefined;
      if (keepsAway && (rule.direction !== 'input' || rule.action !== 'block')) {
        const only =
          'a rule about jurisdictions keeps a request away: direction input, action block';
        report(['supervision', index, 'when', 'jurisdictions'], only);
      }
      if (rule.reversible !== undefined && rule.action !== 'redact') {
        report(['supervision', index, 'reversible'], 'only what is redacted can come back');
      }
      if (rule.reversible === true && rule.direction === 'output') {
        report(['supervision', index, 'reversible'], "a model's answer is redacted for good");
      }
      if (rule.raiseTo !== undefined && rule.direction === 'output') {
        report(['supervision', index, 'raiseTo'], 'an output rule has no class left to raise');
      }
    }
  });

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type PolicyDocument = DeepReadonly<z.infer<typeof policySchema>>;
export type DeclaredGuard = NonNullable<PolicyDocument['guards']>[number];
export type SupervisionRule = PolicyDocument['supervision'][number];
export type DataClass = PolicyDocument['dataClasses'][number];
export type DeclaredUpstream = PolicyDocument['upstreams'][number];
export type RoutingRule = NonNullable<PolicyDocument['routing']>[number];
export type Example = NonNullable<PolicyDocument['examples']>[number];
export type DeclaredMcpServer = NonNullable<PolicyDocument['mcp']>['servers'][number];
export type SignInSettings = NonNullable<PolicyDocument['signIn']>;
export type Action = (typeof actions)[number];
