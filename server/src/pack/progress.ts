import type { Language } from '#base';

export interface Progress {
  readonly received: number;
  readonly total: number;
  readonly bytesPerSecond: number;
  /** undefined until a speed is known. */
  readonly secondsLeft: number | undefined;
}

/** Speed is measured over this long, so that it follows the network without jumping about. */
const windowMs = 5_000;

/** Turns byte counts into progress. @param nowMs a clock that never goes back */
export class ProgressMeter {
  readonly #total: number;
  readonly #nowMs: () => number;
  #marks: { atMs: number; received: number }[] = [];

  constructor(total: number, nowMs: () => number) {
    this.#total = total;
    this.#nowMs = nowMs;
    this.#marks.push({ atMs: nowMs(), received: 0 });
  }

  update(received: number): Progress {
    const atMs = this.#nowMs();
    while (this.#marks.length > 1 && (this.#marks[0]?.atMs ?? atMs) < atMs - windowMs) {
      this.#marks.shift();
    }
    const first = this.#marks[0] ?? { atMs, received };
    const last = this.#marks.at(-1);
    // A mark each tenth of a second is enough; one for each chunk would be thousands.
    if (last === undefined || atMs - last.atMs >= 100) this.#marks.push({ atMs, received });
    const elapsedMs = atMs - first.atMs;
    const bytesPerSecond =
      elapsedMs > 0 ? Math.max(0, ((received - first.received) * 1_000) / elapsedMs) : 0;
    const secondsLeft =
      bytesPerSecond > 0 ? Math.max(0, this.#total - received) / bytesPerSecond : undefined;
    return { received, total: this.#total, bytesPerSecond, secondsLeft };
  }
}

export interface ProgressBarOptions {
  readonly write: (text: string) => void;
  /** A terminal gets one line that is redrawn; anything else a line every tenth. */
  readonly terminal: boolean;
  /** Width of the terminal. */
  readonly columns: number;
  readonly language: Language;
  readonly title: string;
  readonly nowMs: () => number;
}

export interface ProgressBar {
  update(progress: Progress): void;
  /** Ends the line. Nothing is printed when nothing was drawn. */
  end(): void;
}

export function createProgressBar(options: ProgressBarOptions): ProgressBar {
  return options.terminal ? terminalBar(options) : plainLines(options);
}

const redrawMs = 100;

function terminalBar(options: ProgressBarOptions): ProgressBar {
  let drawnMs = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    update(progress) {
      const nowMs = options.nowMs();
      if (nowMs - drawnMs < redrawMs && progress.received < progress.total) return;
      drawnMs = nowMs;
      drawn = true;
      options.write(`\r\u001B[2K${barLine(progress, options)}`);
    },
    end() {
      if (drawn) options.write('\n');
      drawn = false;
    },
  };
}

function plainLines(options: ProgressBarOptions): ProgressBar {
  let next = 0;
  return {
    update(progress) {
      const tenth = Math.floor((progress.received * 10) / Math.max(1, progress.total));
      if (tenth < next) return;
      next = tenth + 1;
      options.write(
        `${options.title}: ${percent(progress)} ${figures(progress, options.language)}\n`,
      );
    },
    end() {
      next = 0;
    },
  };
}

function barLine(progress: Progress, options: ProgressBarOptions): string {
  const text = figures(progress, options.language);
  const label = `${options.title} `;
  const tail = ` ${percent(progress)} ${text}`;
  const room = options.columns - 1 - cells(label) - cells(tail) - 2;
  if (room < 10) return fit(`${options.title}${tail}`, options.columns - 1);
  const width = Math.min(room, 30);
  const filled = Math.floor((width * progress.received) / Math.max(1, progress.total));
  const bar = '#'.repeat(Math.min(width, filled)).padEnd(width, '-');
  return `${label}[${bar}]${tail}`;
}

/** Terminal cells: text outside Latin takes two, and a line that wraps cannot be redrawn. */
function cells(text: string): number {
  let count = 0;
  for (const character of text) count += (character.codePointAt(0) ?? 0) >= 0x11_00 ? 2 : 1;
  return count;
}

function fit(text: string, width: number): string {
  let kept = '';
  let count = 0;
  for (const character of text) {
    count += cells(character);
    if (count > width) break;
    kept += character;
  }
  return kept;
}

function percent({ received, total }: Progress): string {
  return `${Math.floor((received * 100) / Math.max(1, total))}%`.padStart(4);
}

function figures(progress: Progress, language: Language): string {
  const size = `${megabytes(progress.received)}/${megabytes(progress.total)} MB`;
  const speed = `${megabytes(progress.bytesPerSecond)} MB/s`;
  if (progress.received >= progress.total) return `${size}  ${speed}`;
  return `${size}  ${speed}  ${timeLeft(progress.secondsLeft, language)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function timeLeft(seconds: number | undefined, language: Language): string {
  const whole = Math.ceil(seconds ?? Number.POSITIVE_INFINITY);
  const clock = Number.isFinite(whole)
    ? `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
    : '-:--';
  return language === 'ja' ? `残り ${clock}` : `${clock} left`;
}
