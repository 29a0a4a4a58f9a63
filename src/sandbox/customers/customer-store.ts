/**
 * Finds and saves customers; every change adds an event.
 */
import { notFound } from "../api/api-error.ts";
import type { Customer } from "./customer.ts";
import { customerView } from "./customer-view.ts";
import type { State } from "../state.ts";

/** @throws {ApiError} 404 */
export function findCustomer(state: State, id: string): Customer {
  const customer = state.customers.get(id);
  if (customer === undefined) throw notFound("Customer", id);
  return customer;
}

export function saveCustomer(state: State, customer: Customer): Customer {
  state.customers.set(customer.id, customer);
  state.events.add("customer.updated", () => customerView(customer, state.livemode));
  return customer;
}
