/**
 * I6: the books against the gateway, for the orders of a window. Reads only; `puntual reconcile --since` mends.
 *
 * Both ways: what Conekta shows as paid must be paid in the books, to the cent; what the books call paid must be so at
 * Conekta. The list is read first and the books after it, so that a charge in flight is known to them; what is still
 * under way there is no difference yet, nor is an order that a person has set aside.
 */
import { READ_LAG_MS } from "../../domain/read-lag.ts";
import { isOpen, isPaid } from "../../domain/attempt.ts";
import { GatewayUnavailable, isNotThere } from "../../domain/errors.ts";
import { paymentsOf } from "../reconcile/listed-order.ts";
import { ordersWithin } from "../reconcile/orders-within.ts";
import type { Language, Text } from "../../domain/language.ts";
import { IN_SPANISH, inWords } from "../../domain/refusals.ts";
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
  const differences: Text[] = [];
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

function judge(differences: readonly Text[], { payments, givenBack, unseen }: Counts, { from }: Window): Finding {
  const since = from.toISOString();
  if (differences.length > 0)
    return bad(
      "books",
      {
        en: `${counted(differences.length, "difference")} since ${since}: ${listed(differences, "en")}`,
        es: `${counted(differences.length, "diferencia")} desde ${since}: ${listed(differences, "es")}`,
      },
      { do: "sweep_since", since },
    );
  if (unseen > READS_MAX)
    return warn(
      "books",
      {
        en: `${counted(unseen, "payment")} of older orders, of which ${READS_MAX} were compared, since ${since}`,
        es: `${counted(unseen, "pago")} de órdenes anteriores, de los que se compararon ${READS_MAX}, desde ${since}`,
      },
      "choose_shorter_window",
    );
  const back = {
    en: givenBack === 0 ? "" : ` (${givenBack} given back, in part or whole)`,
    es: givenBack === 0 ? "" : ` (${givenBack} con devolución, parcial o total)`,
  };
  return ok("books", {
    en: `${counted(payments, "payment")} at Conekta since ${since}${back.en}, the same in the books`,
    es: `${counted(payments, "pago")} en Conekta desde ${since}${back.es}, iguales en los libros`,
  });
}

function listed(differences: readonly Text[], language: Language): string {
  return someOf([...new Set(differences.map((each) => each[language]))], language);
}

/** What the order shows and the books do not say; null: they agree, or it is still under way. */
function differenceOf(order: ListedOrder, known: readonly KnownAttempt[]): Text | null {
  for (const payment of paymentsOf(order)) {
    const name = { en: `${payment.orderId} is paid at Conekta`, es: `${payment.orderId} está pagada en Conekta` };
    const payer =
      known.find(({ chargeId }) => chargeId !== null && chargeId === payment.chargeId) ??
      known.find(({ reference }) => reference === order.chargeReferences.get(payment.chargeId ?? "")) ??
      known.find((attempt) => isPaid(attempt.state) && attempt.orderId === payment.orderId);
    if (payer === undefined)
      return and(name, ", and the books have no attempt of it", ", y los libros no tienen ningún intento suyo");
    if (isOpen(payer.state)) continue;
    if (!isPaid(payer.state))
      return and(
        name,
        `, and ${payer.attemptId} is ${payer.state} in the books`,
        `, y ${payer.attemptId} está ${IN_SPANISH[payer.state] ?? payer.state} en los libros`,
      );
    if (payer.amountCents !== payment.amountCents || payer.currency !== payment.currency)
      return and(
        name,
        ` with ${payment.amountCents} ${payment.currency} cents, in the books with ${payer.amountCents} ${payer.currency}`,
        ` con ${payment.amountCents} centavos de ${payment.currency}, en los libros con ${payer.amountCents} de ${payer.currency}`,
      );
  }
  return null;
}

async function whyMissing(gateway: OrderReader, attempt: KnownAttempt): Promise<Text | null> {
  const name = {
    en: `${attempt.attemptId} is paid in the books`,
    es: `${attempt.attemptId} está pagado en los libros`,
  };
  if (attempt.orderId === null) return and(name, ", and holds no order", " y no tiene orden");
  try {
    const order = await gateway.readOrder(attempt.orderId);
    if (order.givenBack !== null || order.inquiryAnswerOf(attempt.reference).kind === "paid") return null;
    return and(name, `, and ${attempt.orderId} shows no payment`, `, y ${attempt.orderId} no muestra ningún pago`);
  } catch (error) {
    if (isNotThere(error))
      return and(
        name,
        `, and Conekta knows no order ${attempt.orderId}`,
        `, y Conekta no conoce la orden ${attempt.orderId}`,
      );
    // Of this order alone, as `reconcile --since` counts it; the others are compared.
    if (error instanceof GatewayUnavailable && error.wasReached)
      return and(
        name,
        `, and ${attempt.orderId} cannot be read: ${error.message}`,
        `, y ${attempt.orderId} no se puede leer: ${inWords(error.said ?? error.message, "es")}`,
      );
    throw error;
  }
}

function and(name: Text, en: string, es: string): Text {
  return { en: name.en + en, es: name.es + es };
}
