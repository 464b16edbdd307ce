import type { StreamChannel } from '#supervisor';

/** Opens a channel on the output, and is told when it has ended. */
export interface Inspector {
  open(): StreamChannel;
  /** What one channel found; a rule that stopped it stops the whole answer. */
  note(channel: StreamChannel, path: string, blocked: { readonly rule: string } | undefined): void;
}

/** Past this, a word outside quotes is no number and no literal of JSON. */
const longestLiteral = 40;

/**
 * Arguments of one tool call on their way out: JSON in pieces, which only joined are JSON. Each
 * string is supervised as the value it means, so that `\u0041` is an `A`, and leaves as soon as no
 * rule can claim it any more. Marks of JSON itself leave at once. Text that turns out not to be
 * JSON waits for its end.
 */
export class SupervisedArguments {
  readonly #inspector: Inspector;
  readonly #path: string;
  #state: 'structure' | 'string' | 'literal' | 'plain' = 'structure';
  #channel: StreamChannel | undefined;
  /** A half escape, a literal that may go on, or all text since it was no JSON any more. */
  #pending = '';
  #blocked = false;
  #depth = 0;
  #begun = false;

  constructor(inspector: Inspector, path: string) {
    this.#inspector = inspector;
    this.#path = path;
  }

  /** True when the brackets are closed: what there is is one whole value. */
  get complete(): boolean {
    return this.#begun && this.#depth === 0 && this.#state === 'structure';
  }

  /** @returns what may leave; nothing after a rule has stopped it */
  push(piece: string): string {
    let out = '';
    let i = 0;
    while (i < piece.length && !this.#blocked) {
      if (this.#state === 'plain') {
        this.#pending += piece.slice(i);
        break;
      }
      if (this.#state === 'string') {
        const [released, next] = this.#inString(piece, i);
        out += released;
        i = next;
      } else {
        out += this.#outside(piece[i]!);
        i++;
      }
    }
    return out;
  }

  end(): string {
    if (this.#blocked) return '';
    switch (this.#state) {
      case 'string':
        return this.#endString();
      case 'literal': {
        return this.#endLiteral() ?? this.#endPlain();
      }
      case 'plain':
        return this.#endPlain();
      case 'structure':
        return '';
    }
  }

  #outside(char: string): string {
    const mark = /[{}[\]:,\s]/.test(char);
    if (this.#state === 'literal') {
      if (!mark) {
        this.#pending += char;
        if (this.#pending.length > longestLiteral || char === '"') this.#state = 'plain';
        return '';
      }
      const out = this.#endLiteral();
      if (out !== undefined) return out + this.#mark(char);
      this.#pending += char;
      return '';
    }
    if (mark) return this.#mark(char);
    if (char === '"') {
      this.#channel = this.#inspector.open();
      this.#state = 'string';
      return '"';
    }
    this.#pending = char;
    this.#state = 'literal';
    return '';
  }

  #mark(char: string): string {
    if (char === '{' || char === '[') {
      this.#depth++;
      this.#begun = true;
    } else if (char === '}' || char === ']') this.#depth--;
    return char;
  }

  /** @returns what may leave, and where in the piece to go on */
  #inString(piece: string, from: number): [string, number] {
    let at = from;
    let decoded = '';
    while (at < piece.length) {
      if (this.#pending !== '') {
        this.#pending += piece[at++]!;
        const meant = unescaped(this.#pending);
        if (meant !== undefined) {
          decoded += meant;
          this.#pending = '';
        }
        continue;
      }
      const char = piece[at]!;
      if (char === '"') {
        const out = this.#release(decoded) + this.#endString();
        this.#state = 'structure';
        return [this.#blocked ? out : `${out}"`, at + 1];
      }
      at++;
      if (char === '\\') this.#pending = char;
      else decoded += char;
    }
    return [this.#release(decoded), at];
  }

  #release(decoded: string): string {
    if (decoded === '' || this.#blocked) return '';
    const { release, blocked } = this.#channel!.push(decoded);
    if (blocked !== undefined) this.#stop(this.#channel!, blocked);
    // What stands before the stop was let go by every rule, so it leaves however it was cut.
    return escaped(release);
  }

  #endString(): string {
    const channel = this.#channel!;
    if (this.#blocked) return '';
    this.#pending = '';
    const { release, blocked } = channel.end();
    if (blocked !== undefined) this.#stop(channel, blocked);
    else this.#inspector.note(channel, this.#path, undefined);
    return escaped(release);
  }

  #stop(channel: StreamChannel, blocked: { readonly rule: string }): void {
    this.#blocked = true;
    this.#inspector.note(channel, this.#path, blocked);
  }

  /**
   * A number may be an identifier: it is looked at as it is written.
   * @returns undefined when it is no literal of JSON, and all that follows is plain text
   */
  #endLiteral(): string | undefined {
    const written = this.#pending;
    if (!/^(?:true|false|null|-?\d[\d.eE+-]*)$/.test(written)) {
      this.#state = 'plain';
      return undefined;
    }
    this.#pending = '';
    this.#state = 'structure';
    const released = this.#whole(written);
    return released === written ? written : JSON.stringify(released);
  }

  /** Not JSON: looked at as it stands and, for readers who forgive it, with escapes undone. */
  #endPlain(): string {
    const text = this.#pending;
    this.#pending = '';
    const released = this.#whole(text);
    const meant = text.replaceAll(/\\(?:u[0-9a-fA-F]{4}|[^u])/g, (mark) => unescaped(mark) ?? mark);
    if (this.#blocked || meant === text) return this.#blocked ? '' : released;
    const other = this.#whole(meant);
    if (!this.#blocked && other !== meant) {
      this.#blocked = true;
      this.#inspector.note(this.#inspector.open(), this.#path, { rule: '' });
    }
    return this.#blocked ? '' : released;
  }

  #whole(text: string): string {
    const channel = this.#inspector.open();
    const first = channel.push(text);
    const last = channel.end();
    const blocked = first.blocked ?? last.blocked;
    if (blocked === undefined) this.#inspector.note(channel, this.#path, undefined);
    else this.#stop(channel, blocked);
    return first.release + last.release;
  }
}

const shortEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** @returns the character an escape means, or undefined while it is not whole */
function unescaped(mark: string): string | undefined {
  const kind = mark[1];
  if (kind === undefined) return undefined;
  if (kind !== 'u') return shortEscapes[kind] ?? kind;
  if (mark.length < 6) return undefined;
  return String.fromCharCode(Number.parseInt(mark.slice(2), 16));
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
