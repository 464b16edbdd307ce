import type { Clock } from '#base';
import type { DeclaredUpstream } from '#policy';
import { createAnthropicUpstream } from './anthropic.ts';
import { createAzureOpenAiUpstream } from './azure-openai.ts';
import { createBedrockUpstream } from './bedrock.ts';
import { createGeminiUpstream } from './gemini.ts';
import type { HttpOptions } from './http-upstream.ts';
import { createOpenAiCompatibleUpstream } from './openai-compatible.ts';
import type { Upstream } from './upstream.ts';

export type RemoteDeclaration = Exclude<DeclaredUpstream, { dialect: 'embedded' }>;

export interface RemotePorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/**
 * Makes the upstream that a rule book declares. Nothing is connected to before it is asked.
 * @returns with it, the names of the variables that the rule book names and the environment lacks;
 * while there are any, the upstream is unavailable
 */
export function createRemoteUpstream(
  declared: RemoteDeclaration,
  ports: RemotePorts,
): { readonly upstream: Upstream; readonly missing: readonly string[] } {
  const { environment } = ports;
  const { apiKeyEnv } = declared;
  const apiKey = apiKeyEnv === undefined ? undefined : secret(environment[apiKeyEnv]);
  const missing = neededVariables(declared).filter(
    (name) => secret(environment[name]) === undefined,
  );
  const options: HttpOptions & { apiKey?: string } = {
    id: declared.id,
    baseUrl: baseUrlOf(declared),
    // A model on this machine is in a private network by what is declared of it.
    private: declared.private ?? declared.residency === 'local',
    keyMissing: missing.length > 0,
    ...timesOf(declared),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
  return { upstream: create(declared, options, ports), missing };
}

function create(
  declared: RemoteDeclaration,
  options: HttpOptions & { apiKey?: string },
  { environment, clock }: RemotePorts,
): Upstream {
  switch (declared.dialect) {
    case 'openai':
    case 'openai-compatible':
      return createOpenAiCompatibleUpstream(options);
    case 'azure-openai': {
      const { deployment, apiVersion, auth } = declared;
      return createAzureOpenAiUpstream({
        ...options,
        deployment,
        bearer: auth === 'bearer',
        ...(apiVersion === undefined ? {} : { apiVersion }),
      });
    }
    case 'anthropic': {
      const { version, betas, maxTokens, auth, reasoning } = declared;
      return createAnthropicUpstream({
        ...options,
        bearer: auth === 'bearer',
        ...(version === undefined ? {} : { version }),
        ...(betas === undefined ? {} : { betas }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(reasoning === undefined ? {} : { reasoning }),
      });
    }
    case 'gemini': {
      const { auth, reasoning } = declared;
      return createGeminiUpstream({
        ...options,
        bearer: auth === 'bearer',
        ...(reasoning === undefined ? {} : { reasoning }),
      });
    }
    case 'bedrock': {
      const sessionToken = secret(environment[declared.sessionTokenEnv]);
      const credentials = {
        accessKeyId: secret(environment[declared.accessKeyIdEnv]) ?? '',
        secretAccessKey: secret(environment[declared.secretAccessKeyEnv]) ?? '',
        ...(sessionToken === undefined ? {} : { sessionToken }),
      };
      const { region } = declared;
      return createBedrockUpstream({ ...options, region, credentials, nowMs: () => clock.nowMs() });
    }
  }
}

/** The others are kept to by whoever reads the answer. */
function timesOf({ timeLimits }: RemoteDeclaration): Pick<HttpOptions, 'times'> {
  const connectMs = timeLimits?.connectMs;
  return connectMs === undefined ? {} : { times: { connectMs } };
}

function baseUrlOf(declared: RemoteDeclaration): string {
  if (declared.dialect !== 'bedrock') return declared.baseUrl;
  return declared.baseUrl ?? `https://bedrock-runtime.${declared.region}.amazonaws.com`;
}

function neededVariables(declared: RemoteDeclaration): readonly string[] {
  if (declared.apiKeyEnv !== undefined) return [declared.apiKeyEnv];
  if (declared.dialect !== 'bedrock') return [];
  return [declared.accessKeyIdEnv, declared.secretAccessKeyEnv];
}

/** A credential as it was meant: a line end behind it, as of a file in a variable, is none. */
function secret(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}
