import { basePath, createHttpUpstream, jsonBody, jsonHeaders } from './http-upstream.ts';
import type { HttpOptions } from './http-upstream.ts';
import { explainOpenAiError, openAiAnswer } from './openai-answer.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

export interface AzureOpenAiOptions extends HttpOptions {
  /** What the operator of the resource called it; it need not resemble the model's name. */
  readonly deployment: string;
  /** A dated version; without one the undated `/openai/v1` is used. */
  readonly apiVersion?: string;
  readonly apiKey?: string;
  /** Sends the key as an Entra ID token. */
  readonly bearer?: boolean;
}

/**
 * The OpenAI chat dialect as Azure serves it: a deployment in the address instead of a model in the
 * body, a header of its own for the key, and the verdicts of a content filter in the answer.
 * `baseUrl` is the resource's address, without `/openai`.
 */
export function createAzureOpenAiUpstream(options: AzureOpenAiOptions): Upstream {
  const { apiKey, apiVersion, deployment } = options;
  const credential: Record<string, string> = {};
  if (apiKey !== undefined) {
    if (options.bearer === true) credential['authorization'] = `Bearer ${apiKey}`;
    else credential['api-key'] = apiKey;
  }
  const headers = { ...jsonHeaders, ...credential };
  const way =
    apiVersion === undefined
      ? '/openai/v1/chat/completions'
      : `/openai/deployments/${encodeURIComponent(deployment)}/chat/completions` +
        `?api-version=${encodeURIComponent(apiVersion)}`;
  return createHttpUpstream(options, {
    write: (request, base) => ({
      path: basePath(base) + way,
      headers,
      body: apiVersion === undefined ? withModel(request, deployment) : request.body,
      lost: [],
    }),
    reader: openAiAnswer,
    explain: explainOpenAiError,
    // The undated address would need the deployment's name in the body.
    ...(apiVersion === undefined
      ? {}
      : {
          embed: (base: URL) => ({
            path: basePath(base) + way.replace('/chat/completions', '/embeddings'),
            headers,
          }),
        }),
  });
}

/** Where the address names no deployment, the member `model` does. */
function withModel(request: ChatRequest, deployment: string): Uint8Array {
  if (request.model === deployment) return request.body;
  const body = JSON.parse(Buffer.from(request.body).toString('utf8')) as object;
  return jsonBody({ ...body, model: deployment });
}
