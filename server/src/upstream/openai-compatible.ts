import { createHttpUpstream, basePath, jsonHeaders, type HttpOptions } from './http-upstream.ts';
import { explainOpenAiError, openAiAnswer } from './openai-answer.ts';
import type { Upstream } from './upstream.ts';

export interface OpenAiCompatibleOptions extends HttpOptions {
  readonly apiKey?: string;
}

/**
 * Any server that speaks the OpenAI chat dialect: vLLM, llama.cpp, Ollama, SGLang and the rest.
 * `baseUrl` goes up to and without `/chat/completions`. The request's own bytes are forwarded.
 */
export function createOpenAiCompatibleUpstream(options: OpenAiCompatibleOptions): Upstream {
  const headers = {
    ...jsonHeaders,
    ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
  };
  return createHttpUpstream(options, {
    write: (request, base) => ({
      path: `${basePath(base)}/chat/completions`,
      headers,
      body: request.body,
      // The body is the dialect's own, so nothing is translated and nothing is lost.
      lost: [],
    }),
    models: (base) => ({ path: `${basePath(base)}/models`, headers }),
    reader: openAiAnswer,
    explain: explainOpenAiError,
    embed: (base) => ({ path: `${basePath(base)}/embeddings`, headers }),
  });
}
