import { type Clock, type Database, type Log, limits } from '#base';
import { createSupervisor } from '#supervisor';
import type { RuleBook } from '../admission.ts';
import type { Caller } from '../caller.ts';
import type { ParsedRequest } from '../dialect.ts';
import type { ApiKey } from '../key-store.ts';
import type { Admitted } from '../passage.ts';
import { lastUserText } from '../request-text.ts';
import { TokenBucket } from '../token-bucket.ts';
import { ClassStore } from './class-store.ts';
import { ConversationLevels } from './conversation-levels.ts';
import { ClassLesson } from './lesson.ts';

export {
  type SchoolClass,
  ClassStore,
  classSettingsSchema,
  newClassSchema,
} from './class-store.ts';
export type { LessonNote } from './record.ts';
export type { ReadyPack } from './ready-pack.ts';

/** Looks at nothing. */
const unsupervised = createSupervisor({ rules: [], detectors: [], classes: [] });

/** The classes of this checkpoint, and the lessons that their pupils have with a model. */
export class Classroom {
  readonly classes: ClassStore;
  readonly levels: ConversationLevels;
  readonly #baseUrl: () => string;
  readonly #log: Log;
  readonly #clock: Clock;
  /** By key: there are no more of them than keys of classes. */
  readonly #urgent = new Map<string, TokenBucket>();

  constructor(ports: {
    readonly database: Database;
    readonly clock: Clock;
    readonly baseUrl: () => string;
    readonly log: Log;
  }) {
    this.classes = new ClassStore(ports.database);
    this.levels = new ConversationLevels(ports.database, ports.clock);
    this.#baseUrl = ports.baseUrl;
    this.#log = ports.log;
    this.#clock = ports.clock;
  }

  /**
   * @returns undefined for a key of no class, and for a teacher's own: what they ask is not a
   * lesson
   */
  open(
    book: RuleBook,
    { admitted, caller }: { readonly admitted: Admitted; readonly caller: Caller },
  ): ClassLesson | undefined {
    const classId = lessonClass(admitted.key);
    if (classId === undefined) return undefined;
    const found = this.classes.get(classId);
    return new ClassLesson({
      classId,
      class: found,
      pack: found === undefined ? undefined : book.packs?.get(found.pack),
      settings: book.policy.document.school,
      clock: this.#clock,
      levels: this.levels,
      admitted,
      acceptLanguage: caller.header('accept-language'),
      statedConversation: caller.header('x-sekisho-conversation'),
      unsupervised,
      upstreams: book.upstreams,
      pageOf: (passage) => `${this.#baseUrl()}/console/#/lesson/${passage}`,
      // Its id alone: whoever may see it finds the passage in the list.
      alert: (passage) => this.#log.warn('safeguarding', { passage }),
    });
  }

  /**
   * Whether the last thing a pupil wrote shows that a person has to look now. Asked of requests
   * that the limits of the key would refuse; so often a minute and no more, or nothing would bound
   * them.
   */
  hasSigns(book: RuleBook, key: ApiKey, { body }: ParsedRequest): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#urgent.get(key.id) ?? new TokenBucket(limits.classUrgentPerMinute, nowMs);
    this.#urgent.set(key.id, bucket);
    if (bucket.take(1, nowMs) > 0) return false;
    const found = this.classes.get(lessonClass(key) ?? '');
    const pack = found === undefined ? undefined : book.packs?.get(found.pack);
    const question = lastUserText(body);
    if (found === undefined || pack === undefined) return false;
    if (question.length > limits.classQuestionUnits) return false;
    try {
      return pack.supervisor.question(found, question).signs !== null;
    } catch {
      return false;
    }
  }
}

function lessonClass({ terms, role }: ApiKey): string | undefined {
  return role === 'teacher' ? undefined : (terms.class ?? undefined);
}
