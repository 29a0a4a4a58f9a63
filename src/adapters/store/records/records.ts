/**
 * The books, open for writing: the unit of work behind everything a person does.
 *
 * Rows are live entities; what was assigned, added or recorded is flushed at the end of the transaction.
 */
import { FlushMode, type RequiredEntityData } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type {
  CardOfCustomer,
  Mutable,
  Prefetched,
  RecordedInvoice,
  Records,
  ShownRefund,
  SubscriptionFilter,
  WaitsFor,
} from "../../../application/ports/store.ts";
import type { CustomerFacts } from "../../../domain/charge-decision.ts";
import type { DeclineClass } from "../../../domain/decline.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { OPEN_ATTEMPT_STATES } from "../../../domain/attempt.ts";
import type { Dispute, PaymentDispute } from "../../../domain/dispute.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import type { LinkEnd } from "../../../domain/payment-link.ts";
import type { Balance, NewBalanceEntry } from "../../../domain/balance.ts";
import type { Coupon, CouponGrant } from "../../../domain/coupon.ts";
import type { Item } from "../../../domain/item.ts";
import { isTakenOnTrust, type Customer, type Plan } from "../../../domain/plan.ts";
import type { Subscription } from "../../../domain/subscription.ts";
import type { SubscriptionChange } from "../../../domain/subscription-change.ts";
import { usesAnything, type Uses, type Waiting } from "../../../domain/waiting.ts";
import { AttemptEntity } from "../entities/attempts.ts";
import { CouponEntity, CouponGrantEntity } from "../entities/coupons.ts";
import { CustomerEntity } from "../entities/customers.ts";
import { InvoiceEntity } from "../entities/invoices.ts";
import { ItemEntity } from "../entities/items.ts";
import { PlanEntity } from "../entities/plans.ts";
import { SubscriptionChangeEntity, SubscriptionEntity } from "../entities/subscriptions.ts";
import { appendEvents } from "../events.ts";
import { countedRefundCents, disputeById, disputesOf, putDispute, standingDisputes } from "./disputes.ts";
import { addShownRefund, paidCents } from "./refunds.ts";
import { forgetCustomerReads } from "./read-failures.ts";
import { payersOf } from "../billing/charge-facts.ts";
import { cardOwner, clearCard } from "../billing/cleared-cards.ts";
import { cardIsKept, endLinks, retryWithNewCard, tryKnownCardOf } from "../billing/payment-links.ts";
import { resumeUnpaid } from "../billing/unpaid-subscriptions.ts";
import { noteDenied } from "../billing/rechecks.ts";
import { appendEntries, balanceOf, giveBack, takeAgain, waitingOf, writeUses } from "../billing/waiting.ts";
import { mustNotBeArchived } from "./archives.ts";
import { refreshStatuses } from "../billing/subscription-status.ts";

/** The mapper types an absent value as `undefined`, and returns `null`: the tables have no third kind of nothing. */
type NoUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function row<T>(entity: T): NoUndefined<T> {
  return entity as NoUndefined<T>;
}

/** Rows that are read by one statement. */
const PART = 1_000;

function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / PART) }, (_, at) => ids.slice(at * PART, (at + 1) * PART));
}

async function once<T>(known: Map<string, T | null>, id: string, read: () => Promise<T | null>): Promise<T | null> {
  const found = known.get(id);
  if (found !== undefined) return found;
  const value = await read();
  known.set(id, value);
  return value;
}

export class UnitOfWorkRecords implements Records {
  readonly #em: SqlEntityManager;
  readonly #now: Date;
  readonly #random: Random;
  readonly #events: NewEvent[] = [];
  readonly #toRefresh = new Set<string>();
  /** Rows of this transaction, and ids of which there is none: what was read or added is not asked for again. */
  readonly #plans = new Map<string, Mutable<Plan> | null>();
  readonly #customers = new Map<string, Mutable<Customer> | null>();
  readonly #subscriptions = new Map<string, Mutable<Subscription> | null>();
  /** Invoices that this transaction may change. */
  readonly #touched = new Set<string>();
  readonly #leastCents: number;
  readonly #denied: { readonly attemptId: string; readonly recheckAt: Date }[] = [];

