/**
 * Customers: create (with or without cards), read, list, change, delete.
 */
import { invalidParameter } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import type { Customer } from "./customer.ts";
import { customerChangeSchema, newCustomerSchema } from "./customer-request.ts";
import { findCustomer, saveCustomer } from "./customer-store.ts";
import { customerView } from "./customer-view.ts";
import { prefixedId } from "../id.ts";
import { cutPage, listBody, pageRequest } from "../api/list-page.ts";
import { newSource, withSource } from "./payment-source.ts";
import { checked } from "../api/validation.ts";
import { nowSeconds, type State } from "../state.ts";

export function createCustomer(state: State, call: Call): Answer {
  const request = checked(newCustomerSchema, call.body);
  const bare: Customer = {
    id: prefixedId(state.random, "cus"),
    createdAtSeconds: nowSeconds(state),
    name: request.name,
    email: request.email,
    phone: request.phone,
    corporate: request.corporate ?? false,
    customReference: request.custom_reference ?? "",
    metadata: request.metadata ?? {},
    defaultSourceId: null,
    sources: [],
  };
  // Every card is checked before anything is kept: a refused card leaves no customer behind (our guess).
  const customer = withNewSources(state, bare, request.payment_sources);
  state.customers.set(customer.id, customer);
  state.events.add("customer.created", () => customerView(customer, state.livemode));
  return ok(customerView(customer, state.livemode));
}

export function getCustomer(state: State, call: Call): Answer {
  return ok(customerView(findCustomer(state, param(call, 0)), state.livemode));
}

export function listCustomers(state: State, call: Call): Answer {
  const page = pageRequest(call.query);
  const newestFirst = [...state.customers.values()].toReversed();
  const found = cutPage(newestFirst, page, (customer) => isFoundBy(customer, page.search));
  return ok(listBody(found, call.address, (customer) => customerView(customer, state.livemode)));
}

export function updateCustomer(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  const change = checked(customerChangeSchema, call.body);
  const changed = withNewSources(
    state,
    {
      ...customer,
      name: change.name ?? customer.name,
      email: change.email ?? customer.email,
      phone: change.phone ?? customer.phone,
      corporate: change.corporate ?? customer.corporate,
      customReference: change.custom_reference ?? customer.customReference,
      metadata: change.metadata ?? customer.metadata,
    },
    change.payment_sources,
  );
  const defaultSourceId = change.default_payment_source_id;
  if (defaultSourceId !== undefined && !changed.sources.some((source) => source.id === defaultSourceId)) {
    throw invalidParameter(
      "default_payment_source_id.invalid",
      "default_payment_source_id",
      "El método de pago no pertenece al cliente.",
      "The payment source does not belong to the customer.",
    );
  }
  const saved = saveCustomer(state, { ...changed, defaultSourceId: defaultSourceId ?? changed.defaultSourceId });
  return ok(customerView(saved, state.livemode));
}

export function deleteCustomer(state: State, call: Call): Answer {
  const customer = findCustomer(state, param(call, 0));
  state.customers.delete(customer.id);
  const view = { ...customerView(customer, state.livemode), deleted: true };
  state.events.add("customer.deleted", () => view);
  return ok(view);
}

function withNewSources(state: State, customer: Customer, requests: readonly unknown[] | undefined): Customer {
  return (requests ?? []).reduce<Customer>(
    (grown, request) => withSource(grown, newSource(state, customer.id, request)),
    customer,
  );
}

function isFoundBy(customer: Customer, search: string | undefined): boolean {
  if (search === undefined || search === "") return true;
  const texts = [customer.id, customer.name, customer.email, customer.phone, customer.customReference];
  return texts.some((text) => text.toLowerCase().includes(search.toLowerCase()));
}
