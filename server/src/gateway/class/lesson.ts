import { type CancelSignal, type Clock, limits } from '#base';
import type { DeclaredUpstream, PolicyDocument } from '#policy';
import {
  type ConversationState,
  type Level,
  type QuestionCheck,
  type SchoolNote,
  decisionOf,
  highest,
  levels,
} from '#school';
import type { Supervisor } from '#supervisor';
import { type ChatEvent, type Upstream, UpstreamError } from '#upstream';
import type { RuleBook } from '../admission.ts';
import type { Usage } from '../chat-response.ts';
import type { Alongside, InstitutionAccount } from '../institution-account.ts';
import { GatewayError } from '../errors.ts';
import { openingOf } from '../needs.ts';
import {
  type Admitted,
  type Attempt,
  type Result,
  estimatedTokens,
  inputCharacters,
  textsOf,
} from '../passage.ts';
import type { ReadJson } from '../request-body.ts';
import { instructionsOf, messageText } from '../request-text.ts';
import type { Candidate } from '../route.ts';
import { upstreamRequest } from '../upstream-request.ts';
import type { ConversationLevels } from './conversation-levels.ts';
import { type Heard, hear, sayingOf } from './heard.ts';
import { type Judgement, askJudge } from './judge.ts';
import {
  type Checking,
  type LookedAt,
  builtInNote,
  heldAnswer,
  lookAtAnswers,
  lookAtQuestions,
} from './looked-at.ts';
import {
  type BuiltInRule,
  type NoticeContext,
  holdNotice,
  lockedNotice,
  readerLanguages,
  signsNotice,
  stopNotice,
} from './notice.ts';
import {
  type LessonDraft,
  type LessonFacts,
  type LessonNote,
  recordOf,
  relocated,
  rulesOf,
} from './record.ts';
import { withTurns } from './turns.ts';

/** Everything one lesson needs to know beside what is said in it. */
export interface LessonPorts extends Checking {
  readonly classId: string;
  readonly settings: PolicyDocument['school'];
  readonly clock: Clock;
  readonly levels: ConversationLevels;
  readonly admitted: Admitted;
  readonly acceptLanguage: string | undefined;
  readonly statedConversation: string | undefined;
  /** Looks at nothing: what we say ourselves, telephone numbers included, leaves as it is. */
  readonly unsupervised: Supervisor;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly pageOf: (passage: string) => string;
  /** A person has to look at it. */
  readonly alert: (passage: string) => void;
}

/** How one candidate is asked. */
export interface Asking {
  readonly attempts: Attempt[];
  /** As it may go on: more may be masked by now than when the lesson began. */
  readonly admitted: Admitted;
  readonly read: ReadJson;
}

/** The same, of one candidate under way. */
interface Watch extends Asking {
  readonly candidate: Candidate;
  readonly signal: CancelSignal;
}

/** Stands for no model: what a pupil reads comes from here. */
const nobody: DeclaredUpstream = {
  id: 'school',
  dialect: 'embedded',
  model: 'school',
  operator: 'school',
  jurisdiction: 'local',
  residency: 'local',
  weight: 1,
  probe: 'none',
};

/**
 * One pupil's request under the rules of the class: what is asked is looked at before a model is,
 * and what a model answers before anybody reads a word of it. What cannot be checked waits for a
 * teacher.
 */
export class ClassLesson {
  readonly #ports: LessonPorts;
  readonly #name: string;
  readonly #question: QuestionCheck;
  readonly #questionText: string;
  /** What was asked before, as it came again. */
  readonly #earlier: readonly string[];
  /** What the model was told beside it: a pupil can write that too. */
  readonly #instructions: readonly string[];
  readonly #before: Level;
  readonly #locked: boolean;
  /** What was found before any model was asked, and by the judge. */
  #own: { readonly level: Level; readonly notes: readonly LessonNote[] };
  readonly #drafts: (LessonDraft & { readonly usage: Usage; readonly upstream: string })[] = [];
  #notes: readonly LessonNote[];
  #codes: readonly string[] = [];
  #level: Level;
  #held: readonly string[] | null = null;
  #checked: readonly string[] = [];
  #conversation: ConversationState;
  #passage = '';
  /** Whether what leaves is a text of ours. */
  #speaks = false;
  #asked = false;
  #concluded = false;
  #judgement: Judgement | undefined;
  /** One of them is asked in a lesson, whichever model answers. */
  #judging: Promise<void> | undefined;

