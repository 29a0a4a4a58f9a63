/** What every call says of us: who asks, by which key, and for which version of Conekta's answers. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { intentFor, KEY, openGateway, type TestGateway } from "./open-gateway.ts";

const MANIFEST = readFileSync(path.join(import.meta.dirname, "..", "..", "package.json"), "utf8");
const { version } = JSON.parse(MANIFEST) as { readonly version: string };

test.each<[what: string, call: (gateway: TestGateway) => Promise<unknown>, at: string, json: string | undefined]>([
  ["a charge", (gateway) => gateway.charge(intentFor("cus_1"), null), "/v1/orders", "application/json"],
  ["a read", (gateway) => gateway.readCustomer("cus_1"), "/v1/customers/cus_1", undefined],
])("%s says who asks, by which key, and for which version", async (_what, call, at, json) => {
  const seen: (IncomingHttpHeaders & { readonly url?: string | undefined })[] = [];
  await using server = createServer((request, response) => {
    seen.push({ ...request.headers, url: request.url });
    response.writeHead(401).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using gateway = openGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`);
  await call(gateway).catch(() => {});
  expect(seen).toEqual([
    expect.objectContaining({
      accept: "application/vnd.conekta-v2.3.0+json",
      "accept-language": "es",
      authorization: `Basic ${Buffer.from(`${KEY}:`).toString("base64")}`,
      "user-agent": `Puntual/${version}`,
      url: at,
    }),
  ]);
  expect(seen[0]?.["content-type"]).toBe(json);
});
