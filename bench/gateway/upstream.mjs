// A model that costs nothing: it reads as much HTTP as it must and answers from bytes made once.
// What the last message begins with says how: `Slowly`, in 64 events 10 ms apart; `Hold`, one event
// and then silence until the client leaves. Anything else is answered at once.
import { createServer } from 'node:net';

const usage = { prompt_tokens: 250, completion_tokens: 160, total_tokens: 410 };
const events = 64;

function eventBytes(delta, finish = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'bench', choices };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

const chunked = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const word = eventBytes({ content: 'ten chars ' });
const ending = `${chunked(`${eventBytes({}, 'stop')}data: [DONE]\n\n`)}0\r\n\r\n`;
const wholeStream = Buffer.from(`${streamHead}${chunked(word).repeat(events)}${ending}`);

function wholeAnswer() {
  const message = { role: 'assistant', content: 'x'.repeat(640) };
  const body = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1,
    model: 'bench',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return Buffer.from(`${head}\r\n\r\n${body}`);
}
const whole = wholeAnswer();

function answerSlowly(socket) {
  socket.write(`${streamHead}${chunked(word)}`);
  let sent = 1;
  const timer = setInterval(() => {
    sent++;
    if (socket.destroyed) clearInterval(timer);
    else if (sent <= events) socket.write(chunked(word));
    else {
      clearInterval(timer);
      socket.write(ending);
    }
  }, 10);
}

function answer(socket, body) {
  if (!/"stream":\s?true/.test(body)) socket.write(whole);
  else if (body.includes('Slowly')) answerSlowly(socket);
  else if (body.includes('Hold')) socket.write(`${streamHead}${chunked(word.repeat(40))}`);
  else socket.write(wholeStream);
}

/** Cuts what arrives into requests. Whoever asks here is one of ours, so little is checked. */
function serve(socket) {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let waiting = '';
  socket.on('data', (bytes) => {
    waiting += bytes.toString('latin1');
    for (;;) {
      const end = waiting.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = waiting.slice(0, end).toLowerCase();
      const length = bodyEnd(head, waiting, end + 4);
      if (length === -1) return;
      const body = waiting.slice(end + 4, length);
      waiting = waiting.slice(length);
      if (head.startsWith('post')) answer(socket, body);
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    }
  });
}

/** @returns where the body ends, or -1 when it is not there yet */
function bodyEnd(head, text, start) {
  if (/\r\ntransfer-encoding:\s*chunked/.test(head)) {
    const end = text.indexOf('0\r\n\r\n', start);
    return end === -1 ? -1 : end + 5;
  }
  const end = start + Number(/\r\ncontent-length:\s*(\d+)/.exec(head)?.[1] ?? 0);
  return text.length < end ? -1 : end;
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`));