  constructor(em: SqlEntityManager, now: Date, random: Random, leastCents: number) {
    this.#em = em;
    this.#leastCents = leastCents;
    // The mapper would compare every row it knows before every read: quadratic in a plans file of thousands. A search by
    // anything but the id writes first, so that it finds rows as this transaction has made them.
    em.setFlushMode(FlushMode.COMMIT);
    this.#now = now;
    this.#random = random;
  }

  async plan(id: string): Promise<Mutable<Plan> | null> {
    return await once(this.#plans, id, async () => {
      const found = await this.#em.findOne(PlanEntity, { id });
      return found && row(found);
    });
  }

  async plans(): Promise<Mutable<Plan>[]> {
    await this.#em.flush();
    return (await this.#em.findAll(PlanEntity, { orderBy: { id: "asc" } })).map(row);
  }

  addPlan(plan: Plan): void {
    const { expiryCounts = "charges" } = plan;
    this.#plans.set(plan.id, row(this.#em.create(PlanEntity, { ...plan, expiryCounts }, { persist: true })));
  }

  async removePlan(id: string): Promise<void> {
    this.#plans.delete(id);
    this.#em.remove(await this.#em.findOneOrFail(PlanEntity, { id }));
  }

  async customer(id: string): Promise<Mutable<Customer> | null> {
    return await once(this.#customers, id, async () => {
      const found = await this.#em.findOne(CustomerEntity, { id });
      return found && row(found);
    });
  }

  async putCustomer(customer: Customer): Promise<void> {
    // Named one by one: what else the gateway knows of a customer has no place in our books.
    const { id, name, email, phone, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear } = customer;
    const card = { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear };
    const readAt = isTakenOnTrust(customer) ? null : this.#now;
    const data = { id, name, email, phone, ...card, readAt, deletedAt: null };
    const known = await this.customer(id);
    if (known === null) {
      this.#customers.set(id, row(this.#em.create(CustomerEntity, data, { persist: true })));
    } else Object.assign(known, data);
    await forgetCustomerReads(this.#em, id);
  }

  async payers(customerIds: readonly string[]): Promise<ReadonlyMap<string, CustomerFacts>> {
    await this.#em.flush();
    return await payersOf(this.#em, customerIds, this.#now);
  }

  async customerIsGone(customerId: string): Promise<boolean> {
    const gone = { deletedAt: this.#now, readAt: this.#now, paymentSourceId: null };
    await forgetCustomerReads(this.#em, customerId);
    await this.#em.flush();
    this.#customers.delete(customerId);
    return (await this.#em.nativeUpdate(CustomerEntity, { id: customerId, deletedAt: null }, gone)) > 0;
  }

  async retryWithNewCard(customerId: string, paymentSourceId: string): Promise<void> {
    await this.#em.flush();
    this.#noteTries(await retryWithNewCard(this.#em, { customerId, paymentSourceId, now: this.#now }));
    this.#events.push(...(await resumeUnpaid(this.#em, customerId, this.#now)));
  }

  async tryKnownCard(customerId: string): Promise<void> {
    await this.#em.flush();
    this.#noteTries(await tryKnownCardOf(this.#em, customerId, this.#now));
  }

  /** What never failed leaves its step by the try, and its subscription is behind no more. */
  #noteTries(events: readonly NewEvent[]): void {
    this.#events.push(...events);
    for (const { subscriptionId } of events) if (subscriptionId) this.#toRefresh.add(subscriptionId);
  }

  async cardOwner(paymentSourceId: string): Promise<CardOfCustomer | null> {
    await this.#em.flush();
    return await cardOwner(this.#em, paymentSourceId);
  }

  async clearCard(card: CardOfCustomer, classes: readonly DeclineClass[]): Promise<number> {
    return await clearCard(this.#em, card, classes, this.#now);
  }

  async noteCardNotice(customerId: string, notice: string): Promise<void> {
    await this.#em.nativeUpdate(CustomerEntity, { id: customerId }, { cardNotice: notice });
  }

  async cardIsKept(linkId: string): Promise<void> {
    await cardIsKept(this.#em, linkId);
  }

  noteDenied(attemptId: string, recheckAt: Date): void {
    this.#denied.push({ attemptId, recheckAt });
  }

  async endLink(invoiceId: string, because: LinkEnd): Promise<boolean> {
    const events = await endLinks(this.#em, [invoiceId], because, this.#now);
    this.#events.push(...events);
    return events.length > 0;
  }

  async subscription(id: string): Promise<Mutable<Subscription> | null> {
    return await once(this.#subscriptions, id, async () => {
      const found = await this.#em.findOne(SubscriptionEntity, { id });
      return found && row(found);
    });
  }

  async subscriptions({ planId, customerIds }: SubscriptionFilter = {}): Promise<Mutable<Subscription>[]> {
    await this.#em.flush();
    const ofPlan = planId === undefined ? {} : { planId };
    if (customerIds === undefined)
      return (await this.#em.find(SubscriptionEntity, ofPlan, { orderBy: { id: "asc" } })).map(row);
    const found: Mutable<Subscription>[] = [];
    for (const some of inParts(customerIds))
      found.push(...(await this.#em.find(SubscriptionEntity, { ...ofPlan, customerId: { $in: some } })).map(row));
    return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async prefetch({ customerIds, subscriptionIds }: Prefetched): Promise<void> {
    for (const some of inParts(customerIds)) {
      for (const id of some) this.#customers.set(id, null);
      for (const found of await this.#em.find(CustomerEntity, { id: { $in: some } }))
        this.#customers.set(found.id, row(found));
    }
    for (const some of inParts(subscriptionIds)) {
      for (const id of some) this.#subscriptions.set(id, null);
      for (const found of await this.#em.find(SubscriptionEntity, { id: { $in: some } }))
        this.#subscriptions.set(found.id, row(found));
    }
  }

  addSubscription(subscription: Subscription): void {
    const data = { ...subscription } as RequiredEntityData<Subscription>;
    this.#subscriptions.set(subscription.id, row(this.#em.create(SubscriptionEntity, data, { persist: true })));
  }

  async invoice(id: string): Promise<RecordedInvoice | null> {
    const found = await this.#em.findOne(InvoiceEntity, { id });
    if (found === null) {
      await mustNotBeArchived(this.#em, id);
      return null;
    }
    this.#touched.add(id);
    return row(found);
  }

  async invoices(filter: {
    subscriptionId: string;
    statuses: readonly Invoice["status"][];
  }): Promise<RecordedInvoice[]> {
    await this.#em.flush();
    const where = { subscriptionId: filter.subscriptionId, status: { $in: [...filter.statuses] } };
    const found = await this.#em.find(InvoiceEntity, where, { orderBy: { cycle: "asc" } });
    for (const { id } of found) this.#touched.add(id);
    return found.map(row);
  }

  addInvoice(invoice: Invoice): void {
    this.#em.create(InvoiceEntity, { ...invoice, openedAt: this.#now }, { persist: true });
  }

  async waitingFor({ id, customerId }: Subscription, currency: string): Promise<Waiting> {
    return (await this.waitingForEach([{ id, customerId, currency }])).get(id)!;
  }

  async waitingForEach(whose: readonly WaitsFor[]): Promise<ReadonlyMap<string, Waiting>> {
    await this.#em.flush();
    return await waitingOf(this.#em, whose, this.#leastCents);
  }

  async use(uses: Uses): Promise<void> {
    if (!usesAnything(uses)) return;
    // After their invoices.
    await this.#em.flush();
    await writeUses(this.#em, [uses], this.#now);
  }

  async item(key: string): Promise<Mutable<Item> | null> {
    const found = await this.#em.findOne(ItemEntity, { key });
    return found && row(found);
  }

  addItem(item: Item): void {
    this.#em.create(ItemEntity, { ...item }, { persist: true });
  }

  async balance(customerId: string, currency: string): Promise<Balance> {
    return await balanceOf(this.#em, customerId, currency);
  }

  async addBalanceEntry(entry: NewBalanceEntry): Promise<void> {
    await this.#em.flush();
    await appendEntries(this.#em, [entry], this.#now);
  }

  async coupon(code: string): Promise<Mutable<Coupon> | null> {
    const found = await this.#em.findOne(CouponEntity, { code });
    return found && row(found);
  }

  async coupons(): Promise<Mutable<Coupon>[]> {
    await this.#em.flush();
    return (await this.#em.findAll(CouponEntity, { orderBy: { code: "asc" } })).map(row);
  }

  addCoupon(coupon: Coupon): void {
    this.#em.create(CouponEntity, { ...coupon }, { persist: true });
  }

  async couponGrants(subscriptionId: string): Promise<Mutable<CouponGrant>[]> {
    await this.#em.flush();
    return (await this.#em.find(CouponGrantEntity, { subscriptionId }, { orderBy: { number: "asc" } })).map(row);
  }

  addCouponGrant(grant: CouponGrant): void {
    this.#em.create(CouponGrantEntity, { ...grant }, { persist: true });
  }

  async redemptions(code: string): Promise<number> {
    await this.#em.flush();
    return await this.#em.count(CouponGrantEntity, { couponCode: code });
  }

  async removeInvoice(id: string): Promise<void> {
    this.#em.remove(await this.#em.findOneOrFail(InvoiceEntity, { id }));
    // At once, so that one of the same cycle can be added in the same transaction.
    await this.#em.flush();
  }

  async hasInvoices(subscriptionId: string): Promise<boolean> {
    await this.#em.flush();
    return (await this.#em.count(InvoiceEntity, { subscriptionId })) > 0;
  }

  async hasSubscriptions(planId: string): Promise<boolean> {
    await this.#em.flush();
    return (await this.#em.find(SubscriptionEntity, { planId }, { fields: ["id"], limit: 1 })).length > 0;
  }

  async changes(subscriptionId: string): Promise<Mutable<SubscriptionChange>[]> {
    await this.#em.flush();
    return (await this.#em.find(SubscriptionChangeEntity, { subscriptionId }, { orderBy: { number: "asc" } })).map(row);
  }

  addChange(change: SubscriptionChange): void {
    this.#em.create(SubscriptionChangeEntity, { ...change }, { persist: true });
  }

  async paidCents(invoiceId: string): Promise<number> {
    await this.#em.flush();
    return await paidCents(this.#em, invoiceId);
  }

  async removeSubscription(id: string): Promise<void> {
    await this.#em.flush();
    this.#subscriptions.delete(id);
    this.#em.remove(await this.#em.findOneOrFail(SubscriptionEntity, { id }));
    // At once, so that one of the same id can be added in the same transaction.
    await this.#em.flush();
  }

  async openAttempt(invoiceId: string) {
    return await this.#em.findOne(
      AttemptEntity,
      { invoiceId, state: { $in: [...OPEN_ATTEMPT_STATES] } },
      { fields: ["id", "state", "flow"] },
    );
  }

  async keepLatePayment(invoiceId: string): Promise<boolean> {
    const where = { invoiceId, afterCancel: "asked" } as const;
    return (await this.#em.nativeUpdate(AttemptEntity, where, { afterCancel: "kept" })) > 0;
  }

  async disputesOf(orderId: string): Promise<readonly Dispute[]> {
    return await disputesOf(this.#em, orderId);
  }

  async dispute(id: string): Promise<Dispute | null> {
    return await disputeById(this.#em, id);
  }

  async disputesOfSubscription(subscriptionId: string): Promise<readonly PaymentDispute[]> {
    await this.#em.flush();
    return (await standingDisputes(this.#em, [subscriptionId])).get(subscriptionId) ?? [];
  }

  async putDispute(dispute: Dispute): Promise<void> {
    await putDispute(this.#em, dispute);
  }

  async countedRefundCents(attemptIds: readonly string[]): Promise<number> {
    return await countedRefundCents(this.#em, attemptIds);
  }

  async addShownRefund(refund: ShownRefund): Promise<void> {
    await addShownRefund(this.#em, refund, this.#now);
  }

  refresh(subscriptionId: string): void {
    this.#toRefresh.add(subscriptionId);
  }

  record(event: NewEvent): void {
    this.#events.push(event);
  }

  /** What invoices that this transaction ended had used. */
  async #settleUses(): Promise<void> {
    const ended: (readonly [string, Invoice["status"]])[] = [];
    for (const id of this.#touched) {
      const found = await this.#em.findOne(InvoiceEntity, { id });
      if (found !== null) ended.push([id, found.status]);
    }
    const idsIn = (status: Invoice["status"]): string[] => ended.flatMap(([id, is]) => (is === status ? [id] : []));
    await giveBack(this.#em, idsIn("void"), this.#now);
    await takeAgain(this.#em, idsIn("paid"));
  }

  /** Writes everything; called once, by the transaction that made these books. */
  async flush(): Promise<void> {
    await this.#em.flush();
    await this.#settleUses();
    await noteDenied(this.#em, this.#denied, this.#now);
    const statusEvents = await refreshStatuses(this.#em, [...this.#toRefresh]);
    await appendEvents(this.#em, [...this.#events, ...statusEvents], this.#now, this.#random);
  }
}
