/** What people decide about money: refunds, and their word on outcomes that nobody knows. They are not always right. */
import { refundInvoice, settleRefunds, type RefundNeeds } from "../../../src/application/invoices/refund-invoice.ts";
import {
  resolveNotCharged,
  resolvePaid,
  type ResolveNeeds,
} from "../../../src/application/reconcile/resolve-unknown.ts";
import type { AttemptSeen } from "../books-view.ts";
import type { Chance } from "../chance.ts";
import type { Checkers } from "../checks/checkers.ts";
import { TIMEOUT_MS } from "../gateway/station.ts";
import { isPageOpen, orderAwaits, statusOf, type Ledger } from "../ledger.ts";
import { INQUIRIES } from "../machine.ts";
import { DUNNING } from "../merchant.ts";
import type { PersonNeeds } from "./person-needs.ts";
import type { Timeline } from "../timeline.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Longer than any call is under way, any read lags and most lists do. */
const PATIENCE_MS = 15 * MINUTE_MS;

/** What is known of the world beyond the books: where people look before they decide. */
export type Truth = {
  readonly ledger: Ledger;
  readonly timeline: Timeline;
  /** When the charge of this reference left, by the true time. */
  readonly sentAtMs: ReadonlyMap<string, number>;
  /** A process may have stopped between writing down a charge and sending it. */
  readonly mayFreeze: boolean;
  /** Invoices of which a person asked for another try, or for a payment link. */
  readonly touched: Set<string>;
};

export async function refundAsPerson(needs: PersonNeeds, chance: Chance, checkers: Checkers): Promise<void> {
  const paid = [...checkers.invoices.values()].filter(
    ({ status, amountCents }) => status === "paid" && amountCents > 0,
  );
  if (paid.length === 0) return;
  const { id: invoiceId, amountCents } = chance.pick(paid.slice(-60));
  const part = chance.happens(0.5) ? null : chance.between(1, amountCents);
  await refundInvoice(refundNeeds(needs), {
    ...{ invoiceId, attemptId: null, amountCents: part, reason: "requested_by_client", note: null, by: "somebody" },
  });
}

/** What was paid beside what was owed goes back. */
export async function refundSecondAsPerson(needs: PersonNeeds, chance: Chance, checkers: Checkers): Promise<void> {
  const second = [...checkers.attempts.values()].filter(({ state }) => state === "paid_again");
  if (second.length === 0) return;
  const { id: attemptId, invoiceId } = chance.pick(second);
  await refundInvoice(refundNeeds(needs), {
    ...{ invoiceId, attemptId, amountCents: null, reason: "requested_by_client", note: null, by: "somebody" },
  });
}

/** In the gateway's panel, past the books: the whole of an old payment goes back, or its customer disputes it. */
export function panelAct({ ledger, timeline }: Truth, chance: Chance): void {
  const old = ledger.paid.filter(
    (charge) =>
      charge.refunds.length === 0 &&
      statusOf(charge) === "paid" &&
      (charge.history[0]?.atMs ?? 0) < timeline.nowMs() - 4 * DAY_MS,
  );
  if (old.length === 0) return;
  const charge = chance.pick(old.slice(-60));
  if (chance.happens(0.6)) ledger.giveBack(charge, timeline.nowMs(), charge.amountCents, "panel");
  else ledger.turn(charge, timeline.nowMs(), "charged_back");
}

/** Every refund whose answer was lost. */
export async function settleRefundsAsPerson(needs: PersonNeeds): Promise<void> {
  const open = await needs.refunds.list({ states: ["requested", "unknown"] });
  for (const invoiceId of new Set(open.map((row) => row.invoiceId))) await settleRefunds(refundNeeds(needs), invoiceId);
}

export async function resolveAsPerson(
  needs: PersonNeeds,
  chance: Chance,
  checkers: Checkers,
  truth: Truth,
): Promise<void> {
  const unknown = [...checkers.attempts.values()].filter(({ state }) => state === "unknown");
  if (unknown.length === 0) return;
  await resolveAttempt(needs, chance.pick(unknown), truth, chance.happens(0.3) ? chance : null);
}

/**
 * A word on one unknown outcome.
 * @param wrong the person is wrong, in a way that chance draws; null: right
 * @returns whether anything was said
 */
export async function resolveAttempt(
  needs: PersonNeeds,
  attempt: AttemptSeen,
  truth: Truth,
  wrong: Chance | null,
): Promise<boolean> {
  const { orders, charges } = truth.ledger;
  const decision = { why: "simulated", by: "somebody" };
  if (wrong !== null && charges.length > 0 && wrong.happens(0.5)) {
    const { orderId } = wrong.pick(charges);
    await resolvePaid(resolveNeeds(needs), attempt.id, { orderId, ...decision });
    return true;
  }
  const moved = charges.filter(({ reference }) => reference === attempt.reference).filter(isAlive);
  const [charge] = moved;
  if (charge === undefined) {
    if (!surelyNothing(attempt, truth)) return false;
    await resolveNotCharged(resolveNeeds(needs), attempt.id, decision);
    return true;
  }
  const order = orders.get(charge.orderId);
  const isInPlainSight =
    order !== undefined &&
    order.listedAtMs < truth.timeline.nowMs() - MINUTE_MS &&
    Math.abs(order.createdAtMs - (attempt.sentAt?.getTime() ?? 0)) < 4 * MINUTE_MS;
  // Only the gateway can tell that it is wrong; where it cannot be seen there, it would be believed.
  if (wrong !== null && isInPlainSight) await resolveNotCharged(resolveNeeds(needs), attempt.id, decision);
  else await resolvePaid(resolveNeeds(needs), attempt.id, { orderId: charge.orderId, ...decision });
  return true;
}

function isAlive(charge: Ledger["charges"][number]): boolean {
  return statusOf(charge) !== "declined" && statusOf(charge) !== "expired" && statusOf(charge) !== "canceled";
}

/** Nothing was charged, and nothing that is under way can do it any more. */
export function surelyNothing({ reference }: Pick<AttemptSeen, "reference">, truth: Truth): boolean {
  const { ledger, timeline, sentAtMs, mayFreeze } = truth;
  const leftAtMs = sentAtMs.get(reference);
  if (leftAtMs === undefined ? mayFreeze : timeline.nowMs() - leftAtMs < PATIENCE_MS) return false;
  if (ledger.charges.some((charge) => charge.reference === reference && isAlive(charge))) return false;
  return ![...ledger.orders.values()].some(
    (order) => order.intent.reference === reference && (orderAwaits(order, timeline.nowMs()) || isPageOpen(order)),
  );
}

export function resolveNeeds({ store, gateway, inbox, clock, random, log }: PersonNeeds): ResolveNeeds {
  return {
    ...{ store, clock, random, log, ...DUNNING, inquiries: INQUIRIES, backoffMs: MINUTE_MS },
    ...{ orders: gateway, lister: gateway, inbox, timeoutMs: TIMEOUT_MS },
    // One after the other: a life goes through a crash in between, too.
    together: (work) => work({ ...store, inbox }),
  };
}

export function refundNeeds({ store, inbox, refunds, gateway, clock, random, log }: PersonNeeds): RefundNeeds {
  return { store, inbox, refunds, refunder: gateway, clock, random, log };
}
