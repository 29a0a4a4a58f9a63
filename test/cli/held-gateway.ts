/** A gateway that passes everything on to a sandbox, and lets a test decide when the answer to a charge arrives. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type HeldGateway = {
  readonly url: string;
  /** The first charge is at the gateway. */
  readonly charged: Promise<void>;
  /** Lets all answers go. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
};

export async function holdCharges(behind: string): Promise<HeldGateway> {
  const charged = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const isCharge = request.method === "POST" && request.url === "/orders";
      const { host: _host, connection: _connection, "content-length": _length, ...headers } = request.headers;
      const answer = await fetch(`${behind}${request.url ?? ""}`, {
        method: request.method ?? "GET",
        headers: headers as Record<string, string>,
        ...(body.length > 0 && { body }),
      });
      if (isCharge) {
        charged.resolve();
        await released.promise;
      }
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    charged: charged.promise,
    release: released.resolve,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
