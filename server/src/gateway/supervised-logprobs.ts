import type { StreamChannel } from '#supervisor';
import type { ChosenLogprob } from '#upstream';

/**
 * Log-probabilities say the text again, and what it might have been. They leave at the end, when
 * the text left as it came, they spell that text, and no rule has anything to say to the other
 * tokens; else none of them does.
 */
export class SupervisedLogprobs {
  #chosen: ChosenLogprob[] = [];
  #released: readonly ChosenLogprob[] = [];
  #withheld = false;

  get released(): readonly ChosenLogprob[] {
    return this.#released;
  }

  get withheld(): boolean {
    return this.#withheld;
  }

  add(chosen: readonly ChosenLogprob[]): void {
    this.#chosen.push(...chosen);
  }

  /** @param open gives a channel on the output, for what might have been said */
  settle(
    text: { readonly raw: string; readonly delivered: string },
    open: () => StreamChannel,
  ): void {
    const chosen = this.#chosen;
    this.#chosen = [];
    if (chosen.length === 0) return;
    const fits =
      text.raw === text.delivered && spells(chosen, text.raw) && othersPass(chosen, open);
    if (fits) this.#released = chosen;
    else this.#withheld = true;
  }
}

/** The second likeliest tokens are a text of their own, and so are the third. */
function othersPass(chosen: readonly ChosenLogprob[], open: () => StreamChannel): boolean {
  const ranks = chosen.reduce((most, { top }) => Math.max(most, top.length), 0);
  return Array.from({ length: ranks }, (_, rank) => {
    const text = chosen.map(({ top }) => top[rank]?.token ?? '').join('');
    const channel = open();
    return channel.push(text).release + channel.end().release === text;
  }).every(Boolean);
}

/** Tokens that are not whole characters come with their bytes, and must make the text with them. */
function spells(chosen: readonly ChosenLogprob[], text: string): boolean {
  const bytes = chosen.map(({ token, bytes: own }) =>
    own === undefined ? Buffer.from(token, 'utf8') : Buffer.from(own),
  );
  return Buffer.concat(bytes).equals(Buffer.from(text, 'utf8'));
}
