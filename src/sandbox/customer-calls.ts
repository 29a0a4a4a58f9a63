/**
 * Customers: create (with or without cards), read, list, change, delete.
 */
import { invalidParameter } from "./api-error.ts";
import { type Answer, type Call, ok, param } from "./call.ts";
import type { Customer } from "./customer.ts";
import { customerChangeSchema, newCustomerSchema } from "./customer-request.ts";
import { findCustomer, saveCustomer } from "./customer-store.ts";
import { customerView } from "./customer-view.ts";
import { prefixedId } from "./id.ts";
import { cutPage, listBody, pageRequest } from "./page.ts";
import { newSource, withSource } from "./payment-source.ts";
import { checked } from "./validation.ts";
import { nowSeconds, type World } from "./world.ts";

export function createCustomer(world: World, call: Call): Answer {
  const request = checked(newCustomerSchema, call.body);
  const bare: Customer = {
    id: prefixedId(world.random, "cus"),
    createdAtSeconds: nowSeconds(world),
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
  const customer = withNewSources(world, bare, request.payment_sources);
  world.customers.set(customer.id, customer);
  world.events.add("customer.created", () => customerView(customer, world.livemode));
  return ok(customerView(customer, world.livemode));
}

export function getCustomer(world: World, call: Call): Answer {
  return ok(customerView(findCustomer(world, param(call, 0)), world.livemode));
}

export function listCustomers(world: World, call: Call): Answer {
  const page = pageRequest(call.query);
  const newestFirst = [...world.customers.values()].toReversed();
  const found = cutPage(newestFirst, page, (customer) => isFoundBy(customer, page.search));
  return ok(listBody(found, call.address, (customer) => customerView(customer, world.livemode)));
}

export function updateCustomer(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  const change = checked(customerChangeSchema, call.body);
  const changed = withNewSources(
    world,
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
  const saved = saveCustomer(world, { ...changed, defaultSourceId: defaultSourceId ?? changed.defaultSourceId });
  return ok(customerView(saved, world.livemode));
}

export function deleteCustomer(world: World, call: Call): Answer {
  const customer = findCustomer(world, param(call, 0));
  world.customers.delete(customer.id);
  const view = { ...customerView(customer, world.livemode), deleted: true };
  world.events.add("customer.deleted", () => view);
  return ok(view);
}

function withNewSources(world: World, customer: Customer, requests: readonly unknown[] | undefined): Customer {
  return (requests ?? []).reduce<Customer>(
    (grown, request) => withSource(grown, newSource(world, customer.id, request)),
    customer,
  );
}

function isFoundBy(customer: Customer, search: string | undefined): boolean {
  if (search === undefined || search === "") return true;
  const texts = [customer.id, customer.name, customer.email, customer.phone, customer.customReference];
  return texts.some((text) => text.toLowerCase().includes(search.toLowerCase()));
}
