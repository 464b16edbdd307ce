import type { Fate } from './fake-passages.ts';

const answered = (upstream: string): Fate => ({
  upstream,
  attempts: [{ upstream, outcome: 'answered' }],
});

const email = {
  rule: 'personal-data-is-masked',
  kind: 'personal.email',
  path: 'messages[0].content',
  start: 14,
  end: 36,
  score: 95,
  detector: 'email@2',
  direction: 'input',
};

const myNumber = {
  rule: 'my-number-stays-here',
  kind: 'personal.jp_my_number',
  path: 'messages[0].content',
  start: 8,
  end: 22,
  score: 95,
  detector: 'jp-my-number@1',
  direction: 'input',
};

const leak = {
  rule: 'nothing-leaks-by-link',
  kind: 'exfiltration.link',
  path: 'choices[0].content',
  start: 120,
  end: 190,
  score: 88,
  detector: 'exfiltration@1',
  direction: 'output',
};

/** One fate of every kind. */
export const fates = {
  allow: {
    ...answered('city-llm'),
    question: '窓口の開庁時間を教えてください。',
    answer: '平日の午前8時30分から午後5時15分までです。',
  },
  redact: {
    ...answered('embedded'),
    decision: 'redact',
    dataClass: 'personal',
    rules: ['personal-data-is-masked'],
    findings: [email, { ...email, start: 50, end: 69 }],
    key: 'Planning, M. Sato',
  },
  blockIn: {
    decision: 'block',
    end: 'refused',
    rules: ['my-number-stays-here'],
    findings: [myNumber],
    failure: 'content_blocked',
  },
  blockOut: {
    ...answered('overseas'),
    decision: 'block',
    decisionIn: 'allow',
    end: 'refused',
    dataClass: 'public',
    rules: ['nothing-leaks-by-link'],
    findings: [leak],
  },
  fallback: {
    upstream: 'embedded',
    attempts: [
      { upstream: 'city-llm', outcome: 'timeout' },
      { upstream: 'embedded', outcome: 'answered' },
    ],
  },
  annotate: {
    ...answered('city-llm'),
    decision: 'annotate',
    rules: ['suspicious-instructions-are-noted'],
    findings: [
      {
        rule: 'suspicious-instructions-are-noted',
        kind: 'attack.injection',
        path: 'messages[0].content',
        start: 0,
        end: 40,
        score: 55,
        detector: 'prompt-injection@1',
        direction: 'input',
      },
    ],
  },
  escalate: {
    ...answered('city-llm'),
    decision: 'escalate',
    decisionIn: 'allow',
    rules: ['personal-data-from-a-model-is-marked'],
    findings: [
      {
        ...email,
        direction: 'output',
        rule: 'personal-data-from-a-model-is-marked',
        path: 'choices[0].content',
      },
    ],
  },
  failed: {
    decision: 'error',
    decisionIn: 'allow',
    end: 'failed',
    failure: 'timeout',
    attempts: [
      { upstream: 'city-llm', outcome: 'unavailable' },
      { upstream: 'embedded', outcome: 'timeout' },
    ],
  },
  kept: {
    upstream: 'city-llm',
    cache: { answer: 'hit', passage: '00112233445566778899aabbccddeeff' },
  },
  erased: { ...answered('city-llm'), contentState: 'ERASED' },
  interrupted: { end: 'interrupted', attempts: [{ upstream: 'city-llm', outcome: 'cut' }] },
} as const satisfies Record<string, Fate>;
