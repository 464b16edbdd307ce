import { type Socket, connect } from 'node:net';

/** A client without manners: it sends these bytes as they are. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that came, as Latin-1. */
  readonly got: () => string;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
}

export function rawClient(url: string, bytes: string): RawClient {
  const { hostname, port } = new URL(url);
  let got = '';
  const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    got += text;
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
  return { socket, got: () => got, closed };
}

/** A well-formed request for a chat, as bytes. */
export function chatBytes(key: string, body: object, headers = ''): string {
  const text = JSON.stringify(body);
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n` +
    `${headers}\r\n${text}`
  );
}
