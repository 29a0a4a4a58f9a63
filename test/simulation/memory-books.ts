/**
 * The books of the store in memory, open for writing: drafts, put into the tables at the end or forgotten.
 *
 * Queries see what the same transaction has added or changed, as MikroORM's flush before a query makes them.
 */
import type { Books, Mutable, NewEvent } from "../../src/application/ports.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import type { Customer, Plan } from "../../src/domain/plan.ts";
import type { Subscription } from "../../src/domain/subscription.ts";
import { ConstraintViolated } from "./memory-table.ts";
import { refreshStatuses } from "./memory-status.ts";
import { appendEvents, type InvoiceRow, type MemoryTables } from "./memory-tables.ts";

type Source<Row> = { readonly rows: ReadonlyMap<string, Row>; put(row: Row): void };

class Drafts<Row extends { readonly id: string }> {
  readonly #table: Source<Row>;
  readonly #drafts = new Map<string, Mutable<Row>>();

  constructor(table: Source<Row>) {
    this.#table = table;
  }

  get(id: string): Mutable<Row> | null {
    const known = this.#drafts.get(id);
    if (known !== undefined) return known;
    const row = this.#table.rows.get(id);
    if (row === undefined) return null;
    const draft: Mutable<Row> = { ...row };
    this.#drafts.set(id, draft);
    return draft;
  }

  add(row: Row): void {
    this.#drafts.set(row.id, { ...row });
  }

  forget(id: string): void {
    this.#drafts.delete(id);
  }

  all(): Mutable<Row>[] {
    const ids = new Set([...this.#table.rows.keys(), ...this.#drafts.keys()]);
    return [...ids].toSorted().flatMap((id) => this.get(id) ?? []);
  }

  flush(): void {
    for (const [id, draft] of this.#drafts) {
      const row = this.#table.rows.get(id);
      if (row === undefined || !isSame(row, draft)) this.#table.put({ ...draft });
    }
  }
}

function isSame<Row extends object>(row: Row, draft: Row): boolean {
  return (Object.keys(draft) as (keyof Row)[]).every((key) => Object.is(row[key], draft[key]));
}

export class MemoryBooks implements Books {
  readonly #tables: MemoryTables;
  readonly #now: Date;
  readonly #plans: Drafts<Plan>;
  readonly #customers: Drafts<Customer>;
  readonly #subscriptions: Drafts<Subscription>;
  readonly #invoices: Drafts<InvoiceRow>;
  readonly #removedPlans = new Set<string>();
  readonly #events: NewEvent[] = [];
  readonly #toRefresh = new Set<string>();

  constructor(tables: MemoryTables, now: Date) {
    this.#tables = tables;
    this.#now = now;
    this.#plans = new Drafts(tables.plans);
    this.#customers = new Drafts(tables.customers);
    this.#subscriptions = new Drafts(tables.subscriptions);
    this.#invoices = new Drafts(tables.invoices);
  }

  async plan(id: string): Promise<Mutable<Plan> | null> {
    return this.#removedPlans.has(id) ? null : this.#plans.get(id);
  }

  async plans(): Promise<Mutable<Plan>[]> {
    return this.#plans.all().filter(({ id }) => !this.#removedPlans.has(id));
  }

  addPlan(plan: Plan): void {
    this.#plans.add(plan);
  }

  async removePlan(id: string): Promise<void> {
    this.#removedPlans.add(id);
  }

  async customer(id: string): Promise<Mutable<Customer> | null> {
    return this.#customers.get(id);
  }

  async putCustomer(customer: Customer): Promise<void> {
    const { id, name, email, phone, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear } = customer;
    this.#customers.add({ id, name, email, phone, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear });
  }

  async subscription(id: string): Promise<Mutable<Subscription> | null> {
    return this.#subscriptions.get(id);
  }

  async subscriptions(filter: { planId?: string; customerId?: string } = {}): Promise<Mutable<Subscription>[]> {
    return this.#subscriptions
      .all()
      .filter(({ planId }) => filter.planId === undefined || planId === filter.planId)
      .filter(({ customerId }) => filter.customerId === undefined || customerId === filter.customerId);
  }

  addSubscription(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
  }

  async invoice(id: string): Promise<Mutable<Invoice> | null> {
    return this.#invoices.get(id);
  }

  async invoices(filter: {
    subscriptionId: string;
    statuses: readonly Invoice["status"][];
  }): Promise<Mutable<Invoice>[]> {
    return this.#invoicesOf(filter.subscriptionId)
      .filter(({ status }) => filter.statuses.includes(status))
      .toSorted((a, b) => a.cycle - b.cycle);
  }

  addInvoice(invoice: Invoice): void {
    this.#added.push(invoice.id);
    this.#invoices.add({ ...invoice, openedAt: this.#now });
  }

  async hasInvoices(subscriptionId: string): Promise<boolean> {
    return this.#invoicesOf(subscriptionId).length > 0;
  }

  async removeSubscription(id: string): Promise<void> {
    this.#subscriptions.forget(id);
    this.#removedSubscriptions.push(id);
  }

  async openAttempt(invoiceId: string) {
    const attempt = this.#tables.attempts.byUnique("attempt_one_open", invoiceId);
    return attempt === undefined ? null : { id: attempt.id, state: attempt.state };
  }

  refresh(subscriptionId: string): void {
    this.#toRefresh.add(subscriptionId);
  }

  record(event: NewEvent): void {
    this.#events.push(event);
  }

  /** Puts everything into the tables; called once, inside the transaction that made these books. */
  flush(): void {
    for (const id of this.#removedSubscriptions) this.#tables.subscriptions.remove(id);
    this.#plans.flush();
    this.#customers.flush();
    this.#subscriptions.flush();
    this.#invoices.flush();
    for (const id of this.#removedPlans) this.#tables.plans.remove(id);
    this.#checkForeignKeys();
    const statusEvents = refreshStatuses(this.#tables, [...this.#toRefresh]);
    appendEvents(this.#tables, [...this.#events, ...statusEvents], this.#now);
  }

  #checkForeignKeys(): void {
    const { plans, customers, subscriptions } = this.#tables;
    for (const { id, planId, customerId } of subscriptions.rows.values())
      if (plans.get(planId) === undefined || customers.get(customerId) === undefined)
        throw new ConstraintViolated(`FOREIGN KEY of subscription ${id}: ${planId}, ${customerId}`);
  }

  readonly #added: string[] = [];
  readonly #removedSubscriptions: string[] = [];

  #invoicesOf(subscriptionId: string): Mutable<InvoiceRow>[] {
    const ids = new Set([...this.#tables.invoices.group("subscription", subscriptionId), ...this.#added]);
    return [...ids]
      .flatMap((id) => this.#invoices.get(id) ?? [])
      .filter((each) => each.subscriptionId === subscriptionId);
  }
}
