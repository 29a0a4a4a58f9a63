/**
 * A person's word on an unknown outcome, after one more inquiry at the gateway.
 *
 * Where the gateway shows something certain, that is booked instead, and the word is refused: a person decides only
 * what cannot be seen. What is decided goes through the one reducer like any evidence, with the person's name and
 * reason in its trace. Charges no card; an invoice that was not charged is due again by the rules of a fault.
 *
 * What is booked and who said so are one transaction: a crash leaves both or neither.
 */
import { isBeingMade, isPaid, type Evidence, type Payment, type Trace } from "../../domain/attempt.ts";
import { NotFound, Refused, isNotThere } from "../../domain/errors.ts";
import { firstRecheckAt } from "../../domain/payment-link.ts";
import { differencesFrom } from "../../domain/settle/settle-payment.ts";
import { evidenceFor } from "../webhooks/follow-order.ts";
import type { ListedOrder, OrderLister } from "../ports/reconcile.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import type { KnownAttempt, OrderReader, SeenOrder, WebhookInbox } from "../ports/webhooks.ts";
import type { Store } from "../ports/store.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import { said, unchanged } from "../../domain/refusals.ts";

export type ResolveNeeds = SettleNeeds & {
  readonly orders: OrderReader;
  readonly lister: OrderLister;
  readonly inbox: Pick<WebhookInbox, "attemptsOf">;
  /** In one transaction. */
  together<T>(work: (store: Store & { readonly inbox: ResolveNeeds["inbox"] }) => Promise<T>): Promise<T>;
  /** The longest a charge may have been under way. */
  readonly timeoutMs: number;
};

/** Kept with the outcome, for later questions. */
export type Decision = { readonly why: string; readonly by: string };

/**
 * The order paid this attempt. Believed when the gateway shows it paid, as we asked, and no other attempt holds it.
 * @throws {Refused} with everything that differs
 */
export async function resolvePaid(
  needs: ResolveNeeds,
  attemptId: string,
  { orderId, why, by }: Decision & { readonly orderId: string },
): Promise<void> {
  const attempt = await attemptNamed(needs, attemptId);
  if (isPaid(attempt.state)) throw new Refused(said("attempt_is", { id: attemptId, state: attempt.state }));
  if (isBeingMade(attempt.state)) throw new Refused(said("attempt_being_made", { id: attemptId }));
  const order = await readOrder(needs, orderId);
  if (order === null) throw new Refused(unchanged(said("no_order", { id: orderId })));

  const inquiryAnswer = order.inquiryAnswerOf(attempt.reference, attempt.flow);
  // Money that came and went back in part, or is disputed, came all the same: the invoice was paid.
  const payment = inquiryAnswer.kind === "paid" ? inquiryAnswer.payment : order.movedPayment;
  if (payment === null)
    throw new Refused(unchanged(said("order_not_paid", { id: orderId, because: inquiryAnswer.trace.because })));
  const differences = await differencesOf(needs, attempt, order, payment);
  if (differences.length > 0)
    throw new Refused(said("order_does_not_fit", { orderId, attemptId, differences: differences.join("\n  ") }));

  const trace: Trace = { ...inquiryAnswer.trace, because: `${by} says this order paid it, and it is paid: ${why}` };
  await needs.together(async (store) => {
    const within = { ...needs, store, inbox: store.inbox };
    await book(within, attempt, { kind: "paid", payment, trace });
    await recordDecision(within, attempt, { resolution: "paid", orderId, why, by });
  });
}

/**
 * Nothing was charged: the invoice becomes due again, also when it is held.
 * @throws {Refused} the gateway shows otherwise (which is then booked), or it is too early to say
 */
export async function resolveNotCharged(needs: ResolveNeeds, attemptId: string, { why, by }: Decision): Promise<void> {
  const attempt = await attemptNamed(needs, attemptId);
  if (attempt.state !== "unknown")
    throw new Refused(said("attempt_not_unknown", { id: attemptId, state: attempt.state }));
  const sentAt = await sendingOf(needs, attemptId);
  const quietAt = new Date(sentAt.getTime() + needs.inquiries.rechargeQuietMs);
  if (needs.clock.now() < quietAt)
    throw new Refused(
      said("attempt_too_fresh", { id: attemptId, sentAt: sentAt.toISOString(), quietAt: quietAt.toISOString() }),
    );
  for (const order of await ordersOf(needs, attempt, sentAt)) await mustShowNothing(needs, attempt, order);

  // Before the invoice is due again: whoever says so may be wrong.
  const now = needs.clock.now();
  const trace: Trace = { httpStatus: null, logId: null, because: `${by} says that nothing was charged: ${why}` };
  await needs.together(async (store) => {
    const within = { ...needs, store, inbox: store.inbox };
    await store.write(now, async (records) => records.noteDenied(attemptId, firstRecheckAt(now)));
    await book(within, attempt, { kind: "not_sent", unauthorized: false, trace });
    await recordDecision(within, attempt, { resolution: "not_charged", why, by });
  });
}

