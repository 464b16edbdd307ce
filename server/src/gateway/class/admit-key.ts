import type { Accounts, KeyPass } from '../accounts.ts';
import type { RuleBook } from '../admission.ts';
import type { Dialect } from '../dialect.ts';
import { type IncomingRequest, keyRequest } from '../incoming-request.ts';
import type { ApiKey } from '../key-store.ts';
import type { Classroom } from './classroom.ts';

/** @throws GatewayError what the key may not, unless a pupil needs a person now */
export function admitKey(
  { accounts, classroom }: { readonly accounts: Accounts; readonly classroom: Classroom },
  book: RuleBook,
  asked: { readonly key: ApiKey; readonly dialect: Dialect; readonly request: IncomingRequest },
): KeyPass {
  const { key, dialect, request } = asked;
  try {
    return accounts.admitKey(key, keyRequest(request, dialect));
  } catch (error) {
    if (key.terms.class === null || !classroom.hasSigns(book, key, request.parsed)) throw error;
    return accounts.admitAnyway(key, keyRequest(request, dialect));
  }
}
