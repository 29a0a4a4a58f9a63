/**
 * One visit of the customer to the hosted page, as a test or the demo asks for it.
 *
 * What is asked for is checked first; a visit after the page's time finds it expired.
 */
import { z } from "zod";
import { preconditionRequired } from "../api/api-error.ts";
import type { Order } from "./order.ts";
import { expireCheckouts } from "./order-ending.ts";
import { findOrder } from "./order-store.ts";
import type { OfflineMethod } from "./payment-means.ts";
import { chooseMethod, payOnPage } from "./page-payment.ts";
import type { PagePayment } from "./paying.ts";
import { spendToken } from "../customers/payment-source.ts";
import type { State } from "../state.ts";

const offline = z.enum(["cash", "bank_transfer"]);
/** `after_end`: the payment crosses the end of the order, and comes right after it. */
const when = z.enum(["now", "after_end"]).default("now");

const visitSchema = z.union([
  z.strictObject({ choose: offline }),
  z.strictObject({ pay: offline, when }),
  z.strictObject({
    pay: z.literal("card"),
    token: z.string().min(1).default("tok_test_visa_4242"),
    becomesDefault: z.boolean().default(false),
    when,
  }),
]);

export type PageVisit = z.input<typeof visitSchema>;

/** @throws {ZodError | ApiError} 404 for an unknown order, 428 and 422 as the page refuses */
export function visitPage(state: State, orderId: string, asked: unknown): Order {
  const visit = visitSchema.parse(asked);
  expireCheckouts(state);
  const order = findOrder(state, orderId);
  if (order.checkout === null) {
    throw preconditionRequired("sandbox.no_page", "La orden no tiene página.", "The order has no hosted page.");
  }
  if ("choose" in visit) return chooseMethod(state, order, visit.choose);
  const payment = paymentOf(state, visit);
  if (visit.when === "now") return payOnPage(state, order, payment);
  const waiting = payment.method === "card" ? order : withReference(state, order, payment.method);
  state.paysAfterEnd.set(orderId, payment);
  return waiting;
}

function paymentOf(state: State, visit: Exclude<z.output<typeof visitSchema>, { choose: unknown }>): PagePayment {
  if (visit.pay !== "card") return { method: visit.pay };
  const { token, becomesDefault } = visit;
  return { method: "card", token, becomesDefault, ...spendToken(state, token, "payment_method.token_id") };
}

/** Cash comes late only on a reference that was taken in time. */
function withReference(state: State, order: Order, method: OfflineMethod): Order {
  const isTaken = order.charges.some(({ means, status }) => means.by === method && status === "pending_payment");
  return isTaken ? order : chooseMethod(state, order, method);
}
