/**
 * Give back what an invoice's charge brought in, whole or in part. The invoice stays paid.
 *
 * The row is committed before the call, and the outcome after it. A crash between leaves a refund that is `requested`;
 * a lost answer one that is `unknown`. Both count as given back, and neither is ever sent again: `settleRefunds` reads
 * at the gateway what became of them.
 *
 * Each read of the order books what went back in Conekta's panel, in a transaction of its own: that stays booked, also
 * where nothing is sent afterwards.
 */
import { isNotThere } from "../../domain/errors.ts";
import { hasGoneBack, type RefundOutcome } from "../../domain/refund.ts";
import type { Log } from "../ports/runtime.ts";
import type { Refund, RefundRecords, Refunder, RefundRequest } from "../ports/refunds.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { noteRefundsOfPanel, type NotingNeeds } from "../webhooks/note-money-back.ts";

/** The store books what the panel gave back, whoever asks for a refund: it is no effect of that request. */
export type RefundNeeds = NotingNeeds & {
  readonly refunds: RefundRecords;
  readonly refunder: Refunder;
  readonly log: Log;
};

/** How long a read may go on showing less than was given back; about 9 s was seen. */
const QUIET_MS = 15 * MINUTE_MS;

/**
 * The order is read first: a part of it may have gone back in Conekta's panel.
 * @throws {NotFound} @throws {Refused} nothing was sent
 * @throws {GatewayUnavailable} the order cannot be read, and nothing was sent
 */
export async function refundInvoice(
  needs: RefundNeeds,
  wanted: Omit<RefundRequest, "shownCents">,
): Promise<{ readonly refund: Refund; readonly outcome: RefundOutcome }> {
  const { refunds, refunder, clock, log } = needs;
  const payment = await refunds.paymentOf(wanted);
  const { shownCents } = await readRefunded(needs, payment.orderId);
  const request = { ...wanted, shownCents };
  const refund = await refunds.request(request, clock.now());
  const outcome = await refunder.refund(refund.orderId, { amountCents: refund.amountCents, reason: request.reason });
  const { id: refundId, invoiceId, orderId, amountCents } = refund;
  log[outcome.kind === "done" ? "info" : "error"]("refund.answered", {
    refundId,
    invoiceId,
    orderId,
    amountCents,
    outcome: outcome.kind,
    because: outcome.trace.because,
  });
  await refunds.settle(refundId, outcome, clock.now());
  return { refund, outcome };
}

export type SettledRefund = {
  readonly refundId: string;
  /** `unclear`: the order's sum fits neither; a person has to look. */
  readonly outcome: "done" | "not_sent" | "too_early" | "unclear";
};

/** What became of the refunds of an invoice whose answer was lost, by the sum that their order shows. */
export async function settleRefunds(needs: RefundNeeds, invoiceId: string): Promise<readonly SettledRefund[]> {
  const open = await needs.refunds.list({ invoiceId, states: ["requested", "unknown"] });
  const settled: SettledRefund[] = [];
  for (const orderId of new Set(open.map((row) => row.orderId))) settled.push(...(await settleOrder(needs, orderId)));
  return settled;
}

async function settleOrder(needs: RefundNeeds, orderId: string): Promise<SettledRefund[]> {
  const { refunds, clock } = needs;
  const all = await refunds.ofOrder(orderId);
  const open = all.filter(({ state }) => state === "requested" || state === "unknown");
  const { shownCents, bookedCents } = await readRefunded(needs, orderId);
  const doneCents = bookedCents + sumOf(all.filter(({ state }) => hasGoneBack(state)));
  const now = clock.now();
  const isQuiet = open.every(({ createdAt }) => now.getTime() - createdAt.getTime() >= QUIET_MS);

  // What is shown beyond what is done: less than each of ours is none of ours, and was given back in the panel.
  const newCents = shownCents - doneCents;
  const isOfNone = newCents >= 0 && open.every(({ amountCents }) => newCents < amountCents);
  const outcome: SettledRefund["outcome"] =
    newCents === sumOf(open) ? "done" : !isOfNone ? "unclear" : isQuiet ? "not_sent" : "too_early";
  if (outcome === "done" || outcome === "not_sent")
    for (const { id } of open) await refunds.settle(id, evidenceOf(outcome, shownCents), now);
  if (outcome === "not_sent") await noteRefundsOfPanel(needs, { orderId, refundedCents: shownCents });
  return open.map(({ id }) => ({ refundId: id, outcome }));
}

function evidenceOf(outcome: "done" | "not_sent", shownCents: number): RefundOutcome {
  const because = `the order was read, and shows ${shownCents} cents given back`;
  const trace = { httpStatus: 200, logId: null, because };
  return outcome === "done" ? { kind: "done", gatewayRefundId: null, trace } : { kind: "not_sent", trace };
}

/** What the order shows as given back, and what of it was new to the books. */
async function readRefunded(
  needs: RefundNeeds,
  orderId: string,
): Promise<{ readonly shownCents: number; readonly bookedCents: number }> {
  const shownCents = await refundedCents(needs.refunder, orderId);
  return { shownCents, bookedCents: await noteRefundsOfPanel(needs, { orderId, refundedCents: shownCents }) };
}

/** An order that is not there gave nothing back. */
async function refundedCents(refunder: Refunder, orderId: string): Promise<number> {
  try {
    return await refunder.readRefundedCents(orderId);
  } catch (error) {
    if (isNotThere(error)) return 0;
    throw error;
  }
}

function sumOf(refunds: readonly Refund[]): number {
  return refunds.reduce((sum, { amountCents }) => sum + amountCents, 0);
}
