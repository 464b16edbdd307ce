import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Client } from './api/client.ts';
import type { SessionInfo } from './api/session.ts';
import type { Library } from './rules/library.ts';
import type { Session } from './session/session.ts';

/** The checkpoint as every page reaches it. */
export interface Checkpoint {
  readonly client: Client;
  readonly session: Session;
  readonly library: Library;
}

const CheckpointContext = createContext<Checkpoint | undefined>(undefined);
export const CheckpointProvider = CheckpointContext.Provider;

export function useCheckpoint(): Checkpoint {
  const checkpoint = useContext(CheckpointContext);
  if (checkpoint === undefined) throw new Error('couldn’t find the checkpoint: no provider above');
  return checkpoint;
}

/** Who is signed in; undefined for a stranger. */
export function useSessionInfo(): SessionInfo | undefined {
  const state = useCheckpoint().session.current.value;
  return state.state === 'in' ? state.info : undefined;
}
