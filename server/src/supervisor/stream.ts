import { limits } from '#base';
import { type Decision, type Judged, decide, judge } from './decide.ts';
import { detectRun, withDecoded } from './decoded.ts';
import { EncodedRuns } from './encoded-runs.ts';
import { type Anchor, type Finding, lookBehind } from './finding.ts';
import { type Detected, type Panel, detectAll } from './inspection.ts';
import {
  type NormalText,
  joinNormal,
  normalFrom,
  normalise,
  unfinishedUnits,
} from './normalise.ts';
import { type Placeholders, joinSpans, placeholderName } from './placeholders.ts';
import { type Raw, resolve } from './resolve.ts';

/** What leaves now. After `blocked` nothing leaves any more. */
export interface Release {
  readonly release: string;
  /** The rule that stopped the channel; empty when a detector failed, which `failed` names. */
  readonly blocked?: { readonly rule: string };
}

/**
 * One channel of an answer, supervised while it arrives: text leaves as soon as no rule that
 * withholds can still claim it. However the text is cut, the same text leaves and the same
 * decision is reached.
 */
export interface StreamChannel {
  push(text: string): Release;
  /** No more text comes: what was waiting leaves or is stopped. */
  end(): Release;
  /** In order of start; offsets count from the start of the channel, before restoring. */
  readonly findings: readonly Judged[];
  readonly decision: Decision;
  readonly failed: readonly string[];
  /** UTF-16 units that arrived and have not left. */
  readonly heldUnits: number;
}

/** `stream`: somebody reads while it arrives. `whole`: the text leaves in one piece at its end. */
export type Pace = 'stream' | 'whole';

/** A text that nobody reads before its end is looked at after so many units, and at the end. */
const wholeUnits = 8_192;
/** Text that waits this long is looked at again only when it has grown by an eighth. */
const patientUnits = 512;
/** Findings that delay nothing are looked for after this many units. */
const settleUnits = 512;
/** What is settled is forgotten in steps of this many units. */
const forgetUnits = 512;

export class Channel implements StreamChannel {
  readonly #panel: Panel;
  readonly #vault: Placeholders;
  readonly #classes: readonly string[];
  readonly #pace: Pace;
  readonly #findings: Judged[] = [];
  readonly #failed: string[] = [];
  readonly #counts = new Map<string, number>();
  #window: NormalText = normalise('');
  /** Offset of the window in the channel. */
  #base = 0;
  /** Units at the end of what arrived that the next chunk may still change. */
  #unfinished = '';
  /**
   * Window offsets: findings that begin before `settled` are known; text before `released` left.
   */
  #settled = 0;
  #released = 0;
  #lookAgainUnits: number;
  #settleAgainUnits = settleUnits;
  readonly #runs = new EncodedRuns();
  /** What was seen in encoded runs and is not settled, in offsets of the channel. */
  #decoded: Raw[] = [];
  /** The start of a stand-in that may go on. */
  #halfPlaceholder = '';
  /** Settled findings to replace, not released yet. */
  #masks: Judged[] = [];
  /** The first finding that stops the channel. */
  #stop: Judged | undefined;
  #blocked: { readonly rule: string } | undefined;

  constructor(
    panel: Panel,
    of: {
      readonly vault: Placeholders;
      readonly classes: readonly string[];
      readonly pace: Pace;
    },
  ) {
    this.#panel = panel;
    this.#vault = of.vault;
    this.#classes = of.classes;
    this.#pace = of.pace;
    this.#lookAgainUnits = of.pace === 'whole' ? wholeUnits : 0;
  }

  get findings(): readonly Judged[] {
    return this.#findings;
  }

  get failed(): readonly string[] {
    return this.#failed;
  }

