/** The example that writes e-mails, from the books to the mailbox: real deliveries, a real SMTP server, real letters. */
import { rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { createTransport, type Transporter } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { standardWebhooks } from "../../src/adapters/notifier/standard-webhooks.ts";
import type { NewEvent } from "../../src/domain/event-types.ts";
import { createReceiver } from "../../docs/examples/email-receiver/receiver.ts";
import { seenIn } from "../../docs/examples/email-receiver/seen.ts";
import { customerOf } from "../support/records.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type DeliveryFixture, openDeliveryFixture } from "./delivery-fixture.ts";
import { SECRET } from "./receiver.ts";

let folder: string;
let fixture: DeliveryFixture;
let mailServer: SMTPServer;
let transport: Transporter;
let receiver: Server;
let url: string;
/** What arrived, as plain text, without the transfer encoding. */
let mailbox: { readonly to: string; readonly mail: string }[];
let refusing: boolean;
let log: string[];

beforeEach(async () => {
  folder = temporaryFolder();
  [mailbox, log, refusing] = [[], [], false];
  fixture = await openDeliveryFixture();
  await fixture.store.confirmMode(true);
  mailServer = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (refusing) return done(Object.assign(new Error("the mailbox is full"), { responseCode: 452 }));
        const to = session.envelope.rcptTo.map(({ address }) => address).join(", ");
        mailbox.push({ to, mail: readable(Buffer.concat(chunks).toString("utf8")) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => mailServer.listen(0, "127.0.0.1", resolve));
  transport = createTransport(`smtp://127.0.0.1:${(mailServer.server.address() as AddressInfo).port}`);
  await open();
});

afterEach(async () => {
  await close();
  transport.close();
  await new Promise<void>((resolve) => mailServer.close(() => resolve()));
  await fixture[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function open(testModeTo: string | null = null): Promise<void> {
  receiver = createReceiver({
    secret: SECRET,
    seen: seenIn(path.join(folder, "seen.txt")),
    send: (letter) => transport.sendMail({ from: "Mi Tienda <hola@tienda.mx>", ...letter }),
    testModeTo,
    log: (line) => void log.push(line),
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
}

async function close(): Promise<void> {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
}

const deliver = () => fixture.deliver({ notifier: standardWebhooks({ url, secrets: [SECRET] }) });

async function happens(type: NewEvent["type"], data: Record<string, unknown> = {}, more: Partial<NewEvent> = {}) {
  const subject = { subscriptionId: "a", customerId: "cus_a", invoiceId: "inv_a_1" };
  await fixture.store.write(fixture.clock.now(), async (records) =>
    records.record({ type, ...subject, data, ...more }),
  );
}

/** Quoted-printable and encoded words, undone. */
function readable(mail: string): string {
  const bytes = (text: string) =>
    Buffer.from(
      text.replaceAll(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      "latin1",
    ).toString("utf8");
  return bytes(mail.replaceAll("=\r\n", ""));
}

describe("the customer", () => {
  test("gets one letter for each event that is about them, in Spanish, and none for the others", async () => {
    await happens("invoice.opened");
    await happens("invoice.payment_failed", {
      declineClass: "new_card",
      failureCode: "expired_card",
      nextStep: "wait_for_card",
      nextStepUntil: "2026-12-16T05:00:00.000Z",
    });
    await happens("card.expiring");
    await happens("invoice.paid");
    await happens("subscription.recovered", { was: "past_due" });
    await happens("invoice.uncollectible", { statusReason: "attempts_used_up" });
    await happens("subscription.canceled", { because: "dunning_final_action" });
    expect(await deliver()).toMatchObject({ delivered: 7, failed: 0 });

    expect(new Set(mailbox.map(({ to }) => to))).toEqual(new Set(["cus_a@example.mx"]));
    const expected = [
      ["Por favor, registra otra tarjeta.", "Tienes hasta el 15 de diciembre de 2026."],
      ["La tarjeta visa que termina en 4242 vence en 12/2030."],
      ["Recibimos tu pago de $200.15 por Plan Oro. ¡Gracias!"],
      ["tu suscripción sigue activa"],
      ["ya no lo intentaremos más"],
      ["no haremos más cargos"],
    ];
    expect(mailbox).toHaveLength(expected.length);
    for (const words of expected)
      expect(mailbox.filter(({ mail }) => words.every((word) => mail.includes(word)))).toHaveLength(1);
    expect(log).toContainEqual(expect.stringMatching(/^nothing to write: invoice.opened evt_/));
  });

  test("gets the payment link with its ways and its end", async () => {
    const db = new Database(fixture.app.databasePath);
    db.exec(`
      insert into attempt (id, invoice_id, customer_id, number, state, reference, flow, amount_cents, currency, order_id,
        claimed_by, claim_epoch, claimed_at, claimed_until, sent_at, inquiries, evidence)
      values ('att_l', 'inv_a_1', 'cus_a', 1, 'pending', 'r', 'link', 20015, 'MXN', 'ord_l', 'own', 1, 1, 1, 1, 0, '[]');
      insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at,
        rechecks)
      values ('lnk_1', 'att_l', 'inv_a_1', 'https://pay.conekta.com/checkout/1', '["cash","bank_transfer"]', 'dunning', 1,
        ${Date.parse("2026-12-16T05:00:00Z")}, 0);`);
    db.close();
    await happens("invoice.payment_link_created", {}, { attemptId: "att_l" });
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(mailbox[0]?.mail).toContain("(en efectivo, por transferencia) hasta el 15 de diciembre de 2026 a las 23:00");
    expect(mailbox[0]?.mail).toContain("https://pay.conekta.com/checkout/1");
  });

  test("whose address reads like two is one recipient, whom no mail server knows: nobody else gets the letter", async () => {
    await fixture.store.write(fixture.clock.now(), async (records) =>
      records.putCustomer(customerOf("cus_a", { email: "a@x.mx, Victima <b@y.mx>" })),
    );
    await happens("invoice.paid");
    expect(await deliver()).toMatchObject({ delivered: 0, failed: 1 });
    expect(mailbox).toEqual([]);
    expect(log).toContainEqual(expect.stringMatching(/^failed: .*recipients were rejected/));
  });

  test("who called themselves something in HTML gets it back as text", async () => {
    await fixture.store.write(fixture.clock.now(), async (records) =>
      records.putCustomer(customerOf("cus_a", { name: "<b>Ana</b>", email: "ana@example.mx" })),
    );
    await happens("invoice.paid");
    await deliver();
    expect(mailbox[0]?.to).toBe("ana@example.mx");
    expect(mailbox[0]?.mail).toContain("Hola, &#60;b&#62;Ana");
  });

  test("gets a letter once, whatever is sent twice, also after the receiver was started anew", async () => {
    await happens("invoice.paid");
    const outbox = { ...fixture.needs.outbox, mark: () => Promise.reject(new Error("the process died")) };
    const notifier = standardWebhooks({ url, secrets: [SECRET] });
    await expect(fixture.deliver({ outbox, notifier })).rejects.toThrow("the process died");
    await deliver();
    await close();
    await open();
    const [{ eventId } = {}] = await fixture.events();
    await fixture.store.outbox.resend({ ids: [String(eventId)] }, fixture.clock.now());
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(mailbox).toHaveLength(1);
  });

  test("gets it later when the mail server refuses it now", async () => {
    refusing = true;
    await happens("invoice.paid");
    expect(await deliver()).toMatchObject({ failed: 1 });
    expect((await fixture.events())[0]).toMatchObject({ lastHttpStatus: 500 });
    refusing = false;
    fixture.clock.advance(5000);
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(mailbox).toHaveLength(1);
  });
});

describe("nobody gets a letter", () => {
  test("about what happened more than a week ago", async () => {
    fixture.clock.set(new Date(Date.now() - 8 * 86_400_000));
    await happens("invoice.paid");
    fixture.clock.set(new Date());
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(mailbox).toEqual([]);
  });

  test("of the test mode, but whoever was named for it", async () => {
    const db = new Database(fixture.app.databasePath);
    db.exec("update installation set livemode = 0");
    db.close();
    await happens("invoice.paid");
    await deliver();
    expect(mailbox).toEqual([]);
    await close();
    await open("me@tienda.mx");
    await happens("invoice.paid");
    await deliver();
    expect(mailbox.map(({ to }) => to)).toEqual(["me@tienda.mx"]);
  });
});

test.each<[string, RequestInit, number]>([
  ["without a signature", { method: "POST", body: "{}" }, 401],
  [
    "with somebody else's",
    {
      method: "POST",
      body: "{}",
      headers: { "webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,x" },
    },
    401,
  ],
  ["that is no POST", {}, 405],
  ["of more than 1 MiB", { method: "POST", body: "x".repeat(1_048_577) }, 413],
])("a call %s is answered as such, and nothing is written", async (_what, init, status) => {
  const response = await fetch(url, init);
  expect(response.status).toBe(status);
  expect(mailbox).toEqual([]);
});
