import { type ApiKey, GatewayError } from '#gateway';
import type { JsonValue, Passage } from '#ledger';
import { type ReviewCase, readVerdicts } from '#review';
import { z } from 'zod';
import type { ApiApp, ApiPorts } from './app.ts';

const texts = z.array(z.string());
const delivered = z.array(z.looseObject({ content: z.string().nullish() }));

/** `given`: it was answered. `held`: a teacher will look. `released`: a teacher has let it through. */
type LessonState = 'given' | 'held' | 'released' | 'refused';

/** What became of a pupil's own question: for the pupil, whose key asked it. */
export function lessonRoute(app: ApiApp, ports: ApiPorts): void {
  app.get('/api/passages/:id/lesson', async (context) => {
    const passage = await ownPassage(ports, context.get('key'), context.req.param('id'));
    if (passage.outcomeIndex === undefined) throw new GatewayError('passage_under_way');
    const { school } = readVerdicts(passage.outcomeFields['policy.verdicts']);
    if (school === null || school === undefined) throw new GatewayError('not_found');
    await ports.review.book.catchUp();
    const known = ports.review.book.cases.get(passage.id);
    const state = stateOf(passage, school.decision, known);
    const mayRead = state === 'given' || state === 'released';
    const shows = ports.classroom.classes.get(school.class)?.notesToPupil === true;
    return context.json({
      passage: passage.id,
      state,
      decision: school.decision,
      rules: school.rules,
      codes: school.codes,
      subject: school.subject ?? null,
      notes: mayRead && shows ? (passage.outcomeFields['answer.notes'] ?? []) : [],
      // A held answer is read by nobody but a teacher until it is released.
      answer: mayRead ? answerOf(passage, state) : null,
      words: known?.state === 'open' ? null : await ports.review.desk.words(known?.verdict ?? null),
      contested: known?.contest !== null && known !== undefined,
      locked: school.locked,
      contentState: passage.contentState,
    });
  });
}

/** @throws GatewayError `not_found`: whose it is not, is not told that there is one */
async function ownPassage({ reader }: ApiPorts, key: ApiKey, id: string): Promise<Passage> {
  const known = await reader.passage(id, { content: false });
  if (known?.intentFields['actor.id'] !== key.id) throw new GatewayError('not_found');
  return (await reader.passage(id, { content: true })) ?? known;
}

function stateOf(
  { decision }: Passage,
  school: string,
  known: ReviewCase | undefined,
): LessonState {
  const withheld = school === 'hold' || school === 'stop';
  if (!withheld) return decision === 'block' || decision === 'error' ? 'refused' : 'given';
  if (known?.state === 'overturned') return 'released';
  if (known?.state === 'upheld') return 'refused';
  return school === 'hold' ? 'held' : 'refused';
}

function answerOf({ outcomeFields }: Passage, state: LessonState): string | null {
  const said: JsonValue | undefined =
    state === 'released' ? outcomeFields['answer.held'] : outcomeFields['response.delivered'];
  if (state === 'released') return texts.safeParse(said).data?.[0] ?? null;
  return delivered.safeParse(said).data?.[0]?.content ?? null;
}
