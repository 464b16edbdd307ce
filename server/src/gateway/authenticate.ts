import type { Caller } from './caller.ts';
import { GatewayError } from './errors.ts';
import type { ApiKey, KeyStore } from './key-store.ts';

/** @throws GatewayError `invalid_api_key` */
export function authenticate(keys: KeyStore, caller: Caller): ApiKey {
  const authorization = caller.header('authorization');
  const secret =
    authorization === undefined
      ? /^[\x21-\x7e]{1,256}$/.exec(caller.header('x-api-key') ?? '')?.[0]
      : /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization)?.[1];
  const key = secret === undefined ? undefined : keys.find(secret);
  if (key === undefined) throw new GatewayError('invalid_api_key');
  return key;
}
