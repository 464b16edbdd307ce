import type { AgeGroup, SupervisionRule } from '#policy';
import type { Direction, Watch } from './decide.ts';
import type { Detector } from './finding.ts';
import { type Panel, createPanel } from './inspection.ts';

/** What is known of a request beside its texts, for the rules that ask for it. */
export interface About {
  readonly dataClass?: string;
  readonly age?: AgeGroup;
  /** Of the text; for an answer, of the question. */
  readonly language?: string;
  /** The language was said and not guessed: no text is guessed anew. */
  readonly statedLanguage?: true;
}

/** Stands for every language that no rule names, so that there are few panels. */
const unnamed = '-';

/**
 * The rules of one direction by what they are about. Most rule books have no rule that asks for
 * more than a finding, and then there is one panel for everything.
 */
export class Panels {
  /** Of all the rules, whatever they ask for. */
  readonly all: Panel;
  readonly #detectors: readonly Detector[];
  readonly #rules: readonly SupervisionRule[];
  readonly #direction: Direction;
  readonly #watches: readonly Watch[];
  readonly #asks: {
    readonly classes: boolean;
    readonly ages: boolean;
    readonly languages: boolean;
  };
  readonly #classes: ReadonlySet<string>;
  readonly #languages: ReadonlySet<string>;
  readonly #known = new Map<string, Panel>();

  constructor(
    detectors: readonly Detector[],
    rules: readonly SupervisionRule[],
    of: {
      readonly direction: Direction;
      readonly watches: readonly Watch[];
      /** Every data class there is. */
      readonly classes: readonly string[];
    },
  ) {
    const { direction, watches, classes } = of;
    this.#classes = new Set(classes);
    this.#languages = new Set(rules.flatMap(({ when }) => when?.languages ?? []));
    this.#watches = watches;
    this.#detectors = detectors;
    this.#rules = rules;
    this.#direction = direction;
    this.all = createPanel(detectors, rules, direction, watches);
    this.#asks = {
      classes: rules.some(({ when }) => when?.classes !== undefined),
      ages: rules.some(({ when }) => when?.ages !== undefined),
      languages: rules.some(({ when }) => when?.languages !== undefined),
    };
  }

  /** Whether some rule asks for the language of a text. */
  get askLanguage(): boolean {
    return this.#asks.languages;
  }

  for(about: About): Panel {
    const { classes, ages, languages } = this.#asks;
    if (!classes && !ages && !languages) return this.all;
    const asked: About = {
      ...(classes && this.#classes.has(about.dataClass ?? '')
        ? { dataClass: about.dataClass ?? '' }
        : {}),
      ...(ages && about.age !== undefined ? { age: about.age } : {}),
      ...(languages && about.language !== undefined
        ? { language: this.#languages.has(about.language) ? about.language : unnamed }
        : {}),
    };
    // Bounded: each member has few values, all of them the rule book's words or ours. A class that
    // there is not counts as unsaid.
    const name = `${asked.dataClass ?? ''} ${asked.age ?? ''} ${asked.language ?? ''}`;
    let panel = this.#known.get(name);
    if (panel === undefined) {
      const rules = this.#rules.filter((rule) => holds(rule, asked));
      panel = createPanel(this.#detectors, rules, this.#direction, this.#watches);
      this.#known.set(name, panel);
    }
    return panel;
  }
}

/** What is not known rules nothing out: a rule must not be escaped by leaving something unsaid. */
function holds({ when }: SupervisionRule, { dataClass, age, language }: About): boolean {
  if (when === undefined) return true;
  const { classes, ages, languages } = when;
  return (
    (classes === undefined || dataClass === undefined || classes.includes(dataClass)) &&
    (ages === undefined || age === undefined || ages.includes(age)) &&
    (languages === undefined || language === undefined || languages.includes(language))
  );
}
