import type { ChatHistoryItem, ChatWrapper, LlamaModel, Token } from 'node-llama-cpp';
import type { ChatMessage } from './upstream.ts';

type Library = typeof import('node-llama-cpp');

/**
 * The chat format the model was trained with: the template in its file, or the library's best
 * guess for a file that has none or one that does not parse.
 */
export function chatFormat(model: LlamaModel, library: Library): ChatWrapper {
  const template = model.fileInfo.metadata.tokenizer.chat_template;
  if (template !== undefined && template !== '') {
    try {
      const { JinjaTemplateChatWrapper } = library;
      return new JinjaTemplateChatWrapper({ template, tokenizer: model.tokenizer });
    } catch {
      // A template that does not parse is the file's fault; the model may still answer.
    }
  }
  return library.resolveChatWrapper(model);
}

/**
 * A conversation as the model reads it, up to where its answer begins. Only the template's own
 * marks become control tokens: the same marks written by a person stay plain text, so nobody can
 * end their turn and speak as the system by writing <|im_end|>.
 */
export function tokenizeChat(
  model: LlamaModel,
  format: ChatWrapper,
  messages: readonly ChatMessage[],
): Token[] {
  const chatHistory: ChatHistoryItem[] = messages.map(historyItem);
  if (chatHistory.at(-1)?.type !== 'model') chatHistory.push({ type: 'model', response: [] });
  const { contextText } = format.generateContextState({ chatHistory });
  return contextText.tokenize(model.tokenizer);
}

type Speaker = 'system' | 'user' | 'model';

/**
 * Templates know three speakers. What a tool returned is something the model is told, like a
 * user's words.
 */
const speakers: Readonly<Record<ChatMessage['role'], Speaker>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  tool: 'user',
  function: 'user',
  assistant: 'model',
};

function historyItem({ role, text }: ChatMessage): ChatHistoryItem {
  const type = speakers[role];
  return type === 'model' ? { type, response: [text] } : { type, text };
}
