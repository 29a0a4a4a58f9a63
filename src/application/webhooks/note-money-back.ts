/**
 * What a read of an order shows of money that went back: disputes of its payments, and refunds that were made in
 * Conekta's panel. The invoice stays paid.
 *
 * All of it is one transaction with what the plan's policy asks for: the subscription paused or canceled, or the invoices
 * that waited for a dispute put up again. A crash leaves all of it or nothing, and the next read finds it again.
 */
import { isPaid } from "../../domain/attempt.ts";
import { ASKED_AT_GATEWAY } from "../../domain/refund.ts";
import {
  afterPaidAgain,
  afterRead,
  afterRefund,
  disputeData,
  disputedPayer,
  endedWell,
  mayBeRefund,
  standingDispute,
  takenByRefunds,
  type Dispute,
  type DisputeChange,
  type SeenDispute,
} from "../../domain/dispute.ts";
import type { Rule } from "../../domain/dunning/dunning.ts";
import { stepAgain } from "../../domain/invoice-acts.ts";
import { transition } from "../../domain/invoice-transition.ts";
import { isEnded } from "../../domain/subscription.ts";
import type { KnownAttempt, SeenOrder, WebhookInbox } from "../ports/webhooks.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import { policyOf, type SettleNeeds } from "../settling/settle-attempts.ts";
import { cancelInRecords } from "../subscriptions/cancel-subscription.ts";
import { upToDateSubscription } from "../subscriptions/bring-up-to-date.ts";

type Needs = Pick<SettleNeeds, "store" | "clock" | "random" | "log" | "policies">;

export type NotingNeeds = Pick<Needs, "clock" | "random"> & {
  readonly store: Pick<Store, "write">;
  readonly inbox: Pick<WebhookInbox, "attemptsOf">;
};

/**
 * @param attempts of this order, as the books know them
 * @param mayLag the read follows at once on what was told, and may not show a refund yet that explains it
 * @param isDisputed the books know of a dispute, or were told of one: also that none is shown says something
 */
export async function noteMoneyBack(
  needs: Needs,
  orderId: string,
  order: SeenOrder,
  attempts: readonly KnownAttempt[],
  {
    isDisputed = false,
    mayLag = false,
    summary,
  }: { readonly isDisputed?: boolean; readonly mayLag?: boolean; readonly summary?: RunSummary } = {},
): Promise<readonly Dispute[]> {
  const payers = attempts.filter(({ state }) => isPaid(state));
  const isShown = order.disputes.length > 0 || (order.refundedCents ?? 0) > 0;
  if (payers.length === 0 || (!isShown && !isDisputed)) return [];
  const { store, clock, log } = needs;
  const now = clock.now();
  const changes = await store.write(now, async (records) => {
    await bookRefundsOfPanel(needs, records, { orderId, refundedCents: order.refundedCents ?? 0, payers, now });
    const known = await records.disputesOf(orderId);
    const refundedCents = await records.countedRefundCents(payers.map(({ attemptId }) => attemptId));
    const ofPayers = order.disputes.flatMap((seen) => {
      const payer = disputedPayer(seen, payers);
      return payer === null ? [] : [{ seen, payer }];
    });
    const refunded = takenByRefunds(
      order.refundedCharges,
      ofPayers.map(({ seen }) => seen),
      refundedCents,
    );
    const changed = ofPayers
      .filter(({ seen }) => !mayBeRefund(seen) || !(mayLag || refunded.has(seen.chargeId)))
      .flatMap(({ seen, payer }) => changeOf(needs, known, seen, payer, { orderId, now }) ?? []);
    const paidAgain = known
      .filter(({ chargeId }) => order.paidChargeIds.includes(chargeId))
      .filter(({ chargeId }) => !order.disputes.some((seen) => seen.chargeId === chargeId))
      .flatMap((dispute) => afterPaidAgain(dispute, now) ?? []);
    const withdrawn = known
      .filter(({ chargeId }) => refunded.has(chargeId))
      .flatMap((dispute) => afterRefund(dispute, now) ?? []);
    const all = [...changed, ...paidAgain, ...withdrawn];
    for (const change of all) await applyDispute(needs, records, change, now);
    return all;
  });
  for (const { dispute, events } of changes)
    for (const event of events) log[endedWell(dispute.outcome) ? "info" : "error"](event, disputeData(dispute));
  if (summary !== undefined)
    summary.needsPerson += changes.filter(({ events }) => events[0] === "dispute.opened").length;
  return changes.map(({ dispute }) => dispute);
}

