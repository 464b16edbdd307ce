import { type Language, preferredLanguage } from '#base';
import { gatewayErrors, rolesWith } from '#gateway';
import { z } from 'zod';
import type { ApiApp } from './app.ts';
import { describedHeaders, headerParameters } from './openapi-headers.ts';
import { type Kind, type Operation, type Shape, operations } from './openapi-operations.ts';

/** Serves the description in the reader's language. */
export function openApiRoute(app: ApiApp, version: string): void {
  const texts = new Map<Language, string>();
  app.get('/openapi.json', (context) => {
    const language = preferredLanguage(context.req.header('accept-language'), 'en');
    const text = texts.get(language) ?? JSON.stringify(describeApi(language, version));
    texts.set(language, text);
    return context.body(text, 200, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      vary: 'accept-language',
    });
  });
}

/**
 * Everything that is served, as OpenAPI 3.1. What a request may hold comes from the very schemas
 * that parse it.
 */
export function describeApi(language: Language, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = name.split(' ');
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: describe(operation, path, language),
    };
  }
  const info = {
    en: 'A checkpoint between an institution’s people and any AI model.',
    ja: '機関の人々とあらゆる AI モデルの間に置く関所。',
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sekisho',
      version,
      description: info[language],
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        // Beside it, each request says `x-sekisho-console`.
        session: { type: 'apiKey', in: 'cookie', name: '__Host-sekisho' },
      },
      schemas: { Error: errorSchema() },
      responses: {
        Error: {
          description: { en: 'What went wrong, as a code.', ja: '誤りの内容(符号)。' }[language],
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function describe(operation: Operation, path: string, language: Language): object {
  const { id, text, needs, query = {}, body, answer, isPassage } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
      return { name, in: 'path', required: true, schema: { type: 'string' } };
    }),
    ...Object.entries(query).map(([name, value]) => ({
      name,
      in: 'query',
      required: false,
      schema: { type: 'string', ...(typeof value === 'string' ? {} : { enum: value }) },
      ...(typeof value === 'string' ? { example: value } : {}),
    })),
    ...(isPassage === true ? headerParameters(language) : []),
  ];
  return {
    operationId: id,
    summary: text[language],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...security(needs),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': schemaOf(body) } } }),
    responses: {
      [answer.status ?? 200]: {
        description: text[language],
        ...(isPassage === true ? { headers: describedHeaders(language) } : {}),
        content: { [answer.type ?? 'application/json']: contentOf(answer.shape) },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function security(needs: Operation['needs']): object {
  if (needs === 'nothing') return { security: [] };
  if (needs === 'nothing, or a key') return { security: [{}, { key: [] }] };
  if (needs === 'a session') return { security: [{ session: [] }] };
  if (needs === 'any key') return { security: [{ key: [] }] };
  const able = new Set([needs].flat().flatMap(rolesWith));
  return { security: [{ key: [] }], 'x-sekisho-roles': [...able] };
}

function schemaOf(body: z.ZodType): object {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(body, {
    io: 'input',
    unrepresentable: 'any',
  });
  return { schema };
}

function contentOf(shape: Shape | undefined): object {
  return shape === undefined ? {} : { schema: objectOf(shape) };
}

/** Answers may gain members: none of ours is closed. */
function objectOf(shape: Shape): object {
  const properties = Object.fromEntries(
    Object.entries(shape).map(([name, value]) => [name, memberOf(value)]),
  );
  const required = Object.keys(shape);
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function memberOf(value: Shape[string]): object {
  if (typeof value === 'string') return kinds[value];
  if (isList(value)) return { type: 'array', items: memberOf(value[0]) };
  return objectOf(value);
}

function isList(value: Exclude<Shape[string], Kind>): value is readonly [Kind | Shape] {
  return Array.isArray(value);
}

const kinds: Readonly<Record<Kind, object>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  any: {},
  'string?': { type: ['string', 'null'] },
  'integer?': { type: ['integer', 'null'] },
};

function errorSchema(): object {
  const code = { type: 'string', enum: [...Object.keys(gatewayErrors), 'content_blocked'] };
  const members = {
    message: { type: 'string' },
    type: { type: 'string' },
    param: { type: ['string', 'null'] },
    code,
  };
  return {
    type: 'object',
    properties: {
      error: { type: 'object', properties: members, required: Object.keys(members) },
    },
    required: ['error'],
  };
}
