// What a checkpoint is compared with. `bare`: the least a reverse proxy in Node can be.
// `parsing`: what it costs to know the key and to read the request besides, and nothing more.
import { createHash } from 'node:crypto';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { Pool } from 'undici';

const [kind, target] = process.argv.slice(2);
const { hostname, port } = new URL(target);

const agent = new Agent({ keepAlive: true, maxSockets: 4_096 });
function bare(request, response) {
  const { method, url: path, headers } = request;
  const onward = httpRequest({ hostname, port, method, path, headers, agent }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  request.pipe(onward);
}

const pool = new Pool(target, { connections: 4_096, pipelining: 1 });
const keys = new Map([[createHash('sha256').update('none').digest('hex'), 'somebody']]);
function parsing(request, response) {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    const key = (request.headers.authorization ?? '').slice('Bearer '.length);
    const known = keys.has(createHash('sha256').update(key).digest('hex'));
    const { messages } = JSON.parse(bytes.toString('utf8'));
    if (!known || !Array.isArray(messages)) return response.writeHead(401).end();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer upstream' };
    pool.dispatch({ path: request.url, method: 'POST', headers, body: bytes }, pass(response));
  });
}

function pass(response) {
  let upstream;
  response.on('close', () => {
    if (!response.writableFinished) upstream?.abort(new Error('the client left'));
  });
  return {
    onRequestStart: (controller) => (upstream = controller),
    onResponseStart: (_controller, status, headers) => {
      delete headers['transfer-encoding'];
      response.writeHead(status, headers);
    },
    onResponseData: (controller, chunk) => {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd: () => response.end(),
    onResponseError: () => response.destroy(),
  };
}

const server = createServer(kind === 'bare' ? bare : parsing);
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`));
