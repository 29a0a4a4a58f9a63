/**
 * What an order with a hosted page shows of the payment link it was made for.
 *
 * Money was looked for before (sight.ts). The page stays open however often a card is declined on it, and as long as
 * cash or a transfer may still come. It is over only when the order or the page says so: a clock of ours proves nothing.
 * @see Conekta API 2.3.0 specification: order_response_checkout, whose `status` is "Issued" in all examples; "Expired"
 *   and "Cancelled" are taken from public integrations (read 2026-11-23), so both spellings are known here
 */
import type { Quest, Sight } from "./sight.ts";
import { ENDED, PENDING, word } from "./statuses.ts";
import type { WireCheckout, WireOrder } from "./wire.ts";

const PAGE_OVER: ReadonlySet<string> = new Set(["expired", "cancelled", "canceled"]);

/** Of an order that we made with a page, on a read that lacks it: the order alone tells whether it is over. */
export const NO_PAGE_SHOWN: WireCheckout = { status: null, url: null, expiresAt: null };

export function sightOfPage(order: WireOrder, page: WireCheckout, quest: Quest): Sight {
  const isForThis = order.attemptReference === quest.reference || (quest.isAnswer && order.attemptReference === null);
  if (!isForThis) return { shows: "nothing" };

  const strange = order.charges.find(({ status }) => !isKnown(status));
  if (strange !== undefined)
    return { shows: "unclear", because: `a charge of the page has the status ${word(strange.status)}` };
  const waiting = order.charges.find(({ status }) => PENDING.has(status));
  if (waiting !== undefined) return { shows: "pending", chargeId: waiting.id, ...addressOf(page) };
  if (order.hasMoreCharges) return { shows: "unclear", because: "the order has more charges than it shows" };

  const orderStatus = order.paymentStatus ?? "";
  if (ENDED.has(orderStatus)) return { shows: "lapsed", status: orderStatus };
  const pageStatus = page.status?.toLowerCase() ?? "";
  if (PAGE_OVER.has(pageStatus)) return { shows: "lapsed", status: pageStatus };
  return { shows: "pending", chargeId: null, ...addressOf(page) };
}

function isKnown(status: string): boolean {
  return status === "declined" || ENDED.has(status) || PENDING.has(status);
}

function addressOf({ url, expiresAt }: WireCheckout): Pick<Extract<Sight, { shows: "pending" }>, "page"> {
  return url === null || expiresAt === null ? {} : { page: { url, expiresAt } };
}