  get decision(): Decision {
    const { rulebook } = this.#panel;
    const { decision } = decide(this.#findings, rulebook, {
      failed: this.#failed,
      classes: this.#classes,
    });
    return decision;
  }

  get heldUnits(): number {
    const waiting = this.#window.original.length - this.#released;
    return waiting + this.#unfinished.length + this.#halfPlaceholder.length;
  }

  push(text: string): Release {
    if (this.#blocked !== undefined) return this.#silence();
    const arrived = this.#unfinished + text;
    const finished = arrived.length - unfinishedUnits(arrived);
    this.#unfinished = arrived.slice(finished);
    this.#append(arrived.slice(0, finished));
    if (this.#window.original.length - this.#released < this.#lookAgainUnits) {
      return { release: '' };
    }
    const release = this.#advance(false);
    const left = this.#window.original.length - this.#released;
    if (this.#pace === 'whole') this.#lookAgainUnits = left + wholeUnits;
    else this.#lookAgainUnits = left > patientUnits ? left + Math.ceil(left / 8) : 0;
    return this.#answer(release);
  }

  end(): Release {
    if (this.#blocked !== undefined) return this.#silence();
    this.#append(this.#unfinished);
    this.#unfinished = '';
    let release = this.#advance(true);
    if (this.#blocked === undefined) release += this.#restored('', true);
    return this.#answer(release);
  }

  #append(text: string): void {
    if (text !== '') this.#window = joinNormal(this.#window, normalise(text));
  }

  #silence(): Release {
    return this.#answer('');
  }

  #answer(release: string): Release {
    return this.#blocked === undefined ? { release } : { release, blocked: this.#blocked };
  }

  /** Looks at what is new, and gives what no rule can claim any more. */
  #advance(final: boolean): string {
    const { groups, withholding } = this.#panel;
    const { length } = this.#window.original;
    const unread = this.#readRuns(final);
    if (this.#blocked !== undefined) return '';
    let settle = unread;
    let leave = length;
    try {
      if (!final) leave = this.#openFrom(withholding, this.#released);
      if (withholding.length > 0) leave = Math.min(leave, unread);
      if (!final && !this.#isDue(withholding)) return this.#leave(leave);
      if (!final)
        settle = Math.min(
          settle,
          this.#openFrom(
            groups.map(({ anchor }) => anchor),
            this.#settled,
          ),
        );
    } catch {
      return this.#fail('anchor');
    }
    if (settle <= this.#settled && leave <= this.#released) return '';
    const detected = detectAll(this.#panel, this.#window, this.#window.indexAt(this.#settled));
    if (detected.failed.length > 0) return this.#fail(...detected.failed);
    settle = this.#settle(detected, settle);
    if (this.#blocked !== undefined) return '';
    // A finding that is not settled yet, and that a rule may withhold, keeps its text here.
    for (const { finding } of [...detected.raws, ...this.#pending()]) {
      const withheld = this.#panel.rulebook.withholds(finding.kind);
      if (withheld && finding.start >= settle) leave = Math.min(leave, finding.start);
    }
    const stop = this.#stop;
    const release = this.#leave(stop === undefined ? leave : stop.start - this.#base);
    if (stop !== undefined) {
      this.#blocked = { rule: stop.rule ?? '' };
      return release + this.#restored('', true);
    }
    this.#settled = settle;
    const unsettled = length - settle;
    this.#settleAgainUnits = unsettled + Math.max(settleUnits, Math.ceil(unsettled / 8));
    this.#forget();
    return release;
  }

  /**
   * Findings are looked for when one may be withheld, and otherwise now and then: what only marks
   * text delays none of it.
   */
  #isDue(withholding: readonly Anchor[]): boolean {
    if (this.#decoded.length > 0) return true;
    if (this.#window.original.length - this.#settled >= this.#settleAgainUnits) return true;
    const index = this.#window.indexAt(this.#released);
    return withholding.some((anchor) => anchor.present(this.#window, index));
  }

  /** Looks into what is encoded and has ended. @returns the window offset where a run is open */
  #readRuns(final: boolean): number {
    const { length } = this.#window.original;
    if (this.#panel.groups.length === 0) return length;
    for (const run of this.#runs.read(this.#window, final)) {
      const { raws, failed } = detectRun(this.#panel, this.#window, run);
      if (failed.length > 0) this.#fail(...failed);
      for (const raw of raws) {
        this.#decoded.push({ ...raw, finding: this.#atChannel(raw.finding) });
      }
    }
    return this.#runs.openFrom(this.#window);
  }

  /** What was decoded, in offsets of the window. */
  #pending(): readonly Raw[] {
    return this.#decoded.map((raw) => {
      const { start, end } = raw.finding;
      const place = { start: start - this.#base, end: end - this.#base };
      return { ...raw, finding: { ...raw.finding, ...place } };
    });
  }

  /** The first window offset from which one of the anchors may still see a finding begin. */
  #openFrom(anchors: readonly Anchor[], from: number): number {
    const text = this.#window;
    const index = text.indexAt(from);
    let open = text.text.length;
    for (const anchor of anchors) open = Math.min(open, anchor.openFrom(text, index));
    const offset = Math.max(from, text.start(open));
    const code = text.original.charCodeAt(offset);
    return code >= 0xdc00 && code < 0xe000 && offset > from ? offset - 1 : offset;
  }

  /** Takes the findings that nothing to come can change. @returns how far that goes */
  #settle({ raws }: Detected, open: number): number {
    let edge = open;
    const decoded = this.#pending();
    const all = [...raws, ...decoded];
    // A cluster of overlapping findings is settled as a whole.
    for (const { finding } of all.toSorted((a, b) => b.finding.start - a.finding.start)) {
      if (finding.start < edge && finding.end > edge) edge = finding.start;
    }
    const isKnown = ({ finding }: Raw): boolean => finding.start < edge;
    const known = withDecoded(raws.filter(isKnown), decoded.filter(isKnown));
    this.#decoded = this.#decoded.filter(({ finding }) => finding.start - this.#base >= edge);
    const { findings, overflow } = resolve(known);
    if (overflow) {
      this.#fail('overlap');
      return edge;
    }
    for (const { finding } of known) {
      const count = (this.#counts.get(finding.detector) ?? 0) + 1;
      this.#counts.set(finding.detector, count);
      if (count > limits.findings) {
        this.#fail(finding.detector);
        return edge;
      }
    }
    for (const finding of findings) {
      const judged = judge(this.#atChannel(finding), this.#panel.rulebook);
      this.#findings.push(judged);
      if (judged.masked === true) this.#masks.push(judged);
      if (this.#panel.rulebook.matching(judged)[0]?.action !== 'block') continue;
      // What begins behind it counts no more: a channel cut otherwise would never have seen it.
      this.#stop = judged;
      break;
    }
    return edge;
  }

  #atChannel(finding: Finding): Finding {
    return { ...finding, start: finding.start + this.#base, end: finding.end + this.#base };
  }

  /** Releases up to a window offset, with what a rule redacts replaced for good. */
  #leave(to: number): string {
    let release = '';
    const from = this.#released;
    if (to <= from) return release;
    let at = from;
    for (const { start, end, kind } of joinSpans(this.#masks)) {
      if (start - this.#base >= to) break;
      release += this.#restored(this.#window.original.slice(at, start - this.#base), true);
      release += `[${placeholderName(kind)}]`;
      at = end - this.#base;
    }
    release += this.#restored(this.#window.original.slice(at, to), false);
    this.#released = Math.max(at, to);
    this.#masks = this.#masks.filter((mask) => mask.start - this.#base >= this.#released);
    return release;
  }

  /** Puts the caller's own values back; the start of a stand-in waits for its end. */
  #restored(text: string, last: boolean): string {
    const whole = this.#halfPlaceholder + text;
    const open = last ? whole.length : this.#vault.openFrom(whole);
    this.#halfPlaceholder = whole.slice(open);
    return this.#vault.restore(whole.slice(0, open));
  }

  #fail(...names: readonly string[]): string {
    this.#failed.push(...names);
    this.#blocked = { rule: '' };
    return '';
  }

  /** Keeps only what later findings may read. */
  #forget(): void {
    const done = Math.min(this.#settled, this.#released);
    if (done < forgetUnits) return;
    const index = Math.max(0, this.#window.indexAt(done) - lookBehind);
    const cut = this.#window.start(index);
    if (cut === 0) return;
    this.#window = normalFrom(this.#window, index);
    this.#runs.forget(index, cut);
    this.#base += cut;
    this.#settled -= cut;
    this.#released -= cut;
  }
}
