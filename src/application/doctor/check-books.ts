/**
 * I6: the books against the gateway, for the orders of a window. Reads only; `puntual reconcile --since` mends.
 *
 * Both ways: what Conekta shows as paid must be paid in the books, to the cent; what the books call paid must be so at
 * Conekta. The list is read first and the books after it, so that a charge in flight is known to them; what is still
 * under way there is no difference yet, nor is an order that a person has set aside.
 */
import { READ_LAG_MS } from "../../domain/read-lag.ts";
import { isOpen, isPaid } from "../../domain/attempt.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { paymentsOf } from "../reconcile/listed-order.ts";
import { ordersWithin } from "../reconcile/orders-within.ts";
import type { ListedOrder, OrderLister, SweepRecords, Window } from "../ports/reconcile.ts";
import type { KnownAttempt, OrderReader, WebhookInbox } from "../ports/webhooks.ts";
import { bad, counted, ok, someOf, warn, type Finding } from "./finding.ts";

export type StoreSides = {
  readonly gateway: OrderLister & OrderReader;
  readonly records: Pick<SweepRecords, "paidAttempts" | "setAside">;
  readonly attempts: Pick<WebhookInbox, "attemptsOf">;
};
/** Orders that are read one by one, because they are older than the window. */
const READS_MAX = 100;

export async function checkStore(
  { gateway, records, attempts }: StoreSides,
  installationId: string,
  window: Window,
): Promise<Finding> {
  const differences: string[] = [];
  const confirmed = new Set<string>();
  let payments = 0;
  let givenBack = 0;
  for await (const order of ordersWithin(gateway, window)) {
    if (order.installationId !== installationId) continue;
    const known = await attempts.attemptsOf(order.orderId, order.references);
    const paid = paymentsOf(order);
    const difference = differenceOf(order, known);
    if (difference !== null) {
      if (!(await records.setAside([order.orderId])).has(order.orderId)) differences.push(difference);
    } else if (paid.length > 0 || order.givenBack !== null) {
      const payers = known.filter(({ state }) => isPaid(state));
      for (const { attemptId } of payers) confirmed.add(attemptId);
      // An order whose money went back, if only a part of it, shows no payment any more.
      payments += paid.length > 0 ? paid.length : payers.length;
      if (order.givenBack !== null) givenBack += 1;
    }
  }
  const settled = { from: window.from, to: new Date(window.to.getTime() - READ_LAG_MS) };
  const unseen = (await records.paidAttempts(settled)).filter(({ attemptId }) => !confirmed.has(attemptId));
  for (const attempt of unseen.slice(0, READS_MAX)) {
    const because = await whyMissing(gateway, attempt);
    if (because !== null) differences.push(because);
  }
  return judge(differences, { payments, givenBack, unseen: unseen.length }, window);
}

type Counts = { readonly payments: number; readonly givenBack: number; readonly unseen: number };

function judge(differences: readonly string[], { payments, givenBack, unseen }: Counts, { from }: Window): Finding {
  const since = from.toISOString();
  if (differences.length > 0)
    return bad(
      "books",
      `${counted(differences.length, "difference")} since ${since}: ${someOf([...new Set(differences)])}`,
      { do: "sweep_since", since },
    );
  if (unseen > READS_MAX)
    return warn(
      "books",
      `${counted(unseen, "payment")} of older orders, of which ${READS_MAX} were compared, since ${since}`,
      "choose_shorter_window",
    );
  const back = givenBack === 0 ? "" : ` (${givenBack} given back, in part or whole)`;
  return ok("books", `${counted(payments, "payment")} at Conekta since ${since}${back}, the same in the books`);
}

/** What the order shows and the books do not say; null: they agree, or it is still under way. */
function differenceOf(order: ListedOrder, known: readonly KnownAttempt[]): string | null {
  for (const payment of paymentsOf(order)) {
    const name = `${payment.orderId} is paid at Conekta`;
    const payer =
      known.find(({ chargeId }) => chargeId !== null && chargeId === payment.chargeId) ??
      known.find(({ reference }) => reference === order.chargeReferences.get(payment.chargeId ?? "")) ??
      known.find((attempt) => isPaid(attempt.state) && attempt.orderId === payment.orderId);
    if (payer === undefined) return `${name}, and the books have no attempt of it`;
    if (isOpen(payer.state)) continue;
    if (!isPaid(payer.state)) return `${name}, and ${payer.attemptId} is ${payer.state} in the books`;
    if (payer.amountCents !== payment.amountCents || payer.currency !== payment.currency)
      return `${name} with ${payment.amountCents} ${payment.currency} cents, in the books with ${payer.amountCents} ${payer.currency}`;
  }
  return null;
}

async function whyMissing(gateway: OrderReader, attempt: KnownAttempt): Promise<string | null> {
  const name = `${attempt.attemptId} is paid in the books`;
  if (attempt.orderId === null) return `${name}, and holds no order`;
  try {
    const order = await gateway.readOrder(attempt.orderId);
    if (order.givenBack !== null || order.inquiryAnswerOf(attempt.reference).kind === "paid") return null;
    return `${name}, and ${attempt.orderId} shows no payment`;
  } catch (error) {
    if (error instanceof GatewayRefused && error.httpStatus === 404)
      return `${name}, and Conekta knows no order ${attempt.orderId}`;
    // Of this order alone, as `reconcile --since` counts it; the others are compared.
    if (error instanceof GatewayUnavailable && error.wasReached)
      return `${name}, and ${attempt.orderId} cannot be read: ${error.message}`;
    throw error;
  }
}
