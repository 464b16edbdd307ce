import type { Bilingual } from '#base';
import type { Right } from '#gateway';
import type { z } from 'zod';
import { continuityOperations } from './openapi-continuity.ts';
import { evidenceOperations } from './openapi-evidence.ts';
import { institutionOperations } from './openapi-institution.ts';
import { keyOperations } from './openapi-keys.ts';
import { mcpOperations } from './openapi-mcp.ts';
import { modelOperations } from './openapi-models.ts';
import { passageOperations } from './openapi-passages.ts';
import { processOperations } from './openapi-process.ts';
import { reviewOperations } from './openapi-review.ts';
import { schoolOperations } from './openapi-school.ts';
import { signInOperations } from './openapi-sign-in.ts';

/** Members of an answer by name: a JSON type, a list of one, or a further shape. */
export interface Shape {
  readonly [member: string]: Kind | readonly [Kind | Shape] | Shape;
}
export type Kind =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'any'
  | 'string?'
  | 'integer?';

export interface Operation {
  readonly id: string;
  readonly text: Bilingual;
  /** Who may: everybody, any key, a key whose role has one of the rights; a key may show more. */
  readonly needs:
    | 'nothing'
    | 'any key'
    | 'nothing, or a key'
    | 'a session'
    | Right
    | readonly Right[];
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: z.ZodType;
  /** A request to a model: its headers, and those of its answer, are those of a passage. */
  readonly isPassage?: true;
  readonly answer: { readonly status?: number; readonly type?: string; readonly shape?: Shape };
}

/** Everything that is served, by method and path. A test compares it with the routes. */
export const operations: Readonly<Record<string, Operation>> = {
  ...modelOperations,
  ...evidenceOperations,
  ...processOperations,
  ...institutionOperations,
  ...continuityOperations,
  ...mcpOperations,
  ...reviewOperations,
  ...schoolOperations,
  ...signInOperations,
  ...passageOperations,
  ...keyOperations,
};
