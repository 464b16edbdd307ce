import { type AwsCredentials, limits } from '#base';
import { LedgerError } from '../errors.ts';

/** Files that hold one value each, as Kubernetes mounts a secret. */
export interface CredentialFiles {
  readonly accessKeyIdFile?: string | undefined;
  readonly secretAccessKeyFile?: string | undefined;
  readonly sessionTokenFile?: string | undefined;
}

type Found = Partial<Record<keyof AwsCredentials, string>>;

const what = 'use the object store';

/**
 * Credentials come whole from one place: the files that are named, else `SEKISHO_S3_…`, else
 * `AWS_…`. A key id of one and a secret of another would only be refused later, without a reason.
 * @param readFile @throws when there is no such file
 * @throws LedgerError `store_refused` naming the file or variable that is missing or no credential
 */
export function readObjectCredentials(
  files: CredentialFiles,
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): AwsCredentials {
  const { accessKeyIdFile, secretAccessKeyFile, sessionTokenFile } = files;
  if (accessKeyIdFile !== undefined || secretAccessKeyFile !== undefined) {
    const names = {
      accessKeyId: accessKeyIdFile ?? 'accessKeyIdFile',
      secretAccessKey: secretAccessKeyFile ?? 'secretAccessKeyFile',
      sessionToken: sessionTokenFile ?? 'sessionTokenFile',
    };
    return whole(names, {
      ...valueOf('accessKeyId', accessKeyIdFile, readFile),
      ...valueOf('secretAccessKey', secretAccessKeyFile, readFile),
      ...valueOf('sessionToken', sessionTokenFile, readFile),
    });
  }
  const ours = namesUnder('SEKISHO_S3_');
  const isOurs = [ours.accessKeyId, ours.secretAccessKey].some((name) => isSet(environment[name]));
  const names = isOurs ? ours : namesUnder('AWS_');
  const variable = (name: string): string | undefined => environment[name];
  return whole(isSet(environment[names.accessKeyId]) ? names : ours, {
    ...valueOf('accessKeyId', names.accessKeyId, variable),
    ...valueOf('secretAccessKey', names.secretAccessKey, variable),
    ...valueOf('sessionToken', names.sessionToken, variable),
  });
}

function namesUnder(prefix: string): Required<AwsCredentials> {
  return {
    accessKeyId: `${prefix}ACCESS_KEY_ID`,
    secretAccessKey: `${prefix}SECRET_ACCESS_KEY`,
    sessionToken: `${prefix}SESSION_TOKEN`,
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}

function valueOf(
  member: keyof AwsCredentials,
  name: string | undefined,
  read: (name: string) => string | undefined,
): Found {
  if (name === undefined) return {};
  let value: string | undefined;
  try {
    value = read(name)?.trim();
  } catch (cause) {
    throw new LedgerError('store_refused', what, { detail: `${name} cannot be read`, cause });
  }
  if (value === undefined || value === '') return {};
  // It goes into a header; and what is no credential is not repeated in an error.
  if (value.length > limits.credentialChars || !/^[\x21-\x7e]+$/.test(value)) {
    throw new LedgerError('store_refused', what, { detail: `${name} does not hold a credential` });
  }
  return { [member]: value };
}

function whole(names: Required<AwsCredentials>, found: Found): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const name = accessKeyId === undefined ? names.accessKeyId : names.secretAccessKey;
    throw new LedgerError('store_refused', what, { detail: `${name} is not set` });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
