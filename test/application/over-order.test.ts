/** Flow order_first: an order that is over is left, and the next try makes another one. */
import { describe, expect, test } from "@jest/globals";
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { settleAttempts } from "../../src/application/settling/settle-attempts.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { DAY_MS, HOUR_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { type Answer, declined, paymentFor, pending, TRACE } from "../support/scripted-gateway.ts";

async function dueDesk(): Promise<Desk> {
  const desk = await openDesk({ env: { CONEKTA_CHARGE_FLOW: "order_first" } });
  await desk.subscribe("a");
  return desk;
}

const refused: Answer = () => ({
  kind: "refused",
  failureCode: "conekta.errors.parameter_validation",
  failureMessage: "La orden expiró.",
  trace: TRACE,
});

function over(orderId: string): InquiryAnswer {
  const decline = { declineClass: "customer_action", failureCode: "canceled", failureMessage: null } as const;
  return { kind: "declined", decline, orderId, chargeId: null, orderIsOver: true, trace: TRACE };
}

/** The reference of the try that begins next shows an order that is over. */
async function showsOver(desk: Desk, number: number): Promise<void> {
  const [invoice] = await desk.invoices("a");
  desk.gateway.shows.set(`${String(invoice?.["invoiceId"])}-${number}`, over(desk.gateway.openedOrders[0] ?? ""));
}

async function orders(desk: Desk): Promise<unknown[]> {
  return (await desk.attempts()).map(({ orderId }) => orderId);
}

describe("an order that is over", () => {
  test("because it was pending for too long and was cancelled: the next try is on another one", async () => {
    await using desk = await dueDesk();
    desk.gateway.next.push(pending);
    await desk.run();
    await showsOver(desk, 1);
    desk.clock.advance(4 * DAY_MS);
    await desk.run();
    expect(desk.gateway.canceledOrders).toEqual(desk.gateway.openedOrders);
    const [invoice] = await desk.invoices("a");
    expect(invoice).toMatchObject({ orderId: null, declines: 1 });

    await retryInvoice(desk.needs, String(invoice?.["invoiceId"]));
    await desk.run();
    const [first, second] = desk.gateway.openedOrders;
    expect(await desk.invoiceWords("a")).toBe("0 paid");
    expect(await orders(desk)).toEqual([first, second]);
    expect((await desk.invoices("a"))[0]).toMatchObject({ orderId: second });
  });

  test("as a refusal shows once the order is read: nothing is held, and it is no decline", async () => {
    await using desk = await dueDesk();
    desk.gateway.next.push(declined("retry_later"), refused);
    await desk.run();
    await showsOver(desk, 2);
    desk.clock.advance(DAY_MS);
    await desk.run();
    expect((await desk.invoices("a"))[0]).toMatchObject({ status: "open", orderId: null, declines: 1, faults: 1 });
    desk.clock.advance(HOUR_MS);
    await desk.run();
    expect(await desk.attemptStates()).toBe("declined not_sent paid");
    expect(desk.gateway.openedOrders).toHaveLength(2);
  });

  test.each([
    // what the read says, because
    ["absent", "the order is there: the refusal was about something else"],
    ["unread", "nothing is concluded from an order that could not be read"],
  ])("is not concluded from a refusal alone (%s: %s)", async (reading) => {
    await using desk = await dueDesk();
    desk.gateway.next.push(declined("retry_later"), refused);
    await desk.run();
    desk.clock.advance(DAY_MS);
    if (reading === "unread") desk.gateway.failingReads.push(new GatewayUnavailable("no answer"));
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 held refused");
    expect(desk.gateway.openedOrders).toHaveLength(1);
  });

  test("and is paid all the same: the money is booked, before and after another order was paid", async () => {
    await using desk = await dueDesk();
    desk.gateway.next.push(pending, pending);
    await desk.run();
    await showsOver(desk, 1);
    desk.clock.advance(4 * DAY_MS);
    await desk.run();
    const [invoice] = await desk.invoices("a");
    await retryInvoice(desk.needs, String(invoice?.["invoiceId"]));
    await desk.run();
    expect(desk.gateway.openedOrders).toHaveLength(2);

    const [first, second] = await desk.attempts();
    const { needs } = await desk.biller();
    for (const [attempt, at] of [
      [first, 0],
      [second, 1],
    ] as const) {
      const intent = desk.gateway.charges[at]!.intent;
      const payment = paymentFor(intent, desk.gateway.openedOrders[at]!);
      await settleAttempts(needs, [
        { attemptId: String(attempt?.["attemptId"]), evidence: { kind: "paid", payment, trace: TRACE } },
      ]);
    }
    expect(await desk.attemptStates()).toBe("paid paid_again");
  });
});
