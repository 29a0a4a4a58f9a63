/**
 * An example to start from: hears what Puntual tells, and writes Spanish e-mails to the customers.
 *
 *   NOTIFY_SECRET=whsec_… SMTP_URL=smtp://127.0.0.1:25 MAIL_FROM='Mi Tienda <hola@tienda.mx>' \
 *     node docs/examples/email-receiver/receiver.ts
 *
 * Answers 204 once a letter was handed to the SMTP server, or there is none to write; anything else makes Puntual try
 * again. The README beside this file says what each setting means.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createTransport } from "nodemailer";
import { Webhook } from "standardwebhooks";
import { type Letter, letterOf } from "./letters.ts";
import { type Seen, seenIn } from "./seen.ts";
import type { EventMessage } from "./event-message.ts";

/** One, whatever the text of the address is: given as a mere text, "a@x.mx, b@y.mx" would be two people. */
export type Recipient = { readonly name: string; readonly address: string };

export type ReceiverOptions = {
  /** As in Puntual's NOTIFY_SECRET. */
  readonly secret: string;
  readonly seen: Seen;
  readonly send: (letter: Letter & { readonly to: Recipient }) => Promise<unknown>;
  /** Who gets the letters of the test mode; null: nobody. */
  readonly testModeTo: string | null;
  readonly log: (line: string) => void;
};

const LARGEST_BYTES = 1_048_576;
/** What happened longer ago is no news: Puntual may have been cut off from here for a while. */
const OLDEST_MS = 7 * 86_400_000;

export function createReceiver(options: ReceiverOptions): Server {
  const underWay = new Map<string, Promise<void>>();
  return createServer((request, response) => {
    hear(request, options, underWay)
      .catch((error: unknown) => {
        options.log(`failed: ${error instanceof Error ? error.message : String(error)}`);
        return 500;
      })
      .then((status) => response.writeHead(status).end())
      .catch(() => undefined);
  });
}

/** @returns the status of the answer */
async function hear(
  request: IncomingMessage,
  options: ReceiverOptions,
  underWay: Map<string, Promise<void>>,
): Promise<number> {
  if (request.method !== "POST") return 405;
  const raw = await bodyOf(request);
  if (raw === null) return 413;
  const id = request.headers["webhook-id"];
  let message: EventMessage;
  try {
    // Over the bytes as they came. What was parsed and written again would have another signature.
    message = new Webhook(options.secret).verify(raw, request.headers as Record<string, string>) as EventMessage;
  } catch {
    return 401;
  }
  if (typeof id !== "string") return 401;
  if (options.seen.has(id)) return 204;

  // A copy that comes while the first is being dealt with waits for it, and shares its fate.
  const dealing = underWay.get(id) ?? deal(id, message, options).finally(() => underWay.delete(id));
  underWay.set(id, dealing);
  await dealing;
  return 204;
}

async function deal(
  id: string,
  message: EventMessage,
  { send, seen, testModeTo, log }: ReceiverOptions,
): Promise<void> {
  const { livemode, customer } = message.data;
  const to = livemode === true ? (customer?.email ?? null) : testModeTo;
  const isNews = Date.now() - Date.parse(message.timestamp) < OLDEST_MS;
  const letter = isNews && to !== null ? letterOf(message) : null;
  if (letter !== null && to !== null) await send({ to: { name: "", address: to }, ...letter });
  seen.add(id);
  log(`${letter === null ? "nothing to write" : "written"}: ${message.type} ${id}`);
}

/** @returns null: it is too large */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function main(env: Readonly<Record<string, string | undefined>>): void {
  const { NOTIFY_SECRET: secret, SMTP_URL: smtpUrl, MAIL_FROM: from } = env;
  if (!secret || !smtpUrl || !from) throw new Error("NOTIFY_SECRET, SMTP_URL and MAIL_FROM must be given");
  const transport = createTransport(smtpUrl);
  const server = createReceiver({
    secret,
    seen: seenIn(env["SEEN_FILE"] ?? "seen-events.txt"),
    send: (letter) => transport.sendMail({ from, ...letter }),
    testModeTo: env["TEST_MODE_TO"] ?? null,
    log: (line) => process.stdout.write(`${line}\n`),
  });
  server.listen(Number(env["PORT"] ?? 9000), "127.0.0.1");
}

if (import.meta.main) main(process.env);
