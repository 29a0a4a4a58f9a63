/**
 * The payment source calls: store a card, list, rename, delete.
 *
 * @see the guide "Cargo bajo demanda"; issue 181 of Conekta's PHP library
 */
import { invalidParameter } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import { sourceChangeSchema } from "./customer-request.ts";
import { findCustomer, saveCustomer } from "./customer-store.ts";
import { sourceView } from "./customer-view.ts";
import { cutPage, listBody, pageRequest } from "../api/list-page.ts";
import { findSource, newSource, withSource } from "./payment-source.ts";
import { checked } from "../api/validation.ts";
import type { State } from "../state.ts";

export function addSource(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  const source = newSource(state, customer.id, call.body);
  saveCustomer(state, withSource(customer, source));
  return ok(sourceView(source, null));
}

export function listSources(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  const newestFirst = customer.sources.toReversed();
  const page = cutPage(newestFirst, pageRequest(call.query));
  const list = listBody(page, call.address, (source) => sourceView(source, customer.defaultSourceId));
  return ok({ ...list, total: customer.sources.length });
}

export function updateSource(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  const source = findSource(customer, param(call, 1));
  refuseImmutable(call.body);
  const change = checked(sourceChangeSchema, call.body);

  const changed = { ...source, card: { ...source.card, holderName: change.name ?? source.card.holderName } };
  saveCustomer(state, {
    ...customer,
    sources: customer.sources.map((other) => (other.id === source.id ? changed : other)),
  });
  return ok(sourceView(changed, customer.defaultSourceId));
}

/** Deleting the default leaves the customer without one: our guess, and the one that makes a biller think. */
export function deleteSource(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  const source = findSource(customer, param(call, 1));
  saveCustomer(state, {
    ...customer,
    sources: customer.sources.filter((other) => other.id !== source.id),
    defaultSourceId: customer.defaultSourceId === source.id ? null : customer.defaultSourceId,
  });
  return ok({ ...sourceView(source, customer.defaultSourceId), deleted: true });
}

function refuseImmutable(body: unknown): void {
  for (const field of ["token_id", "type"] as const) {
    if (typeof body !== "object" || body === null || !(field in body)) continue;
    const en = `The parameter "${field}" cannot be changed.`;
    throw invalidParameter(
      `payment_sources.${field}.immutable`,
      field,
      `El parámetro "${field}" no se puede cambiar.`,
      en,
    );
  }
}
