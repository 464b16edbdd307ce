// A model that costs nothing: it reads as much HTTP as it must and answers from bytes made once.
// What the last message begins with says how: `Slowly`, in 64 events 10 ms apart; `Hold`, one event
// and then silence until the client leaves. Anything else is answered at once.
// It answers in prose, the same whoever asks: a gateway that looks at answers is slower or faster
// by what they say, and 640 times one letter, which no model says, looks like an encoded word.
import { createServer } from 'node:net';

/** Exactly 640 units; no word is longer than nine, so that every tenth unit is near a blank. */
const prose =
  'The office is open on weekdays from nine to five, and on the first day of each month until ' +
  'eight. You can bring the form with you or send it by post; the people at the counter will look ' +
  'through it and tell you what is missing. If you move to another town, please hand in the ' +
  'notice within two weeks after you have moved. Children need a parent with them. It takes ' +
  'about twenty minutes when it is quiet, and up to an hour before the holidays. There is a ' +
  'place to wait with chairs and water, and a screen that shows when it is your turn. Please ' +
  'keep the receipt until our answer has come by letter, as you may need it to ask again. ' +
  'Thank you.';

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
const cut = (index) => (index === events ? prose.length : prose.lastIndexOf(' ', index * 10));
const words = Array.from({ length: events }, (_, index) =>
  chunked(eventBytes({ content: prose.slice(Math.max(0, cut(index)), cut(index + 1)) })),
);
const ending = `${chunked(`${eventBytes({}, 'stop')}data: [DONE]\n\n`)}0\r\n\r\n`;
const wholeStream = Buffer.from(`${streamHead}${words.join('')}${ending}`);

function wholeAnswer() {
  const message = { role: 'assistant', content: prose };
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
  socket.write(`${streamHead}${words[0]}`);
  let sent = 1;
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else if (sent < events) socket.write(words[sent++]);
    else {
      clearInterval(timer);
      socket.write(ending);
    }
  }, 10);
}

function answer(socket, body) {
  if (!/"stream":\s?true/.test(body)) socket.write(whole);
  else if (body.includes('Slowly')) answerSlowly(socket);
  else if (body.includes('Hold')) socket.write(`${streamHead}${words.slice(0, 40).join('')}`);
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