async function mustShowNothing(needs: ResolveNeeds, attempt: KnownAttempt, order: SeenOrder): Promise<void> {
  const { attemptId, reference, flow } = attempt;
  const inquiryAnswer = order.inquiryAnswerOf(reference, flow);
  // The whole of it went back: the customer has paid nothing, and may be charged.
  if (inquiryAnswer.kind === "absent" || order.givenBack === "refunded") return;
  // Of an order that is charged again, the money may be another try's.
  if (inquiryAnswer.kind === "paid" && isOfAnother(order, inquiryAnswer.payment, reference)) return;
  const all = await needs.inbox.attemptsOf(attempt.orderId ?? "", order.references);
  await settleAttempts(needs, evidenceFor(all, order));
  const { state } = await attemptNamed(needs, attemptId);
  const outcome = state === "unknown" ? said("stays_unknown") : said("is_booked", { state });
  throw new Refused(said("gateway_shows_charge", { id: attemptId, because: inquiryAnswer.trace.because, outcome }));
}

/** All that the gateway may show of the attempt: its own order, and those of the time when it was sent. */
async function ordersOf(needs: ResolveNeeds, attempt: KnownAttempt, sentAt: Date): Promise<readonly SeenOrder[]> {
  const own = attempt.orderId === null ? null : await readOrder(needs, attempt.orderId);
  const listed: ListedOrder[] = [];
  const window = {
    from: new Date(sentAt.getTime() - MAX_CLOCK_SKEW_MS),
    to: new Date(sentAt.getTime() + needs.timeoutMs + MAX_CLOCK_SKEW_MS),
  };
  for await (const order of needs.lister.listOrders(window))
    if (order.references.includes(attempt.reference)) listed.push(order);
  return own === null ? listed : [own, ...listed];
}

async function differencesOf(
  { store, inbox }: ResolveNeeds,
  attempt: KnownAttempt,
  order: SeenOrder,
  payment: Payment,
): Promise<readonly string[]> {
  const { id, livemode } = await store.installation();
  const differences = differencesFrom(attempt, payment, livemode);
  if (order.installationId !== null && order.installationId !== id)
    differences.push(`made by another installation (${order.installationId})`);
  if (order.references.length > 0 && !order.references.includes(attempt.reference))
    differences.push(`made for ${order.references.join(", ")} instead of ${attempt.reference}`);
  else if (isOfAnother(order, payment, attempt.reference)) differences.push("its charge is another attempt's");
  const others = (await inbox.attemptsOf(payment.orderId, [])).filter(
    (other) => other.attemptId !== attempt.attemptId && isPaid(other.state) && holdsCharge(other, payment),
  );
  for (const other of others) differences.push(`attempt ${other.attemptId} (${other.state}) holds it already`);
  return differences;
}

function isOfAnother(order: SeenOrder, { chargeId }: Payment, reference: string): boolean {
  const charged = order.chargeReferences.get(chargeId ?? "") ?? null;
  return charged !== null && charged !== reference;
}

function holdsCharge({ chargeId }: KnownAttempt, payment: Payment): boolean {
  return chargeId === null || payment.chargeId === null || chargeId === payment.chargeId;
}

async function book(needs: ResolveNeeds, { attemptId }: KnownAttempt, evidence: Evidence): Promise<void> {
  const [settled] = await settleAttempts(needs, [{ attemptId, evidence }]);
  const outcome = settled?.settlement?.attempt.state ?? "unknown";
  if (outcome !== "unknown") return;
  const { state } = await attemptNamed(needs, attemptId);
  throw new Refused(said("attempt_is_by_now", { id: attemptId, state }), { mend: { do: "show_attempt", attemptId } });
}

async function recordDecision(
  { store, clock }: ResolveNeeds,
  { attemptId, invoiceId, subscriptionId, customerId }: KnownAttempt,
  data: Record<string, unknown>,
): Promise<void> {
  await store.write(clock.now(), async (records) => {
    records.record({ type: "attempt.resolved", attemptId, invoiceId, subscriptionId, customerId, data });
  });
}

async function attemptNamed({ store, inbox }: ResolveNeeds, attemptId: string): Promise<KnownAttempt> {
  const [row] = await store.list("attempts", { where: { attemptId } });
  const known = row === undefined ? [] : await inbox.attemptsOf("", [row.reference]);
  const attempt = known.find((each) => each.attemptId === attemptId);
  if (attempt === undefined)
    throw new NotFound(said("no_attempt", { id: attemptId }), { mend: { do: "list", what: "unknown" } });
  return attempt;
}

async function sendingOf({ store }: ResolveNeeds, attemptId: string): Promise<Date> {
  const [row] = await store.list("attempts", { where: { attemptId } });
  return new Date(row?.sentAt ?? row?.claimedAt ?? Number.NaN);
}

async function readOrder({ orders }: ResolveNeeds, orderId: string): Promise<SeenOrder | null> {
  try {
    return await orders.readOrder(orderId);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}
