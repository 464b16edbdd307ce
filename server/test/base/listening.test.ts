import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from '#base';

test('a connection that cannot be taken is told, every time, and the others go on', async () => {
  const told: unknown[] = [];
  const server = createServer((_request, response) => response.end('here'));
  const log = { warn: (event: string, fields?: object) => told.push([event, fields]) };
  const url = await listen(server, { port: 0, host: '127.0.0.1' }, log);
  // What the system says where no more files may be open.
  for (let i = 0; i < 3; i++) {
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  }
  expect(told).toEqual(
    Array.from({ length: 3 }, () => ['connection_not_taken', { code: 'EMFILE' }]),
  );
  expect(await (await fetch(url)).text()).toBe('here');
  server.close();
});

test('an address that is taken is an error for whoever opens it', async () => {
  const server = createServer();
  const told: unknown[] = [];
  const log = { warn: (event: string) => told.push(event) };
  const url = new URL(await listen(server, { port: 0, host: '127.0.0.1' }, log));
  const second = listen(createServer(), { port: Number(url.port), host: '127.0.0.1' }, log);
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(told).toEqual([]);
  server.close();
});
