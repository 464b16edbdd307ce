import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { type Clock, limits } from '#base';
import { SignInError } from './errors.ts';

/** What is remembered between the button and the way back. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  /** PKCE, RFC 7636. */
  readonly verifier: string;
  readonly returnTo: string;
  /** The session this browser had before, which ends when another begins. */
  readonly previous: string | undefined;
  readonly untilMs: number;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * Sign-ins that are under way. Each is kept in the browser that began it, sealed under a key that
 * only this process has: so a way back works in that browser only, and whoever begins a million of
 * them fills nobody's memory. A restart makes those under way begin again.
 */
export class WaysBack {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;
  readonly #used = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(from: Pick<Begun, 'returnTo' | 'previous'>): Begun {
    return {
      ...from,
      state: random(),
      nonce: random(),
      verifier: random(),
      untilMs: this.#clock.nowMs() + limits.signInMs,
    };
  }

  /** As the cookie that goes with it. */
  seal(begun: Begun): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(begun), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /**
   * Opens what this browser began, once.
   * @throws SignInError `expired` for none, an old or a used one, `rejected` for another's state
   */
  open(cookie: string | undefined, state: string): Begun {
    const begun = cookie === undefined ? undefined : this.#unseal(cookie);
    if (begun === undefined) throw new SignInError('expired', 'nothing was begun here');
    if (begun.untilMs <= this.#clock.nowMs()) throw new SignInError('expired', 'too late');
    if (!isSame(begun.state, state)) throw new SignInError('rejected', 'another state');
    if (this.#used.has(begun.state)) throw new SignInError('expired', 'it was used before');
    this.#remember(begun.state);
    return begun;
  }

  #unseal(cookie: string): Begun | undefined {
    const bytes = Buffer.from(cookie, 'base64url');
    if (bytes.length <= ivBytes + tagBytes || bytes.length > 4_096) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const opened = decipher.update(bytes.subarray(ivBytes, -tagBytes));
      const text = Buffer.concat([opened, decipher.final()]).toString('utf8');
      // Sealed by this process: nobody else has written it.
      return JSON.parse(text) as Begun;
    } catch {
      return undefined;
    }
  }

  #remember(state: string): void {
    const [oldest] = this.#used;
    if (oldest !== undefined && this.#used.size >= limits.signInsRemembered) {
      this.#used.delete(oldest);
    }
    this.#used.add(state);
  }
}

/** RFC 7636, section 4.2: what the issuer sees of the verifier. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** 256 bits: nobody guesses it. */
function random(): string {
  return randomBytes(32).toString('base64url');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
