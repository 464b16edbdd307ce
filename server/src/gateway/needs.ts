import type { Demands, Need, Policy } from '#policy';
import type { ConversationMarks } from './conversation.ts';
import type { Admitted } from './passage.ts';
import { textParts } from './request-text.ts';
import type { Wanted } from './route.ts';
import type { ChatBody } from './schema.ts';

/** Tokens of an answer nobody bounded, for an estimate of what it costs. */
const usualAnswerTokens = 500;

/** What a request needs of a model, and about how many tokens it has. */
export interface RequestDemands extends Demands {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * A request as routing looks at it.
 * @param nameOf names its conversation; absent where no rule keeps conversations together
 */
export function wantedOf(
  admitted: Admitted,
  stated: string | undefined,
  nameOf?: (marks: ConversationMarks) => string,
): Wanted {
  const { request, effective, dataClass, policy, key, inspection } = admitted;
  const { body, images } = request;
  const pictures = new Set(images.map(({ path }) => path));
  const texts = weighsTokens(policy)
    ? textParts(effective.wire, pictures).map(({ text }) => text)
    : [];
  const conversation = nameOf?.({ keyId: key.id, stated, opening: openingOf(body) });
  return {
    model: body.model,
    dataClass,
    needs: needsOf(admitted),
    ...estimateTokens(
      countCharacters(texts),
      body.max_completion_tokens ?? body.max_tokens ?? undefined,
    ),
    ...(inspection.bans.length === 0 ? {} : { bans: inspection.bans }),
    ...(conversation === undefined ? {} : { conversation }),
  };
}

/** Whether lengths matter at all: counting them is left out where they do not. */
function weighsTokens({ document }: Policy): boolean {
  return (
    document.upstreams.some(({ capabilities }) => capabilities?.contextTokens !== undefined) ||
    (document.routing ?? []).some(({ order }) => order === 'cheapest')
  );
}

/** Everything up to the first thing the person said: it comes again with every turn. */
export function openingOf({ messages }: ChatBody): readonly string[] {
  const first = messages.findIndex(({ role }) => role === 'user');
  return messages.slice(0, first + 1).map(({ content }) => JSON.stringify(content ?? ''));
}

/**
 * @param characters UTF-16 units of the input, and how many of them are beyond ASCII
 * @param outputTokens the most the answer may have, where somebody said so
 */
export function estimateTokens(
  { all, wide }: { readonly all: number; readonly wide: number },
  outputTokens?: number,
): Omit<RequestDemands, 'needs'> {
  const narrow = all - wide;
  return {
    // Four letters of English a token are usual and eight are rare; of Japanese, one and three.
    leastTokens: Math.floor(narrow / 8 + wide / 3) + (outputTokens ?? 0),
    inputTokens: Math.ceil(narrow / 4 + wide),
    outputTokens: outputTokens ?? usualAnswerTokens,
  };
}

export function needsOf({ dialect, request }: Pick<Admitted, 'dialect' | 'request'>): Need[] {
  const { body, images } = request;
  // A form whose answers hold no text asks for vectors.
  if (dialect.createWriter === undefined) return ['embeddings'];
  const found: Need[] = [];
  if ((body.tools ?? []).length > 0 && body.tool_choice !== 'none') found.push('tools');
  if (images.length > 0) found.push('images');
  if (body.response_format?.type === 'json_schema') found.push('jsonSchema');
  if (body.stream === true) found.push('streaming');
  return found;
}

/** How long the texts are, and how much of them is beyond ASCII. */
export function countCharacters(texts: Iterable<string>): { all: number; wide: number } {
  let all = 0;
  let wide = 0;
  for (const text of texts) {
    all += text.length;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) wide++;
  }
  return { all, wide };
}
