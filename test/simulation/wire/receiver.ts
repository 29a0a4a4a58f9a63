/**
 * The merchant's receiver of events, over real HTTP, and the real adapter that calls it. What arrives must be signed, as it is
 * told of, and say what it is.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { standardWebhooks } from "../../../src/adapters/notifier/standard-webhooks.ts";
import type { Notifier } from "../../../src/application/ports/notify.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** What a try is answered with; `hangs_up`: nothing, and the connection is lost. */
export type Reply = number | "hangs_up";

export type Receiver = {
  readonly notifier: Notifier;
  close(): Promise<void>;
};

/**
 * @param replyTo asked once a try, in no order: several arrive at once
 * @param onBad told in a sentence what is wrong with a message
 */
export async function startReceiver(
  replyTo: (id: string, body: string) => Reply,
  onBad: (what: string) => void,
): Promise<Receiver> {
  const signer = new Webhook(SECRET);

  async function receive(request: IncomingMessage): Promise<Reply> {
    const body = await text(request);
    const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signature } = request.headers;
    if (typeof id !== "string" || request.method !== "POST" || request.headers["content-type"] !== "application/json") {
      onBad(`${request.method} ${request.headers["content-type"]} of ${String(id)} is no message`);
      return 400;
    }
    if (signature !== signer.sign(id, new Date(Number(seconds) * 1000), body)) onBad(`the event ${id} is not signed`);
    return replyTo(id, body);
  }

  const server = createServer((request, response) => {
    void receive(request).then((reply) => {
      if (reply === "hangs_up") request.socket.destroy();
      else response.writeHead(reply).end();
    });
  });
  // A life that ends early leaves it open.
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    notifier: standardWebhooks({ url: `http://127.0.0.1:${port}/events`, secrets: [SECRET] }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
