/** A merchant's system on a real port: keeps what it is sent, byte by byte, and answers as it is scripted to. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export type Call = {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly message: { readonly type: string; readonly timestamp: string; readonly data: Record<string, unknown> };
};

export type Receiver = AsyncDisposable & {
  readonly url: string;
  readonly calls: readonly Call[];
  /** How the next calls are answered, one each; after these with 204. */
  answer(...ways: readonly Way[]): void;
  /** Hung calls that are still open. */
  readonly hanging: () => number;
  /** A call hangs. */
  readonly hangs: Promise<void>;
};

/** A status, or what to do with the response. "hang": no answer ever. "reset": the connection is cut. */
export type Way = number | "hang" | "reset" | ((response: ServerResponse) => void);

export async function startReceiver(): Promise<Receiver> {
  const calls: Call[] = [];
  const ways: Way[] = [];
  const hung = new Set<ServerResponse>();
  const { promise: hangs, resolve: nowHangs } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks);
      const message = JSON.parse(raw.toString("utf8")) as Call["message"];
      calls.push({ id: String(request.headers["webhook-id"]), headers: request.headers, raw, message });
      const way = ways.shift() ?? 204;
      if (way === "hang") {
        hung.add(response);
        response.on("close", () => hung.delete(response));
        nowHangs();
      } else if (way === "reset") request.socket.destroy();
      else if (typeof way === "number") response.writeHead(way).end("an answer that nobody reads");
      else way(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/events`,
    calls,
    answer: (...next) => void ways.push(...next),
    ...{ hangs, hanging: () => hung.size },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As a receiver does it: over the raw bytes, with the library. Throws when it is not genuine. */
export function verified({ raw, headers }: Pick<Call, "raw" | "headers">, secret = SECRET): unknown {
  return new Webhook(secret).verify(raw, headers as Record<string, string>);
}
