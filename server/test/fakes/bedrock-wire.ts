import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import type { FakeAnswer, FakeBlock } from './fake-answer.ts';

const reasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
  function_call: 'tool_use',
} as const;

/** One message of the binary event stream. */
export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  const encoded = Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => {
      const text = Buffer.from(value, 'utf8');
      const size = Buffer.alloc(3);
      size.writeUInt8(7, 0);
      size.writeUInt16BE(text.length, 1);
      return [Buffer.from([Buffer.byteLength(name)]), Buffer.from(name, 'utf8'), size, text];
    }),
  );
  const head = Buffer.alloc(12);
  head.writeUInt32BE(16 + encoded.length + payload.length, 0);
  head.writeUInt32BE(encoded.length, 4);
  head.writeUInt32BE(crc32(head.subarray(0, 8)), 8);
  const message = Buffer.concat([head, encoded, payload]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(message));
  return Buffer.concat([message, end]);
}

/** The beginning of a message that says it has two gigabytes. */
export function endlessFrame(): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(0x7fffffff, 0);
  head.writeUInt32BE(crc32(head.subarray(0, 8)), 8);
  return head;
}

export function eventFrame(type: string, payload: object): Buffer {
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    // The padding hides how long an answer is from who watches the wire.
    Buffer.from(JSON.stringify({ ...payload, p: 'abcdefgh' }), 'utf8'),
  );
}

export function exceptionFrame(type: string): Buffer {
  return frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    Buffer.from('{"message":"no"}', 'utf8'),
  );
}

/** An answer as Bedrock streams it: one piece for each message. */
export function bedrockStream(answer: FakeAnswer): readonly Uint8Array[] {
  const [choice] = answer.choices;
  const frames = [eventFrame('messageStart', { role: 'assistant' })];
  for (const [contentBlockIndex, block] of choice.blocks.entries()) {
    if (block.type === 'tool') {
      const start = { toolUse: { toolUseId: block.id, name: block.name } };
      frames.push(eventFrame('contentBlockStart', { contentBlockIndex, start }));
    }
    for (const delta of deltas(block)) {
      frames.push(eventFrame('contentBlockDelta', { contentBlockIndex, delta }));
    }
    frames.push(eventFrame('contentBlockStop', { contentBlockIndex }));
  }
  frames.push(eventFrame('messageStop', { stopReason: reasons[choice.reason] }));
  frames.push(eventFrame('metadata', { usage: usageOf(answer), metrics: { latencyMs: 1 } }));
  return frames;
}

/** The same, not streamed. */
export function bedrockWhole(answer: FakeAnswer): object {
  const [choice] = answer.choices;
  return {
    output: { message: { role: 'assistant', content: choice.blocks.map(whole) } },
    stopReason: reasons[choice.reason],
    usage: usageOf(answer),
  };
}

function usageOf({ usage }: FakeAnswer): object {
  return {
    inputTokens: usage.input - usage.cached - usage.written,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.cached,
    cacheWriteInputTokens: usage.written,
  };
}

function deltas(block: FakeBlock): readonly object[] {
  switch (block.type) {
    case 'content':
      return block.pieces.map((text) => ({ text }));
    case 'reasoning': {
      const { signature } = block;
      const sealed = signature === undefined ? [] : [{ reasoningContent: { signature } }];
      return [...block.pieces.map((text) => ({ reasoningContent: { text } })), ...sealed];
    }
    case 'sealed':
      return [{ reasoningContent: { redactedContent: block.signature } }];
    case 'tool':
      return block.pieces.map((input) => ({ toolUse: { input } }));
    case 'refusal':
      throw new Error('the Converse dialect has no refusal text');
  }
}

function whole(block: FakeBlock): object {
  switch (block.type) {
    case 'content':
      return { text: block.pieces.join('') };
    case 'reasoning': {
      const { signature } = block;
      const sealed = signature === undefined ? {} : { signature };
      return { reasoningContent: { reasoningText: { text: block.pieces.join(''), ...sealed } } };
    }
    case 'tool': {
      const { id, name } = block;
      const input = JSON.parse(block.pieces.join('')) as object;
      return { toolUse: { toolUseId: id, name, input } };
    }
    case 'sealed':
    case 'refusal':
      return deltas(block)[0];
  }
}

/**
 * Checks a signature as Bedrock does, from what came over the wire. It shares nothing with the
 * signer, so the two agree only if both follow the specification.
 */
export function isSignedForBedrock(
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  body: string,
  { region, secretAccessKey }: { region: string; secretAccessKey: string },
): boolean {
  const { authorization = '' } = request.headers;
  const match =
    /^AWS4-HMAC-SHA256 Credential=[^/, ]+\/(\d{8})\/([^/]+)\/bedrock\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match?.[2] !== region) return false;
  const [, date = '', , names = '', signature] = match;
  const lines = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`);
  const path = (request.url ?? '').split('/').map(encodeURIComponent).join('/');
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = ['POST', path, '', ...lines, '', names, hash(body)].join('\n');
  const scope = `${date}/${region}/bedrock/aws4_request`;
  const stamp = String(request.headers['x-amz-date']);
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`;
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of [date, region, 'bedrock', 'aws4_request', toSign]) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return key.toString('hex') === signature;
}

/** The message with both of its checksums made right. */
export function resealed(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  const end = bytes.length - 4;
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
  return bytes;
}
