/** Clients that never finish their requests: they keep neither the stop nor anybody else waiting. */
import { connect, type Socket } from "node:net";
import { rmSync } from "node:fs";
import { once } from "node:events";
import { afterAll, expect, test } from "@jest/globals";
import { startPuntual, until } from "./real-process.ts";
import { temporaryFolder } from "../support/new-database.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HALF_A_HEAD = "POST /webhooks/conekta HTTP/1.1\r\nhost: a";
const HALF_A_BODY = "POST /webhooks/conekta HTTP/1.1\r\nhost: a\r\ndigest: a\r\ncontent-length: 1000\r\n\r\n{";
const HEALTH = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";

test("fifty sockets with half a request each do not keep the daemon from stopping", async () => {
  const env = { CONEKTA_API_KEY: "key_slowSockets", CONEKTA_BASE_URL: "http://127.0.0.1:9", HTTP_PORT: "0" };
  const daemon = startPuntual(["start"], { cwd: folder, env });
  const port = (): number => Number(/"http":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(daemon.output())?.[1] ?? 0);
  await until(() => port() > 0, "the daemon to listen");

  const sockets = await Promise.all(
    Array.from({ length: 50 }, (_, index) => open(port(), index % 2 === 0 ? HALF_A_HEAD : HALF_A_BODY)),
  );
  const other = await open(port(), HEALTH);
  const [answer] = (await once(other, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);

  daemon.process.kill("SIGTERM");
  expect(await daemon.ended).toMatchObject({ code: 0, signal: null });
  for (const socket of [...sockets, other]) socket.destroy();
});

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text);
  return socket;
}
