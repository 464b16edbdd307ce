import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../api/client.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type Lesson, fetchLesson } from '../api/lessons.ts';

const heldMs = 4_000;
/** The end of a passage is on record shortly after its last word. */
const underWayMs = 400;

/** What becomes of a pupil's question, asked for as long as a teacher has not looked. */
export function useLesson(
  client: Client,
  id: string,
): { readonly lesson: Lesson | undefined; readonly failure: ApiFailure | undefined } {
  const [lesson, setLesson] = useState<Lesson>();
  const [failure, setFailure] = useState<ApiFailure>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const later = (waitMs: number): void => {
      timer = gone ? undefined : setTimeout(() => void look(), waitMs);
    };
    const look = async (): Promise<void> => {
      // Nobody sees it: the next look is when somebody does.
      if (document.hidden) return;
      try {
        const found = await fetchLesson(client, id);
        if (gone) return;
        setFailure(undefined);
        setLesson(found);
        if (found.state === 'held') later(heldMs);
      } catch (error) {
        if (gone) return;
        const failed = asFailure(error);
        if (failed.code === 'passage_under_way') return later(underWayMs);
        setFailure(failed);
        if (failed.kind === 'network' || failed.kind === 'busy') later(heldMs);
      }
    };
    const onSight = (): void => {
      clearTimeout(timer);
      if (!document.hidden) void look();
    };
    document.addEventListener('visibilitychange', onSight);
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onSight);
    };
  }, [client, id]);
  return { lesson, failure };
}
