import { type ChildProcess, fork } from 'node:child_process';
import { type FromModel, type ToModel, fromModelSchema } from './embedded-protocol.ts';

/** What the runtime may know of its surroundings. Keys of other upstreams are not among it. */
const passedOn = ['PATH', 'HOME', 'LANG', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

export interface ChildListener {
  onMessage(message: FromModel): void;
  /** Once, however it ended. */
  onExit(): void;
}

/** The model's process, seen from the checkpoint. */
export class ModelChild {
  readonly #process: ChildProcess;
  #exited = false;

  /** @param path the built `embedded-process.js` */
  constructor(path: string, listener: ChildListener) {
    this.#process = fork(path, [], {
      // Flags of this process, such as a debugger's port, are not the child's.
      execArgv: [],
      env: environment(),
      // llama.cpp writes parts of what it reads to its output; nothing of that may reach a log.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process.on('message', (message) => {
      const parsed = fromModelSchema.safeParse(message);
      if (this.#exited) return;
      if (parsed.success) listener.onMessage(parsed.data);
      else this.kill();
    });
    const exit = (): void => {
      if (this.#exited) return;
      this.#exited = true;
      listener.onExit();
    };
    this.#process.once('exit', exit);
    this.#process.once('error', exit);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get exited(): boolean {
    return this.#exited;
  }

  send(message: ToModel): void {
    if (this.#exited || !this.#process.connected) return;
    // A message that cannot be delivered means that the child is going, and its exit says the rest.
    this.#process.send(message, () => {});
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Lets the child go, and makes it go when it does not. @param patienceMs before it is killed */
  async stop(patienceMs: number): Promise<void> {
    if (this.#exited) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.kill(), patienceMs);
      this.#process.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#process.connected) this.#process.disconnect();
    });
  }
}

function environment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
