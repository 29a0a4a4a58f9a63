/**
 * The payment source calls: store a card, list, rename, delete.
 *
 * @see the guide "Cargo bajo demanda"; issue 181 of Conekta's PHP library
 */
import { invalidParameter } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import { sourceChangeSchema } from "./customer-request.ts";
import { findCustomer, saveCustomer } from "./customer-store.ts";
import { sourceView } from "./customer-view.ts";
import { cutPage, listBody, pageRequest } from "./page.ts";
import { findSource, newSource, withSource } from "./payment-source.ts";
import { checked } from "./validation.ts";
import type { World } from "./world.ts";

export function addSource(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  const source = newSource(world, customer.id, call.body);
  saveCustomer(world, withSource(customer, source));
  return ok(sourceView(source, null));
}

export function listSources(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  const newestFirst = customer.sources.toReversed();
  const page = cutPage(newestFirst, pageRequest(call.query));
  const list = listBody(page, call.address, (source) => sourceView(source, customer.defaultSourceId));
  return ok({ ...list, total: customer.sources.length });
}

export function updateSource(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  const source = findSource(customer, param(call, 1));
  refuseImmutable(call.body);
  const change = checked(sourceChangeSchema, call.body);

  const changed = { ...source, card: { ...source.card, holderName: change.name ?? source.card.holderName } };
  saveCustomer(world, {
    ...customer,
    sources: customer.sources.map((other) => (other.id === source.id ? changed : other)),
  });
  return ok(sourceView(changed, customer.defaultSourceId));
}

/** Deleting the default leaves the customer without one: our guess, and the one that makes a biller think. */
export function deleteSource(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  const source = findSource(customer, param(call, 1));
  saveCustomer(world, {
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