function changeOf(
  { random }: Needs,
  known: readonly Dispute[],
  seen: SeenDispute,
  payer: KnownAttempt,
  { orderId, now }: { readonly orderId: string; readonly now: Date },
): DisputeChange | null {
  const { attemptId, invoiceId, subscriptionId, customerId } = payer;
  const dispute = known.find(({ chargeId }) => chargeId === seen.chargeId) ?? null;
  const id = dispute?.id ?? random.newId("dsp", now);
  return afterRead(dispute, seen, { id, orderId, attemptId, invoiceId, subscriptionId, customerId }, now);
}

/** Writes a dispute as it is from now on, its events, and what follows for the subscription. */
export async function applyDispute(
  needs: Pick<Needs, "random" | "policies">,
  records: Records,
  { dispute, events }: DisputeChange,
  now: Date,
): Promise<void> {
  const { subscriptionId, customerId, invoiceId, attemptId } = dispute;
  await records.putDispute(dispute);
  for (const type of events)
    records.record({ type, subscriptionId, customerId, invoiceId, attemptId, data: disputeData(dispute) });
  const { subscription, plan } = await upToDateSubscription(records, subscriptionId, now, needs.random);
  const { onChargeback, laterCycles } = policyOf(needs.policies, plan.dunning);
  if (events.includes("dispute.opened") && !isEnded(subscription.status)) {
    if (onChargeback === "cancel")
      await cancelInRecords({ records, random: needs.random }, subscription, plan, now, {
        atOnce: true,
        because: "dispute",
      });
    if (onChargeback === "pause" && subscription.status !== "paused") {
      const data = { was: subscription.status, because: "dispute" };
      subscription.status = "paused";
      records.record({ type: "subscription.paused", subscriptionId, customerId, data });
    }
  }
  // Where later cycles are held for others, too, a person lets them go on.
  if (endedWell(dispute.outcome) && laterCycles !== "hold")
    await collectWhatWaited(records, dispute, { name: `dispute_${dispute.outcome}` }, now);
}

/** Held only for the dispute that was won or withdrawn: it is due again. */
async function collectWhatWaited(records: Records, { subscriptionId, customerId }: Dispute, rule: Rule, now: Date) {
  if (standingDispute(await records.disputesOfSubscription(subscriptionId)) !== null) return;
  for (const invoice of await records.invoices({ subscriptionId, statuses: ["held"] })) {
    if (invoice.statusReason !== "earlier_unpaid") continue;
    Object.assign(invoice, transition(invoice, { status: "open", nextAttemptAt: now, ...stepAgain(invoice) }));
    const data = { nextAttemptAt: now.toISOString(), rule };
    records.record({ type: "invoice.retry_scheduled", subscriptionId, customerId, invoiceId: invoice.id, data });
  }
  records.refresh(subscriptionId);
}

/**
 * A read of no more than what went back of an order, as before a refund. The count is made under the write lock, so the
 * same refund is booked once, whichever read shows it first.
 * @returns what was booked of it, in cents
 */
export async function noteRefundsOfPanel(
  needs: NotingNeeds,
  seen: { readonly orderId: string; readonly refundedCents: number },
): Promise<number> {
  if (seen.refundedCents <= 0) return 0;
  const { store, inbox, clock } = needs;
  const attempts = await inbox.attemptsOf(seen.orderId, []);
  const payers = attempts.filter(({ state }) => isPaid(state));
  const now = clock.now();
  return await store.write(now, (records) => bookRefundsOfPanel(needs, records, { ...seen, payers, now }));
}

/** What the order shows beyond what the books count went back in the panel: a refund like others, that nobody here asked for. */
async function bookRefundsOfPanel(
  { random }: Pick<Needs, "random">,
  records: Records,
  seen: {
    readonly orderId: string;
    readonly refundedCents: number;
    readonly payers: readonly KnownAttempt[];
    readonly now: Date;
  },
): Promise<number> {
  const { orderId, refundedCents, payers, now } = seen;
  const payer = payers.at(-1);
  if (payer === undefined) return 0;
  const attemptIds = payers.map(({ attemptId: each }) => each);
  const amountCents = refundedCents - (await records.countedRefundCents(attemptIds));
  if (amountCents <= 0) return 0;
  const { invoiceId, attemptId, subscriptionId, customerId, currency } = payer;
  const id = random.newId("ref", now);
  const because = `the order shows ${refundedCents} cents given back`;
  await records.addShownRefund({ id, invoiceId, attemptId, orderId, amountCents, currency, because });
  records.record({
    type: "invoice.refunded",
    ...{ customerId, subscriptionId, invoiceId, attemptId },
    data: { refundId: id, amountCents, currency, orderId, reason: "other", requestedBy: ASKED_AT_GATEWAY, because },
  });
  return amountCents;
}