  constructor(ports: LessonPorts) {
    this.#ports = ports;
    const { key, request } = ports.admitted;
    const { statedConversation: stated } = ports;
    const opening = openingOf(request.body);
    this.#name = ports.levels.nameOf({ keyId: key.id, stated, opening });
    const questions = request.body.messages.filter(({ role }) => role === 'user').map(messageText);
    this.#questionText = questions.at(-1) ?? '';
    this.#earlier = questions.slice(0, -1).slice(-limits.classEarlierQuestions);
    const told = instructionsOf(request.body).join('\n');
    this.#instructions = told === '' ? [] : [`instructions: ${told}`];
    const unlooked = ports.levels.unlooked(this.#name, this.#earlier);
    const { level: withheld, locked } = ports.levels.withheld(this.#name);
    const remembered = ports.levels.stateOf(this.#name);
    const isNew = ports.levels.unlooked(this.#name, this.#instructions).length > 0;
    const { check, before } = lookAtQuestions(
      ports,
      { questions: [...unlooked, this.#questionText], instructions: isNew ? told : '' },
      remembered,
    );
    this.#question = check;
    this.#before = highest([withheld, before.level >= levels.hold ? before.level : 0]);
    this.#locked = locked;
    this.#conversation = check.conversation;
    // A question cannot be asked for again: what would lead to that is a note.
    const own: Level = check.level === levels.rewrite ? levels.annotate : check.level;
    const signs: Level = check.signs === null ? 0 : levels.hold;
    this.#level = highest([own, signs, this.#before]);
    this.#notes = check.notes.map((note) => ({ ...note, about: 'question' }));
    const isSaid = this.#notes.some((note) => note.level >= this.#before);
    if (this.#before >= levels.hold && signs === 0 && !isSaid) {
      this.#note('earlier-in-this-conversation', { about: 'question', level: this.#before });
    }
    this.#own = { level: this.#level, notes: this.#notes };
  }

  /**
   * What the pupil reads where no model is asked: signs of need come before everything, then a
   * conversation that is closed, then a question that is stopped.
   * @returns undefined where a model may be asked, or another rule stops the request anyway
   */
  notice(): Candidate | undefined {
    const { signs } = this.#question;
    const { inspection, dialect } = this.#ports.admitted;
    const stopped = inspection.decision.action === 'block';
    // There is no way to say something to who asks for numbers.
    if (dialect.createWriter === undefined) return undefined;
    if (signs === null && stopped) return undefined;
    if (signs === null && !this.#locked && this.#level !== levels.stop) return undefined;
    this.#speaks = true;
    const context = (): NoticeContext => this.#context();
    const say = (): string => {
      if (signs !== null) return signsNotice(signs, context());
      if (this.#locked) return lockedNotice(context());
      return stopNotice(this.#stopping(), context());
    };
    const chat = (): AsyncIterable<ChatEvent> => spoken(say(), 1, undefined);
    const close = (): Promise<void> => Promise.resolve();
    return { declared: nobody, upstream: { id: nobody.id, available: () => true, chat, close } };
  }

  /** The intent is on record. @param passage its id */
  begin(passage: string): void {
    this.#passage = passage;
  }

  /** Whether a model was asked, as far as one can be told of. */
  get asked(): boolean {
    return this.#asked;
  }

  /** The rule book, in which what we say ourselves is looked at by nobody. */
  bookOf(book: RuleBook): RuleBook {
    // Asked when the first word leaves; by then it is known whose word it is.
    const looking = (): Supervisor => (this.#speaks ? this.#ports.unsupervised : book.supervisor);
    return {
      ...book,
      supervisor: {
        ...book.supervisor,
        stream: (...how) => looking().stream(...how),
        watched: (...parts) => looking().watched(...parts),
        reconsider: (...said) => looking().reconsider(...said),
      },
    };
  }

  /** The candidate, whose answer comes whole and checked, or not at all. */
  watch(candidate: Candidate, asking: Asking): Candidate {
    const { declared, upstream } = candidate;
    return {
      declared,
      upstream: {
        id: upstream.id,
        available: () => upstream.available(),
        chat: (request, signal) => {
          const first = upstream.chat(request, signal);
          return this.#supervise(first, { ...asking, candidate, signal });
        },
        close: () => Promise.resolve(),
      },
    };
  }

  headers(): Readonly<Record<string, string>> {
    const codes = this.#codes.filter((code) => /^[\x21-\x7e]{1,120}$/.test(code)).slice(0, 10);
    return {
      'x-sekisho-school': decisionOf(this.#decided),
      ...(codes.length === 0 ? {} : { 'x-sekisho-school-codes': codes.join(', ') }),
    };
  }

  /** Nobody waits for a teacher once more where a conversation is closed already. */
  get #decided(): Level {
    return this.#locked && this.#question.signs === null ? levels.stop : this.#level;
  }

  /** What a chat answer may carry beside its text; nothing where pupils see no notes. */
  told(): object | undefined {
    if (this.#ports.class?.notesToPupil !== true || this.#level >= levels.hold) return undefined;
    const notes = this.#notes.slice(0, limits.classNotes);
    return { decision: decisionOf(this.#level), codes: this.#codes, notes };
  }

  /** What the institution pays for, since the pupil asked once: earlier answers, and the judge. */
  alongside(institution: InstitutionAccount): readonly Alongside[] {
    const { policy } = this.#ports.admitted;
    const calls = [
      ...this.#drafts.map((draft) => ({ ...draft, why: 'rewrite' }) as const),
      ...(this.#judgement === undefined ? [] : [{ ...this.#judgement, why: 'judge' } as const]),
    ];
    return calls.flatMap(({ upstream, usage, why }) => {
      const declared = policy.upstream(upstream);
      if (declared === undefined || usage === undefined) return [];
      return [institution.priced(declared, why, usage)];
    });
  }

  /** The result as it is to be recorded, and the level of the conversation with it. */
  conclude(result: Result): Result {
    this.#ports.levels.raise(this.#name, this.#conversation);
    const { class: known, pack, classId } = this.#ports;
    const questions = [...this.#instructions, ...this.#earlier, this.#questionText];
    if (pack !== undefined) this.#ports.levels.look(this.#name, questions);
    if (!this.#speaks && !this.#concluded) return result;
    const lockAfter = this.#ports.settings?.lockAfter ?? 'stop';
    const withheld = this.#level >= levels.hold;
    if (!withheld && result.answer !== undefined) {
      const delivered = result.answer.finished().map(sayingOf);
      this.#notes = relocated(this.#notes, this.#checked, delivered);
    }
    const hasSigns = this.#question.signs !== null;
    if (hasSigns) this.#ports.alert(this.#passage);
    if (withheld && (hasSigns || !this.#locked)) {
      const locks = !hasSigns && lockAfter !== 'never' && this.#level >= levels[lockAfter];
      const of = { passage: this.#passage, level: this.#level, locks };
      this.#ports.levels.withhold(this.#name, of);
    }
    const lesson = recordOf({
      class: classId,
      pack: pack === undefined ? null : { ...pack.supervisor.pack, leaf: pack.leaf },
      level: this.#decided,
      year: known?.year ?? null,
      subject: known?.subject ?? this.#question.subject,
      scope: this.#question.scope,
      codes: this.#codes,
      notes: this.#notes.slice(0, limits.classNotes),
      drafts: this.#drafts.map(({ texts, notes, again }) => ({ texts, notes, again })),
      held: this.#held,
      asked: this.#asked,
      signs: this.#question.signs?.kinds ?? [],
      locked: this.#locked,
      judge: this.#toldJudgement(),
    });
    const stopped = lesson.decision === 'block' && result.end === 'complete';
    return { ...result, ...this.#unasked(), ...(stopped ? { end: 'refused' } : {}), lesson };
  }

  #toldJudgement(): LessonFacts['judge'] {
    if (this.#judgement === undefined) return null;
    const { usage: _usage, why = null, ...said } = this.#judgement;
    return { ...said, why };
  }

  #unasked(): Partial<Result> {
    if (this.#asked) return {};
    const usage = { inputTokens: 0, outputTokens: 0, estimated: false };
    return { upstream: undefined, model: undefined, modelLeaf: undefined, usage };
  }

  async *#supervise(first: AsyncIterable<ChatEvent>, of: Watch): AsyncGenerator<ChatEvent> {
    this.#asked = true;
    // The judge reads while the model writes: nobody waits for both. Where the model fails, what
    // the judge says is still waited for: it counts for the next model, and it has its price.
    this.#judging ??= this.#consult(of);
    const [came, judging] = await Promise.allSettled([hear(first), this.#judging]);
    if (came.status === 'rejected') throw came.reason;
    if (judging.status === 'rejected') throw judging.reason;
    let heard = came.value;
    this.#speaks = false;
    let judged = this.#lookAt(heard);
    while (judged.level === levels.rewrite) {
      const { again } = judged;
      if (again === null || this.#drafts.length >= limits.classRewrites) break;
      const { id: upstream } = of.candidate.declared;
      const { texts } = heard;
      const usage = heard.usage ?? this.#estimate(heard);
      this.#drafts.push({ texts, notes: judged.notes, again, usage, upstream });
      of.attempts.push({ upstream, outcome: 'rewritten' });
      // oxlint-disable-next-line no-await-in-loop -- each answer is asked for because of the last
      const next = await this.#askAgain(of);
      if (next === undefined) break;
      heard = next;
      judged = this.#lookAt(heard);
    }
    this.#settle(judged);
    if (this.#level < levels.hold) {
      yield* heard.events;
      if (heard.usage !== undefined) yield { type: 'usage', ...heard.usage };
      return;
    }
    this.#speaks = true;
    this.#held = heard.texts.map((text) => this.#ports.admitted.placeholders.restore(text));
    const context = this.#context();
    const stopped = this.#level === levels.stop;
    const text = stopped ? stopNotice(this.#stopping(), context) : holdNotice(context);
    yield* spoken(text, Math.max(1, heard.texts.length), heard.usage ?? this.#estimate(heard));
  }

  /** @returns undefined where the model cannot be asked again: what it said waits for a teacher */
  async #askAgain({ admitted, read, candidate, signal }: Watch): Promise<Heard | undefined> {
    const { declared } = candidate;
    const turns = this.#drafts.map(({ texts, again }) => ({ said: texts.join('\n'), again }));
    // The upstream itself: a candidate may stand for a call that is under way.
    const upstream = this.#ports.upstreams.get(declared.id) ?? candidate.upstream;
    try {
      // What was said since may be one message more than a request can hold.
      const effective = withTurns(admitted.dialect, admitted.effective, turns);
      const request = upstreamRequest({ ...admitted, effective }, read, declared);
      return await hear(upstream.chat(request, signal));
    } catch (error) {
      const isTold = error instanceof UpstreamError || error instanceof GatewayError;
      if (!isTold || signal.aborted) throw error;
      return undefined;
    }
  }

  /** What the last answer came to, with what was found in the question. */
  #settle(judged: LookedAt): void {
    const mended = judged.level !== levels.rewrite;
    // From the beginning: the answer of a candidate that failed at its end was another one.
    this.#level = highest([this.#own.level, mended ? judged.level : levels.hold]);
    this.#notes = [...this.#own.notes, ...judged.notes];
    this.#codes = judged.codes;
    const { conversation } = judged;
    const level = highest([conversation.level, this.#level >= levels.hold ? this.#level : 0]);
    this.#conversation = { ...conversation, level };
    if (!mended) this.#note('not-mended', { about: 'answer', level: levels.hold });
    this.#concluded = true;
  }

  #lookAt(heard: Heard): LookedAt {
    const check = this.#question;
    this.#checked = heard.texts.map((text) => this.#ports.admitted.placeholders.restore(text));
    if (heard.cut) return heldAnswer('too-long', check.conversation);
    const handed = heard.handed.map((text) => this.#ports.admitted.placeholders.restore(text));
    const said = { texts: this.#checked, handed };
    return lookAtAnswers(this.#ports, { question: this.#questionText, check }, said);
  }

  /** Where the curriculum leaves open whether a question is of it, a model may be asked. */
  async #consult({ admitted, signal }: Watch): Promise<void> {
    const judge = this.#ports.settings?.judge;
    const isOpen = this.#question.scope === 'unsure' && this.#own.level < levels.hold;
    if (judge === undefined || !isOpen) return;
    const { upstreams, clock } = this.#ports;
    const from = { settings: judge, checking: this.#ports, admitted, upstreams, clock };
    this.#judgement = await askJudge({ ...from, left: signal });
    const { said } = this.#judgement;
    if (said === 'inside') return;
    const holds = said === 'silent' && judge.whenSilent === 'hold';
    const level = holds ? levels.hold : levels.annotate;
    this.#note(`judge-${said}`, { about: 'question', level });
    this.#own = { level: highest([this.#own.level, level]), notes: this.#notes };
  }

  #note(rule: BuiltInRule, of: { about: LessonNote['about']; level: Level }): void {
    const kind = scopeKinds[rule] ?? 'topic';
    this.#notes = [...this.#notes, { ...builtInNote(rule), kind, ...of }];
  }

  #stopping(): readonly SchoolNote[] {
    const rules = new Set(rulesOf(this.#notes));
    const stopping = this.#notes.filter(({ level }) => level === levels.stop);
    return stopping.length > 0 ? stopping : this.#notes.filter(({ rule }) => rules.has(rule));
  }

  #context(): NoticeContext {
    const { acceptLanguage, admitted, pack, pageOf } = this.#ports;
    const languages = readerLanguages(
      acceptLanguage,
      admitted.language,
      pack?.manifest.languages ?? [],
    );
    return { languages, page: pageOf(this.#passage) };
  }

  #estimate({ texts }: Heard): Usage {
    const { effective } = this.#ports.admitted;
    return {
      inputTokens: estimatedTokens(inputCharacters(textsOf(effective))),
      outputTokens: estimatedTokens(texts.reduce((sum, text) => sum + text.length, 0)),
      estimated: true,
    };
  }
}

const scopeKinds: Readonly<Partial<Record<BuiltInRule, SchoolNote['kind']>>> = {
  'judge-above': 'scope.above',
  'judge-outside': 'scope.outside',
  'judge-silent': 'scope.unsure',
};

// oxlint-disable-next-line require-await -- an upstream's events are read as if they came now
async function* spoken(
  text: string,
  choices: number,
  usage: Usage | undefined,
): AsyncGenerator<ChatEvent> {
  for (let choice = 0; choice < choices; choice++) {
    yield { type: 'delta', choice, channel: 'content', text };
    yield { type: 'finish', choice, reason: 'content_filter' };
  }
  if (usage !== undefined) yield { type: 'usage', ...usage };
}
