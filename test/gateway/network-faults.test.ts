/**
 * What the network can do to a charge. Whatever it is: one request at most, and `not_sent` only when no byte left.
 *
 * Faults that are a silence need a time limit to end; theirs is short, and only ever waited for, never raced against.
 */
import { setTimeout } from "node:timers/promises";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import type { Outcome } from "../../src/domain/attempt.ts";
import { intentFor, openGateway, type TestGateway } from "./open-gateway.ts";
import { httpAnswer, startRawServer, type Manners } from "./raw-server.ts";
import { charge, conektaError, order } from "./samples.ts";

const SILENCE_MS = 800;
/** undici counts a connection's time in steps of half a second, and takes half of this for it. */
const CONNECT_SILENCE_MS = 3_000;

function chargeAt(gateway: TestGateway): Promise<Outcome> {
  return gateway.charge(intentFor("cus_1"), null);
}

/** A whole and well-formed answer about somebody else's order: read, and of no use. */
const WHOLE = httpAnswer(200, JSON.stringify(order([charge()])));

/** A byte more than 32 MiB of spaces in 32 kB: no answer of Conekta's, and no reason to hold it in memory. */
const INFLATED = gzipSync(Buffer.alloc(32 * 1024 * 1024 + 1, " "));
const INFLATED_HEAD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${INFLATED.length}\r\n\r\n`;

type Row = readonly [fault: string, manners: Manners, httpStatus: number | null];

// prettier-ignore
const AFTER_SENDING: readonly Row[] = [
  ["closes the connection after reading",    { onRequest: (socket) => void socket.end() }, null],
  ["resets the connection after reading",    { onRequest: (socket) => void socket.resetAndDestroy() }, null],
  ["closes it within the headers",           { onRequest: (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-ty") }, null],
  ["resets it within the headers",           { onRequest: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncon", () => socket.resetAndDestroy()) }, null],
  ["closes it within the body",              { onRequest: (socket) => void socket.end(WHOLE.slice(0, -20)) }, 200],
  ["answers garbage instead of HTTP",        { onRequest: (socket) => void socket.end("Hello there, this is not HTTP at all\r\n\r\n") }, null],
  ["answers half of the JSON",               { onRequest: (socket) => void socket.end(httpAnswer(200, '{"object":"order","id":')) }, 200],
  ["answers a page",                         { onRequest: (socket) => void socket.end(httpAnswer(200, "<html></html>", { "content-type": "text/html" })) }, 200],
  ["redirects with a 307",                   { onRequest: (socket) => void socket.end(httpAnswer(307, "", { location: "/elsewhere" })) }, 307],
  ["answers 421, which fetch would repeat",  { onRequest: (socket) => void socket.end(httpAnswer(421, "")) }, 421],
  ["answers 500",                            { onRequest: (socket) => void socket.end(httpAnswer(500, "{}")) }, 500],
  ["answers 408 and closes",                 { onRequest: (socket) => void socket.end(httpAnswer(408, "", { connection: "close" })) }, 408],
];

describe("a gateway that has read the charge and then", () => {
  test.each(AFTER_SENDING)("%s leaves it unknown, sent once", async (_fault, manners, httpStatus) => {
    await using server = await startRawServer(manners);
    await using gateway = openGateway(server.url);
    expect(await chargeAt(gateway)).toMatchObject({ kind: "unknown", trace: { httpStatus } });
    expect(server.requests()).toBe(1);
  });

  test("answers more than it weighs on the wire leaves it unknown: the rest is neither read nor kept", async () => {
    const onRequest: Manners["onRequest"] = (socket) =>
      void socket.end(Buffer.concat([Buffer.from(INFLATED_HEAD), INFLATED]));
    await using server = await startRawServer({ onRequest });
    await using gateway = openGateway(server.url);
    const { trace, kind } = await chargeAt(gateway);
    expect(kind).toBe("unknown");
    expect(trace.because).toContain("ANSWER_TOO_LARGE");
  });

  test("answers with a mark before the JSON is read all the same", async () => {
    const declined = `\uFEFF${JSON.stringify(conektaError("parameter_validation.email.invalid"))}`;
    await using server = await startRawServer({ onRequest: (socket) => void socket.end(httpAnswer(422, declined)) });
    await using gateway = openGateway(server.url);
    expect((await chargeAt(gateway)).kind).toBe("refused");
  });

  test("never answers, or stops half-way, leaves it unknown, sent once", async () => {
    const silences: readonly Manners[] = [
      {},
      { onRequest: (socket) => void socket.write("HTTP/1.1 200 OK\r\n") },
      { onRequest: (socket) => void socket.write(WHOLE.slice(0, -20)) },
    ];
    const outcomes = await Promise.all(
      silences.map(async (manners) => {
        await using server = await startRawServer(manners);
        await using gateway = openGateway(server.url, { timeoutMs: SILENCE_MS });
        const { kind, trace } = await chargeAt(gateway);
        return [kind, trace.httpStatus, trace.because, server.requests()];
      }),
    );
    const within = `no whole answer came within ${SILENCE_MS} ms`;
    expect(outcomes).toEqual([
      ["unknown", null, within, 1],
      ["unknown", null, within, 1],
      ["unknown", 200, `${within} after status 200`, 1],
    ]);
  });
});

test("a read that waited for its whole time is not repeated: who hangs would keep others waiting four times as long", async () => {
  await using server = await startRawServer({});
  await using gateway = openGateway(server.url, { timeoutMs: SILENCE_MS });
  await expect(gateway.readCustomer("cus_1")).rejects.toThrow(`no whole answer came within ${SILENCE_MS} ms`);
  expect(server.requests()).toBe(1);
});

describe("no byte leaves, and the charge is surely not sent, when", () => {
  test("the connection is refused", async () => {
    const server = await startRawServer({});
    await server[Symbol.asyncDispose]();
    await using gateway = openGateway(server.url);
    expect(await chargeAt(gateway)).toMatchObject({
      kind: "not_sent",
      unauthorized: false,
      trace: { because: "the connection was refused (ECONNREFUSED)" },
    });
  });

  test("the program has let go of the gateway, whatever it asks of it then", async () => {
    await using server = await startRawServer({ onRequest: (socket) => void socket.end(WHOLE) });
    const gateway = openGateway(server.url);
    await gateway[Symbol.asyncDispose]();
    expect(await chargeAt(gateway)).toMatchObject({ kind: "not_sent", unauthorized: false });
    await expect(gateway.readCustomer("cus_1")).rejects.toMatchObject({ wasReached: false });
    expect(server.received()).toBe(0);
  });

  test("the name does not exist", async () => {
    // A broken resolver may be slower than a test's patience.
    await using gateway = openGateway("http://conekta.invalid", { timeoutMs: 3_000 });
    const { kind, trace } = await chargeAt(gateway);
    expect(kind).toBe("not_sent");
    expect(trace.because).toMatch(/address could not be found|established/);
  });

  test("TLS fails", async () => {
    await using server = await startRawServer({ onConnect: (socket) => void socket.end("I do not speak TLS\r\n\r\n") });
    await using gateway = openGateway(server.url.replace("http:", "https:"));
    expect((await chargeAt(gateway)).kind).toBe("not_sent");
    expect(server.requests()).toBe(0);
  });

  test("connecting hangs: told before the whole call's time is up", async () => {
    // A server that never speaks leaves a TLS connection half-made.
    await using server = await startRawServer({});
    await using gateway = openGateway(server.url.replace("http:", "https:"), { timeoutMs: CONNECT_SILENCE_MS });
    const { kind, trace } = await chargeAt(gateway);
    expect(kind).toBe("not_sent");
    // The first, but for a machine so slow that both limits are over at once.
    expect(trace.because).toMatch(/not established in time|no connection was free or established/);
    expect(server.requests()).toBe(0);
  });

  test("it waits for a free connection until its time is up", async () => {
    await using server = await startRawServer({});
    await using gateway = openGateway(server.url, { connections: 1, timeoutMs: SILENCE_MS });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => chargeAt(gateway)));
    // All but one wait; as each gives up, another may still be begun in its place. What was begun is never not_sent.
    const waited = outcomes.filter(({ kind }) => kind === "not_sent");
    expect(waited.length).toBeGreaterThan(0);
    for (const { trace } of waited) expect(trace.because).toMatch(/no connection was free/);
    expect(server.requests()).toBeLessThanOrEqual(outcomes.filter(({ kind }) => kind === "unknown").length);
  });
});

test.each<[string, Manners]>([
  ["closed", { onConnect: (socket) => void socket.end() }],
  ["reset", { onConnect: (socket) => void socket.resetAndDestroy() }],
])("a connection that is %s on accept is judged by whether a byte left", async (_how, manners) => {
  await using server = await startRawServer(manners);
  await using gateway = openGateway(server.url);
  const { kind } = await chargeAt(gateway);
  expect(server.received() > 0 ? ["unknown"] : ["not_sent", "unknown"]).toContain(kind);
});

/**
 * The race behind most lost answers: our loop was busy while the server closed an idle connection. undici looks at the
 * socket once more before it writes, so what was closed by then is noticed; what closes later is "after reading" above.
 */
test("a connection that was closed while we were busy is not used again: the charge goes over a new one", async () => {
  // A thread of its own, so that it can close the connection while this one is blocked.
  const closed = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(CLOSING_SERVER, { eval: true, workerData: closed });
  const [port] = (await once(worker, "message")) as [number];
  await using gateway = openGateway(`http://127.0.0.1:${port}`);
  expect((await gateway.charge(intentFor("cus_1"), null)).trace.httpStatus).toBe(200);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage("close");
  Atomics.wait(closed, 0, 0);
  // What came while we were busy is read as soon as the loop turns; a thread of the tests may turn late.
  await setTimeout(250);
  expect((await gateway.charge(intentFor("cus_1"), null)).trace.httpStatus).toBe(200);
  await worker.terminate();
});

/** Answers every request; closes its connections when told, and then says so. */
const CLOSING_SERVER = `
  const { createServer } = require("node:net");
  const { parentPort, workerData } = require("node:worker_threads");
  const answer = ${JSON.stringify(WHOLE)};
  const sockets = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", () => socket.write(answer));
  });
  parentPort.on("message", () => {
    for (const socket of sockets) {
      socket.once("close", () => {
        Atomics.store(workerData, 0, 1);
        Atomics.notify(workerData, 0);
      });
      socket.destroy();
    }
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
