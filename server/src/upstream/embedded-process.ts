// The process that runs the language model. Native code reads text from strangers here, so it has
// no secrets, no files but the model, and may die without taking the checkpoint with it.
import type { ChatWrapper, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import type { ChatCommand, Ending, FromModel, ToModel } from './embedded-protocol.ts';
import { chatFormat, tokenizeChat } from './embedded-prompt.ts';
import { StopFilter, TokenDecoder } from './embedded-text.ts';

interface Loaded {
  readonly model: LlamaModel;
  readonly format: ChatWrapper;
  readonly sequence: LlamaContextSequence;
}

/** Tokens read between two looks at whether the caller has left. */
const readAtOnceTokens = 64;
/**
 * Room kept for an answer: a request that leaves less is refused, not answered with half a word.
 */
const leastAnswerTokens = 16;
/** No token of any vocabulary we have seen is longer, so a text this long cannot fit. */
const longestTokenChars = 256;

class ModelProcess {
  readonly #tell: (message: FromModel) => void;
  #loaded: Loaded | undefined;
  #abortedId = -1;

  constructor(tell: (message: FromModel) => void) {
    this.#tell = tell;
  }

  async receive(message: ToModel): Promise<void> {
    switch (message.type) {
      case 'load':
        await this.#load(message);
        return;
      case 'chat':
        this.#tell(await this.#chat(message));
        return;
      case 'abort':
        this.#abortedId = message.id;
        return;
    }
  }

  async #load(options: Extract<ToModel, { type: 'load' }>): Promise<void> {
    let part: 'runtime' | 'model' = 'runtime';
    try {
      const library = await import('node-llama-cpp');
      const logLevel = library.LlamaLogLevel.error;
      const llama = await library.getLlama({ gpu: false, build: 'never', logLevel });
      part = 'model';
      const model = await llama.loadModel({ modelPath: options.modelPath });
      const contextSize = Math.min(options.contextTokens, model.trainContextSize);
      const context = await model.createContext({ contextSize, threads: options.threads });
      const format = chatFormat(model, library);
      this.#loaded = { model, format, sequence: context.getSequence() };
      this.#tell({ type: 'ready' });
    } catch {
      // What went wrong may name paths of this machine, so only the part that failed is told.
      this.#tell({ type: 'unusable', part });
    }
  }

  async #chat(command: ChatCommand): Promise<Ending> {
    const { id } = command;
    const loaded = this.#loaded;
    if (loaded === undefined) return { type: 'failed', id };
    try {
      return await this.#answer(loaded, command);
    } catch {
      return { type: 'failed', id };
    } finally {
      // The next request may be another person's. Keeping this one's state would answer faster when
      // both begin alike, and the speed would tell the second what the first had asked.
      await loaded.sequence.clearHistory();
    }
  }

  async #answer(loaded: Loaded, command: ChatCommand): Promise<Ending> {
    const { id } = command;
    const { model, sequence } = loaded;
    const mostTokens = sequence.contextSize - leastAnswerTokens;
    const chars = command.messages.reduce((sum, { text }) => sum + text.length, 0);
    const atLeast = Math.ceil(chars / longestTokenChars);
    if (atLeast > mostTokens) return { type: 'refused', id, inputTokens: atLeast, mostTokens };
    const tokens = tokenizeChat(model, loaded.format, command.messages);
    const inputTokens = tokens.length;
    if (inputTokens > mostTokens) return { type: 'refused', id, inputTokens, mostTokens };
    const rest = await this.#read(sequence, tokens, id);
    if (rest === undefined) return { type: 'aborted', id };
    const maxTokens = Math.min(command.maxTokens, sequence.contextSize - inputTokens);
    return this.#generate(loaded, rest, { ...command, maxTokens, inputTokens });
  }

  /**
   * @returns the tokens that are left for the first step of the answer, or undefined when aborted
   */
  async #read(
    sequence: LlamaContextSequence,
    tokens: Token[],
    id: number,
  ): Promise<Token[] | undefined> {
    let done = 0;
    while (tokens.length - done > readAtOnceTokens) {
      const next = tokens.slice(done, done + readAtOnceTokens);
      // oxlint-disable-next-line no-await-in-loop -- the model reads in order
      await sequence.evaluateWithoutGeneratingNewTokens(next);
      done += next.length;
      if (this.#abortedId === id) return undefined;
      this.#tell({ type: 'working', id });
    }
    return tokens.slice(done);
  }

  async #generate(
    { model, sequence }: Loaded,
    tokens: Token[],
    command: ChatCommand & { readonly inputTokens: number },
  ): Promise<Ending> {
    const { id, inputTokens, maxTokens, temperature, topP, seed } = command;
    const decoder = new TokenDecoder<Token>((some, before) =>
      model.detokenize(some, false, before),
    );
    const stop = new StopFilter(command.stop);
    const say = (text: string): void => {
      if (text !== '') this.#tell({ type: 'delta', id, text });
    };
    let outputTokens = 0;
    let reason: 'stop' | 'length' = 'stop';
    for await (const token of sequence.evaluate(tokens, { temperature, topP, seed })) {
      if (this.#abortedId === id) return { type: 'aborted', id };
      outputTokens += 1;
      say(stop.push(decoder.push(token)));
      if (stop.stopped) break;
      if (outputTokens >= maxTokens) {
        reason = 'length';
        break;
      }
    }
    say(stop.push(decoder.end()));
    if (stop.stopped) reason = 'stop';
    say(stop.end());
    return { type: 'done', id, reason, inputTokens, outputTokens };
  }
}

function serve(): void {
  // The terminal sends these to every process of the group; when to stop is the checkpoint's to
  // say.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  // There is nothing to save, and native code that is still computing may keep an orderly exit
  // waiting.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const model = new ModelProcess((message) => {
    if (process.connected) process.send?.(message);
  });
  process.on('message', (message: ToModel) => void model.receive(message));
}

serve();
