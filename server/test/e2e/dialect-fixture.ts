import { afterAll, beforeAll } from 'vitest';
import { type ScriptedUpstream, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

/** A key that a rule of the newcomer's policy keeps from leaving. */
export const secret = 'sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8';

/** A picture of one pixel. */
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export interface DialectFixture {
  readonly upstream: ScriptedUpstream;
  readonly checkpoint: RunningCheckpoint;
}

/**
 * A checkpoint with one upstream that a test scripts, for the tests of one file.
 * @param change of the rule book, in which the upstream is declared as OpenAI-compatible
 */
export function withCheckpoint(change = (policy: string): string => policy): DialectFixture {
  const data = temporaryDirectory();
  const fixture: { upstream?: ScriptedUpstream; checkpoint?: RunningCheckpoint } = {};
  beforeAll(async () => {
    build();
    fixture.upstream = await startScriptedUpstream();
    const policy = policyWith([{ id: 'first', baseUrl: fixture.upstream.baseUrl }]);
    fixture.checkpoint = await startCheckpoint(data.path, change(policy));
  });
  afterAll(async () => {
    await fixture.checkpoint?.end('SIGINT');
    await fixture.upstream?.close();
    data.remove();
  });
  return {
    get upstream() {
      return fixture.upstream!;
    },
    get checkpoint() {
      return fixture.checkpoint!;
    },
  };
}

/** What the upstream was sent last. */
export function sentLast({ upstream }: DialectFixture): Record<string, unknown> {
  return upstream.seen.at(-1)!.body;
}
