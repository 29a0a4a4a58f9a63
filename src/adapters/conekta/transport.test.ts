/** How long a call waits for its connection, and how much of a read it takes. More of what a network does: test/gateway. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { httpAnswer, startRawServer } from "../../../test/gateway/raw-server.ts";
import { MAX_ANSWER_BYTES } from "./packed-answer.ts";
import { connectingMs, conektaTransport, type HttpCall, type TransportOptions } from "./transport.ts";

const CHARGE: HttpCall = { method: "POST", path: "/orders", body: {}, isHot: true };
const READ: HttpCall = { method: "GET", path: "/orders" };

function transportTo(baseUrl: string, change: Partial<TransportOptions> = {}) {
  return conektaTransport({
    ...{ baseUrl, apiKey: "key_1", userAgent: "Puntual", timeoutMs: 20_000, connections: 1, onAnswer: () => {} },
    ...change,
  });
}

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
  await using transport = transportTo(server.url);
  expect(await transport.send(READ)).toEqual({
    ...{ kind: "no-answer", status: 200 },
    because: "the connection broke or the answer was cut off after status 200 (ANSWER_TOO_LARGE)",
  });
});

test.each([CHARGE, READ])("the mark of a byte order before an answer is no part of it: $method", async (call) => {
  const body = Buffer.from('\uFEFF{"id":"ord_1"}');
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
  const onRequest = (socket: Socket): void => void socket.end(Buffer.concat([Buffer.from(head), body]));
  await using server = await startRawServer({ onRequest });
  await using transport = transportTo(server.url);
  expect(await transport.send(call)).toMatchObject({ kind: "answered", text: '{"id":"ord_1"}' });
});

const NOON = "Tue, 01 Dec 2026 12:00:00 GMT";

// prettier-ignore
test.each<[headers: Readonly<Record<string, string>>, date: string | null, retryAfter: string | null, because: string]>([
  [{}, null, null, "it names neither"],
  [{ date: NOON }, "2026-12-01T12:00:00.000Z", null, "the gateway's clock"],
  [{ date: "soon" }, null, null, "no date"],
  [{ "retry-after": "7" }, null, "7", "seconds"],
  [{ "retry-after": " 7" }, null, "7", "in a header blanks mean nothing"],
  [{ date: NOON, "retry-after": "7" }, "2026-12-01T12:00:00.000Z", "7", "seconds, whatever the date"],
  [{ date: NOON, "retry-after": "Tue, 01 Dec 2026 12:50:00 GMT" }, "2026-12-01T12:00:00.000Z", "3000", "a date is measured by the answer's own"],
  [{ date: NOON, "retry-after": "2026-12-01T12:00:00.500Z" }, "2026-12-01T12:00:00.000Z", "1", "not before it"],
  [{ date: NOON, "retry-after": "Tue, 01 Dec 2026 11:59:59 GMT" }, "2026-12-01T12:00:00.000Z", "0", "it has come"],
  [{ "retry-after": "Tue, 01 Dec 2026 12:50:00 GMT" }, null, "Tue, 01 Dec 2026 12:50:00 GMT", "a date, and nothing to measure it by"],
  [{ date: NOON, "retry-after": "soon" }, "2026-12-01T12:00:00.000Z", "soon", "as it stands there, for whoever understands it"],
])("an answer with %j tells the date %p, and when to ask again: %p (%s)", async (headers, date, retryAfter) => {
  await using server = await startRawServer({ onRequest: (socket) => void socket.write(httpAnswer(429, "{}", headers)) });
  const dates: (string | null)[] = [];
  await using transport = transportTo(server.url, {
    onAnswer: (told) => void dates.push(told?.toISOString() ?? null),
  });
  const answered = { kind: "answered", status: 429, text: "{}", retryAfter };
  expect([await transport.send(CHARGE), await transport.send(READ)]).toEqual([answered, answered]);
  expect(dates).toEqual([date, date]);
});

test("nothing is asked twice here: not a read whose answer was lost, nor one that found no connection", async () => {
  await using losing = await startRawServer({ onRequest: (socket) => void socket.resetAndDestroy() });
  await using transport = transportTo(losing.url);
  for (const call of [CHARGE, READ])
    expect(await transport.send(call)).toMatchObject({ kind: "no-answer", status: null });
  expect(losing.requests()).toBe(2);

  let connected = 0;
  const onConnect = (socket: Socket): void => {
    connected += 1;
    socket.end("I do not speak TLS\r\n\r\n");
  };
  await using plain = await startRawServer({ onConnect });
  await using secure = transportTo(plain.url.replace("http:", "https:"));
  for (const call of [CHARGE, READ]) expect(await secure.send(call)).toMatchObject({ kind: "not-sent" });
  expect(connected).toBe(2);
});

test.each<[stopping: AbortSignal | undefined, kind: string, because: string]>([
  [undefined, "answered", "what is under way is waited for"],
  [new AbortController().signal, "answered", "nobody has asked it to stop"],
  [AbortSignal.abort(), "no-answer", "who is to end has booked its charges, and waits for nothing"],
])("let go of by a program that was told %p to stop, a call is %s (%s)", async (stopping, kind) => {
  const asked = Promise.withResolvers<Socket>();
  await using server = await startRawServer({ onRequest: asked.resolve });
  const transport = transportTo(server.url, stopping && { stopping });
  const sent = transport.send(CHARGE);
  const socket = await asked.promise;
  const closed = transport[Symbol.asyncDispose]();
  setImmediate(() => socket.write(httpAnswer(200, "{}")));
  expect(await sent).toMatchObject({ kind });
  await closed;
});
