/** Turns tokens into text; the model's own, as node-llama-cpp offers it. */
export type Detokenize<Token> = (tokens: readonly Token[], before: readonly Token[]) => string;

/**
 * A character is at most four bytes, so four tokens; a token that ends one and begins the next
 * makes it seven. More means that the bytes are no character.
 */
const longestCharacterTokens = 8;
/** Tokens before the new ones that some vocabularies need to decide about a space. */
const contextTokens = 8;

/**
 * Tokens hold bytes, and a character may be spread over several: what ends in the middle of one is
 * kept back until the rest arrives, so that no reader ever sees half a character.
 */
export class TokenDecoder<Token> {
  readonly #detokenize: Detokenize<Token>;
  #pending: Token[] = [];
  #before: Token[] = [];

  constructor(detokenize: Detokenize<Token>) {
    this.#detokenize = detokenize;
  }

  /** @returns the text that is complete now, perhaps none */
  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#detokenize(this.#pending, this.#before);
    const unfinished = text.endsWith('\uFFFD') && this.#pending.length < longestCharacterTokens;
    return unfinished ? '' : this.#take(text);
  }

  /** @returns what was kept back, without a character whose rest never came */
  end(): string {
    if (this.#pending.length === 0) return '';
    return this.#take(this.#detokenize(this.#pending, this.#before)).replace(/\uFFFD+$/u, '');
  }

  #take(text: string): string {
    this.#before = [...this.#before, ...this.#pending].slice(-contextTokens);
    this.#pending = [];
    return text;
  }
}

/**
 * Ends a text at the first stop sequence, even one that arrives in pieces. The sequence is not
 * passed on.
 */
export class StopFilter {
  readonly #stop: readonly string[];
  #held = '';
  #stopped = false;

  constructor(stop: readonly string[]) {
    this.#stop = stop.filter((sequence) => sequence.length > 0);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  push(text: string): string {
    if (this.#stopped) return '';
    const whole = this.#held + text;
    const found = this.#stop.map((sequence) => whole.indexOf(sequence)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.#stopped = true;
      this.#held = '';
      return whole.slice(0, Math.min(...found));
    }
    const keep = Math.max(0, ...this.#stop.map((sequence) => overlap(whole, sequence)));
    this.#held = whole.slice(whole.length - keep);
    return whole.slice(0, whole.length - keep);
  }

  /** @returns what was kept back in case a stop sequence followed */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Length of the longest end of the text that is a proper beginning of the sequence. */
function overlap(text: string, sequence: string): number {
  for (let length = Math.min(sequence.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(sequence.slice(0, length))) return length;
  }
  return 0;
}
