/**
 * Finding and keeping customers; every change is told as an event.
 */
import { notFound } from "./api-error.ts";
import type { Customer } from "./customer.ts";
import { customerView } from "./customer-view.ts";
import type { World } from "./world.ts";

/** @throws {ApiError} 404 */
export function findCustomer(world: World, id: string): Customer {
  const customer = world.customers.get(id);
  if (customer === undefined) throw notFound("Customer", id);
  return customer;
}

export function saveCustomer(world: World, customer: Customer): Customer {
  world.customers.set(customer.id, customer);
  world.events.add("customer.updated", () => customerView(customer, world.livemode));
  return customer;
}
