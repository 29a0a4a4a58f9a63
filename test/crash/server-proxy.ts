/** Between the daemons and a PostgreSQL server: passes everything on, and loses connections and answers when it is told to. */
import { connect, createServer, type Socket } from "node:net";
import assert from "node:assert/strict";

export type ServerProxy = AsyncDisposable & {
  readonly port: number;
  /** Of the next so many commits the server's answer does not arrive: their connections are cut. */
  loseCommits(count: number): void;
  readonly lostCommits: () => number;
  /** The next so many requests with this text in them do not arrive: their connections are cut. */
  cutBefore(text: string, count: number): void;
  cutAll(): void;
};

export async function startProxy(serverPort: number): Promise<ServerProxy> {
  const open = new Set<Socket>();
  let toLose = 0;
  let lost = 0;
  let cut = { text: "", count: 0 };
  const proxy = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    let isLosing = false;
    const end = (): void => {
      client.destroy();
      server.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, server]) socket.on("error", end).on("close", end);
    client.on("data", (chunk) => {
      if (cut.count > 0 && chunk.includes(cut.text)) {
        cut.count -= 1;
        return end();
      }
      if (toLose > 0 && chunk.includes("commit\0")) {
        toLose -= 1;
        isLosing = true;
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      if (!isLosing) client.write(chunk);
      else {
        // The server has committed: it has said so.
        lost += 1;
        end();
      }
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  assert(typeof address === "object" && address !== null);
  return {
    port: address.port,
    loseCommits: (count) => void (toLose += count),
    lostCommits: () => lost,
    cutBefore: (text, count) => void (cut = { text, count }),
    cutAll: () => {
      for (const client of open) client.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const client of open) client.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
