/** Flow order_first: an order that is over is left, and the next try makes another one. */
import { describe, expect, test } from "@jest/globals";
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { DAY_MS, HOUR_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { type Answer, declined, paymentFor, pending, TRACE } from "../support/scripted-gateway.ts";

async function dueApp(): Promise<AppFixture> {
  const app = await openApp({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
  await app.subscribe("a");
  return app;
}

const refused: Answer = () => ({
  kind: "refused",
  failureCode: "conekta.errors.parameter_validation",
  failureMessage: "La orden expiró.",
  trace: TRACE,
});

function over(orderId: string, { orderIsOver = true }: { readonly orderIsOver?: boolean } = {}): InquiryAnswer {
  const decline = { declineClass: "customer_action", failureCode: "canceled", failureMessage: null } as const;
  return { kind: "declined", decline, orderId, chargeId: null, ...(orderIsOver && { orderIsOver }), trace: TRACE };
}

/** The reference of the try that begins next shows an order that is over, or a decline on one that is not. */
async function showsOver(
  app: AppFixture,
  number: number,
  shown: { readonly orderIsOver?: boolean } = {},
): Promise<void> {
  const [invoice] = await app.invoices("a");
  app.gateway.shows.set(`${String(invoice?.["invoiceId"])}-${number}`, over(app.gateway.openedOrders[0] ?? "", shown));
}

async function orders(app: AppFixture): Promise<unknown[]> {
  return (await app.attempts()).map(({ orderId }) => orderId);
}

describe("an order that is over", () => {
  test("because it was pending for too long and was cancelled: the next try is on another one", async () => {
    await using app = await dueApp();
    app.gateway.next.push(pending);
    await app.run();
    await showsOver(app, 1);
    app.clock.advance(4 * DAY_MS);
    await app.run();
    expect(app.gateway.canceledOrders).toEqual(app.gateway.openedOrders);
    const [invoice] = await app.invoices("a");
    expect(invoice).toMatchObject({ orderId: null, declines: 1 });

    await retryInvoice(app.needs, String(invoice?.["invoiceId"]));
    await app.run();
    const [first, second] = app.gateway.openedOrders;
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await orders(app)).toEqual([first, second]);
    expect((await app.invoices("a"))[0]).toMatchObject({ orderId: second });
  });

  test("as a refusal shows once the order is read: nothing is held, and it is no decline", async () => {
    await using app = await dueApp();
    app.gateway.next.push(declined("retry_later"), refused);
    await app.run();
    await showsOver(app, 2);
    app.clock.advance(DAY_MS);
    await app.run();
    expect((await app.invoices("a"))[0]).toMatchObject({ status: "open", orderId: null, declines: 1, faults: 1 });
    app.clock.advance(HOUR_MS);
    await app.run();
    expect(await app.attemptStates()).toBe("declined not_sent paid");
    expect(app.gateway.openedOrders).toHaveLength(2);
  });

  test("that a refusal hid is read, and shows the money: it is booked, and nobody is held", async () => {
    await using app = await dueApp();
    app.gateway.next.push(declined("retry_later"), refused);
    await app.run();
    const [invoice] = await app.invoices("a");
    const reference = `${String(invoice?.["invoiceId"])}-2`;
    const intent = { ...app.gateway.charges[0]!.intent, reference };
    const payment = paymentFor(intent, app.gateway.openedOrders[0]!);
    app.gateway.shows.set(reference, { kind: "paid", payment, trace: TRACE });
    app.clock.advance(DAY_MS);
    expect(await app.run()).toMatchObject({ outcomes: { paid: 1 }, needsPerson: 0 });
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(app.gateway.charges).toHaveLength(2);
  });

  test("is not looked for after the refusal of a first try: nothing could have been charged on its order before", async () => {
    await using app = await dueApp();
    app.gateway.next.push(refused);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 held refused");
    expect(app.gateway.readOrders).toEqual([]);
  });

  test.each([
    // what the read says, because
    ["absent", "the order is there: the refusal was about something else"],
    ["declined", "a decline that it shows is no end of the order"],
    ["unread", "nothing is concluded from an order that could not be read"],
  ])("is not concluded from a refusal alone (%s: %s)", async (reading) => {
    await using app = await dueApp();
    app.gateway.next.push(declined("retry_later"), refused);
    await app.run();
    app.clock.advance(DAY_MS);
    if (reading === "declined") await showsOver(app, 2, { orderIsOver: false });
    if (reading === "unread") app.gateway.failingReads.push(new GatewayUnavailable("no answer"));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 held refused");
    expect(app.gateway.openedOrders).toHaveLength(1);
  });

  test("and is paid all the same: the money is booked, before and after another order was paid", async () => {
    await using app = await dueApp();
    app.gateway.next.push(pending, pending);
    await app.run();
    await showsOver(app, 1);
    app.clock.advance(4 * DAY_MS);
    await app.run();
    const [invoice] = await app.invoices("a");
    await retryInvoice(app.needs, String(invoice?.["invoiceId"]));
    await app.run();
    expect(app.gateway.openedOrders).toHaveLength(2);

    const [first, second] = await app.attempts();
    const { needs } = await app.biller();
    for (const [attempt, at] of [
      [first, 0],
      [second, 1],
    ] as const) {
      const intent = app.gateway.charges[at]!.intent;
      const payment = paymentFor(intent, app.gateway.openedOrders[at]!);
      await settleAttempts(needs, [
        { attemptId: String(attempt?.["attemptId"]), evidence: { kind: "paid", payment, trace: TRACE } },
      ]);
    }
    expect(await app.attemptStates()).toBe("paid paid_again");
  });
});
