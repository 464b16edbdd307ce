import { CodedError } from '#base';

/**
 * - `unreadable`: the file is missing, too large or not UTF-8
 * - `not_yaml`: it does not parse; the message names the line
 * - `invalid`: it parses and breaks a rule of the schema; the message names each field
 */
export type PolicyErrorCode = 'unreadable' | 'not_yaml' | 'invalid';

export class PolicyError extends CodedError<PolicyErrorCode> {}
