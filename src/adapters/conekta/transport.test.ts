/** How long a call waits for its connection, and how much of a read it takes. More of what a network does: test/gateway. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { startRawServer } from "../../../test/gateway/raw-server.ts";
import { MAX_ANSWER_BYTES } from "./packed-answer.ts";
import { connectingMs, conektaTransport } from "./transport.ts";

test.each<[timeoutMs: number, mostMs: number, because: string]>([
  [30_000, 10_000, "no connection takes longer than this"],
  [20_000, 10_000, "half of it, just"],
  [19_999, 9999.5, "half of the time is left for the answer"],
  [100, 50, "the shortest that a merchant may set"],
])("of %d ms for a call, connecting may take %d (%s)", (timeoutMs, mostMs) => {
  expect(connectingMs(timeoutMs)).toBe(mostMs);
});

test("a read that is larger, once unpacked, than any answer of Conekta's is broken off", async () => {
  const body = gzipSync(Buffer.alloc(MAX_ANSWER_BYTES + 1, " "), { level: 1 });
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
  const onRequest = (socket: Socket): void => void socket.end(Buffer.concat([Buffer.from(head), body]));
  await using server = await startRawServer({ onRequest });
  await using transport = conektaTransport({
    ...{ baseUrl: server.url, apiKey: "key_1", userAgent: "Puntual", timeoutMs: 20_000, connections: 1 },
    onAnswer: () => {},
  });
  expect(await transport.send({ method: "GET", path: "/orders" })).toEqual({
    ...{ kind: "no-answer", status: 200 },
    because: "the connection broke or the answer was cut off after status 200 (ANSWER_TOO_LARGE)",
  });
});
