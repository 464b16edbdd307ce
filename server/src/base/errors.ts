/**
 * The shape of every failure: one subclass per module, a closed union of codes, a message that
 * reads "couldn't X: Y", and the cause when there is one. Text for people is added at the edge, by
 * code.
 */
export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}
