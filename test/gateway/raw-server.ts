/** A TCP server that counts what it receives and answers by hand: for faults no well-behaved server can produce. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export type RawServer = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** Bytes received so far, over all connections. */
  readonly received: () => number;
  /** Whole requests seen so far. */
  readonly requests: () => number;
};

export type Manners = {
  readonly onConnect?: (socket: Socket) => void;
  /** @param nth from 1, over all connections */
  readonly onRequest?: (socket: Socket, nth: number) => void;
};

export async function startRawServer({ onConnect, onRequest }: Manners): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let received = 0;
  let requests = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let pending = "";
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      received += chunk.length;
      pending += chunk.toString("latin1");
      for (let length = wholeRequest(pending); length !== null; length = wholeRequest(pending)) {
        pending = pending.slice(length);
        requests += 1;
        onRequest?.(socket, requests);
      }
    });
    onConnect?.(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received: () => received,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Null until the request is whole. */
function wholeRequest(text: string): number | null {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return null;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + length ? head + 4 + length : null;
}

export function httpAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  return `HTTP/1.1 ${status} Any\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
