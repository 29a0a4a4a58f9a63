/** A merchant's machine that reaches the world through a proxy alone. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { intentFor, openGateway } from "./open-gateway.ts";
import { httpAnswer, startRawServer } from "./raw-server.ts";
import { charge, order } from "./samples.ts";

const WHOLE = httpAnswer(200, JSON.stringify(order([charge()])));

/** A proxy that connects through, or refuses to. */
async function startProxy(lets: "through" | "nobody") {
  const asked: string[] = [];
  const server: Server = createServer();
  server.on("connect", (request, client) => {
    asked.push(request.url ?? "");
    if (lets === "nobody") {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a charge goes through the proxy, and its answer comes back", async () => {
  await using server = await startRawServer({ onRequest: (socket) => void socket.end(WHOLE) });
  await using proxy = await startProxy("through");
  await using gateway = openGateway(server.url, {
    proxy: { httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: "" },
  });
  const outcome = await gateway.charge(intentFor("cus_1"), null);
  expect(outcome.trace.httpStatus).toBe(200);
  expect(proxy.asked).toEqual([`127.0.0.1:${server.port}`]);
  expect(server.requests()).toBe(1);
});

test("a charge that the proxy does not let through was not sent", async () => {
  await using server = await startRawServer({ onRequest: (socket) => void socket.end(WHOLE) });
  await using proxy = await startProxy("nobody");
  await using gateway = openGateway(server.url, {
    proxy: { httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: "" },
  });
  expect(await gateway.charge(intentFor("cus_1"), null)).toMatchObject({ kind: "not_sent", unauthorized: false });
  expect(server.requests()).toBe(0);
});

test("hosts of NO_PROXY are called directly", async () => {
  await using server = await startRawServer({ onRequest: (socket) => void socket.end(WHOLE) });
  await using proxy = await startProxy("nobody");
  const addresses = { httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: "localhost,127.0.0.1" };
  await using gateway = openGateway(server.url, { proxy: addresses });
  await gateway.charge(intentFor("cus_1"), null);
  expect(proxy.asked).toEqual([]);
  expect(server.requests()).toBe(1);
});

test("a proxy that the environment names, and the configuration does not, is not asked", async () => {
  await using server = await startRawServer({ onRequest: (socket) => void socket.end(WHOLE) });
  await using proxy = await startProxy("nobody");
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = proxy.url;
  await using gateway = openGateway(server.url, { proxy: null });
  if (before === undefined) delete process.env["http_proxy"];
  else process.env["http_proxy"] = before;
  await gateway.charge(intentFor("cus_1"), null);
  expect([proxy.asked, server.requests()]).toEqual([[], 1]);
});
