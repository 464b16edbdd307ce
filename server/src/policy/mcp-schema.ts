import { isAbsolute } from 'node:path';
import { limits } from '#base';
import { z } from 'zod';
import { country } from './routing-schema.ts';

/**
 * The member `mcp` of `sekisho.yaml`: servers of tools, each behind an address or started by the
 * checkpoint. Credentials never stand in the file, only the names of the variables that hold them.
 */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'name an environment variable, such as WIKI_TOKEN');

/** What a program is told stands in its environment or arguments; a line end has no place there. */
const word = z
  .string()
  .max(4_000)
  .refine((text) => !/[\0\n\r]/.test(text), 'leave out line ends');

/** A tool's name as its server says it. */
export const toolName = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, 'use A-Z a-z 0-9 . _ -');

const pin = z.strictObject({
  tool: toolName,
  /** Of the tool's definition, as `sekisho mcp list` prints it. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'use 64 lower-case hex digits'),
});

const server = z
  .strictObject({
    /** Stands before its tools' names, with `__` between, so it holds no `_` itself. */
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'use 1 to 32 of a-z 0-9 -'),
    /** Of a server that speaks streamable HTTP. */
    url: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .refine(isPlain, 'leave out credentials, query and fragment')
      .optional(),
    /** Name of the environment variable that holds its bearer token. */
    tokenEnv: variable.optional(),
    /** Whether the name in `url` may lead into a private network. */
    private: z.boolean().optional(),
    /** The program of a server that speaks over its standard streams; no shell reads this. */
    command: word.min(1).optional(),
    args: z.array(word).max(64).optional(),
    /** Its environment beside PATH, HOME and the like. */
    env: z.record(variable, word).optional(),
    /** Variables that it gets as the checkpoint has them: where its secrets go. */
    passEnv: z.array(variable).max(64).optional(),
    /** Its working directory. */
    cwd: word.refine(isAbsolute, 'use an absolute path').optional(),
    /** Who runs it, as the operator of this checkpoint knows it. */
    operator: z.string().min(1).max(200),
    /** Whose law the operator answers to: ISO 3166-1 alpha-2, or `local` for this machine's own. */
    jurisdiction: country,
    /** Where the data rests: the same codes. */
    residency: country,
    /** The most sensitive data class that may be given to it. */
    maxClass: z.string().min(1).max(64),
    /** How long a call may take without a sign of life. */
    callMs: z.int().min(50).max(limits.mcpCallMaxMs).optional(),
    /** Definitions that alone are let through of these tools; others are pinned at sight. */
    pins: z.array(pin).max(500).optional(),
  })
  .superRefine((of, context) => {
    const report = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if ((of.url === undefined) === (of.command === undefined)) {
      report('url', 'give either "url" or "command"');
    }
    const other =
      of.url === undefined
        ? (['tokenEnv', 'private'] as const)
        : (['args', 'env', 'passEnv', 'cwd'] as const);
    for (const name of other) {
      if (of[name] !== undefined) {
        report(name, `it goes with "${of.url === undefined ? 'url' : 'command'}" only`);
      }
    }
    const pinned = (of.pins ?? []).map(({ tool }) => tool);
    if (new Set(pinned).size < pinned.length) report('pins', 'a tool is pinned twice');
  });

export const mcp = z.strictObject({
  servers: z.array(server).max(64),
  /** Values of `Origin` that are let in beside the checkpoint's own. */
  origins: z
    .array(z.string().max(300).refine(isOrigin, 'such as https://app.example'))
    .max(32)
    .optional(),
});

type Report = (path: (string | number)[], message: string) => void;

/** What can be checked only with the rest of the rule book. */
export function checkMcp(
  declared: z.infer<typeof mcp> | undefined,
  classes: ReadonlySet<string>,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [index, { id, maxClass }] of (declared?.servers ?? []).entries()) {
    const at = (member: string): (string | number)[] => ['mcp', 'servers', index, member];
    if (seen.has(id)) report(at('id'), `"${id}" is used twice`);
    seen.add(id);
    if (!classes.has(maxClass)) report(at('maxClass'), `there is no data class "${maxClass}"`);
  }
}

function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === '';
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
