/**
 * Charges: charge an order that exists, list, and name one anew.
 *
 * @see Conekta API 2.3.0 specification, `/orders/{id}/charges` and `/charges`
 */
import { z } from "zod";
import { declined, notFound } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { makeCharge } from "./charge.ts";
import { cardFor } from "./charge-checks.ts";
import type { Charge, Order } from "./order.ts";
import { isFoundBy } from "./order-list.ts";
import { chargeSchema } from "./order-request.ts";
import { findOrder, viewOptions } from "./order-store.ts";
import { chargeView, orderView } from "./order-view.ts";
import { cutPage, listBody, pageRequest } from "../api/list-page.ts";
import { checked } from "../api/validation.ts";
import type { State } from "../state.ts";

const chargeChangeSchema = z.strictObject({ reference_id: z.string().max(249) });

/** Answers the charge, not the order; so does its decline. */
export function chargeOrder(state: State, call: Call): Answer {
  const order = findOrder(state, param(call, 0));
  const request = checked(chargeSchema, call.body);
  const card = cardFor(state, order, request);

  const result = makeCharge(state, call, order, request, card);
  if (result.charge === null) return ok(orderView(result.order, viewOptions(state, call)));
  const body = chargeView(result.order, result.charge, viewOptions(state, call));
  if (result.bank.is === "declined") throw declined(result.bank.decline, body);
  return ok(body);
}

export function listCharges(state: State, call: Call): Answer {
  const query = pageRequest(call.query);
  const page = cutPage(chargesNewestFirst(state), query, ({ id, order }) => isFoundBy(order, query.search, id));
  return ok(listBody(page, call.address, ({ order, charge }) => chargeView(order, charge, viewOptions(state, call))));
}

/** Works on a paid charge too, while its order's metadata is frozen. */
export function updateCharge(state: State, call: Call): Answer {
  const id = param(call, 0);
  const order = state.orders.ofCharge(id);
  const old = order?.charges.find((candidate) => candidate.id === id);
  if (order === undefined || old === undefined) throw notFound("Charge", id);

  const renamed = { ...old, referenceId: checked(chargeChangeSchema, call.body).reference_id };
  const charges = order.charges.map((candidate) => (candidate.id === id ? renamed : candidate));
  state.orders.put({ ...order, charges }, state.now().getTime());
  return ok(chargeView(order, renamed, viewOptions(state, call)));
}

function* chargesNewestFirst(state: State): Generator<{ id: string; order: Order; charge: Charge }> {
  const rows = [...state.orders.list(state.now().getTime())].flatMap((order) =>
    order.charges.map((charge) => ({ id: charge.id, order, charge })),
  );
  // Later charges of an old order are newer than the orders after it.
  yield* rows.toSorted((a, b) => b.charge.createdAtSeconds - a.charge.createdAtSeconds);
}
