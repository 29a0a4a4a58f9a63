/**
 * The books of the store in memory, open for writing: drafts, put into the tables at the end or forgotten.
 *
 * Queries see what the same transaction has added or changed, as MikroORM's flush before a query makes them.
 */
import { forgetCustomerReads } from "./read-failures.ts";
import type {
  CardOfCustomer,
  Mutable,
  RecordedInvoice,
  Records,
  ShownRefund,
  SubscriptionFilter,
  WaitsFor,
} from "../../../src/application/ports/records.ts";
import type { Dispute, PaymentDispute } from "../../../src/domain/dispute.ts";
import { barredCards, payerOf } from "./charge-facts.ts";
import { standingDisputes } from "./disputes.ts";
import type { CustomerFacts } from "../../../src/domain/charging/charge-decision.ts";
import { isSameCard, type NamedCard } from "../../../src/domain/charging/card-check.ts";
import type { DeclineClass } from "../../../src/domain/decline.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import type { Balance, NewBalanceEntry } from "../../../src/domain/balance.ts";
import type { Coupon, CouponGrant } from "../../../src/domain/coupon.ts";
import type { Item } from "../../../src/domain/item.ts";
import { isTakenOnTrust, type Customer, type Plan } from "../../../src/domain/plan.ts";
import type { Subscription } from "../../../src/domain/subscription.ts";
import type { SubscriptionChange } from "../../../src/domain/subscription-change.ts";
import type { LinkEnd } from "../../../src/domain/payment-link.ts";
import { afterUses, type Uses, type Waiting } from "../../../src/domain/invoice-content.ts";
import { countedCents, keptCents } from "../../../src/domain/refund.ts";
import { Drafts } from "./drafts.ts";
import { endLink, resumeUnpaid, retryWithNewCard, tryKnownCardOf, type DraftedRows } from "./offering.ts";
import { ConstraintViolated } from "./table.ts";
import { refreshStatuses } from "./status.ts";
import type { AttemptRow, CouponRow, CustomerRow, DenialRow, InvoiceRow, LinkRow, RefundRow } from "./rows.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";
import { taxedPart } from "./refunds.ts";
import { appendEntry, balanceOf, pendingItemOf, settleUses, waitingFor, writeUses } from "./waiting.ts";

export class MemoryBooks implements Records {
  readonly #tables: MemoryTables;
  readonly #now: Date;
  readonly #plans: Drafts<Plan>;
  readonly #customers: Drafts<CustomerRow>;
  readonly #subscriptions: Drafts<Subscription>;
  readonly #invoices: Drafts<InvoiceRow>;
  readonly #attempts: Drafts<AttemptRow>;
  readonly #links: Drafts<LinkRow>;
  readonly #disputes: Drafts<Dispute>;
  readonly #coupons: Drafts<CouponRow>;
  readonly #grants: Drafts<CouponGrant>;
  readonly #items: Drafts<Item>;
  readonly #changes: Drafts<SubscriptionChange>;
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
    this.#attempts = new Drafts(tables.attempts);
    this.#links = new Drafts(tables.links);
    this.#disputes = new Drafts(tables.disputes);
    this.#coupons = new Drafts(tables.coupons);
    this.#grants = new Drafts(tables.couponGrants);
    this.#items = new Drafts(tables.items);
    this.#changes = new Drafts(tables.changes);
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
    const card = { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear };
    const readAt = isTakenOnTrust(customer) ? null : this.#now;
    const read = { id, name, email, phone, ...card, readAt, deletedAt: null };
    const known = this.#customers.get(id);
    if (known === null) this.#customers.add({ ...read, cardNotice: null, language: null, metadata: null });
    else Object.assign(known, read);
    this.#readCustomers.add(id);
  }

  async payers(customerIds: readonly string[]): Promise<ReadonlyMap<string, CustomerFacts>> {
    const found = customerIds.flatMap((id) => this.#customers.get(id) ?? []);
    return new Map(found.map((customer) => [customer.id, payerOf(this.#tables, customer, this.#now)]));
  }

  async customerIsGone(customerId: string): Promise<boolean> {
    const customer = this.#customers.get(customerId);
    this.#readCustomers.add(customerId);
    if (customer === null || customer.deletedAt !== null) return false;
    Object.assign(customer, { deletedAt: this.#now, readAt: this.#now, paymentSourceId: null });
    return true;
  }

  async retryWithNewCard(customerId: string, paymentSourceId: string): Promise<void> {
    const cardLast4 = this.#customers.get(customerId)?.cardLast4 ?? null;
    this.#noteTries(retryWithNewCard(this.#drafted(), customerId, { paymentSourceId, cardLast4 }));
    this.#noteTries(resumeUnpaid(this.#drafted(), customerId));
  }

  async tryKnownCard(customerId: string): Promise<void> {
    this.#noteTries(tryKnownCardOf(this.#drafted(), customerId));
  }

  #noteTries(events: readonly NewEvent[]): void {
    this.#events.push(...events);
    for (const { subscriptionId } of events) if (subscriptionId) this.#toRefresh.add(subscriptionId);
  }

  async cardOwner(paymentSourceId: string): Promise<CardOfCustomer | null> {
    const customer = this.#customers.all().find((each) => each.paymentSourceId === paymentSourceId);
    const [declined] = this.#tables.attempts.inGroup("declined_card", paymentSourceId);
    const owner = customer ? { ...customer, customerId: customer.id } : declined;
    return owner ? { paymentSourceId, customerId: owner.customerId, cardLast4: owner.cardLast4 } : null;
  }

  async forbiddenCards(customerId: string): Promise<readonly NamedCard[]> {
    const customer = this.#customers.get(customerId);
    return customer === null ? [] : barredCards(this.#tables, customer).neverAgain;
  }

  async clearCard(card: CardOfCustomer, classes: readonly DeclineClass[]): Promise<number> {
    const cleared = this.#tables.attempts
      .inGroup("barring", card.customerId)
      .filter(({ cardClearedAt }) => cardClearedAt === null)
      .filter((each) => classes.some((name) => name === each.declineClass) && isSameCard(each, card))
      .flatMap(({ id }) => this.#attempts.get(id) ?? []);
    for (const attempt of cleared) attempt.cardClearedAt = this.#now;
    return cleared.length;
  }

  async noteCardNotice(customerId: string, notice: string): Promise<void> {
    const customer = this.#customers.get(customerId);
    if (customer !== null) customer.cardNotice = notice;
  }

  async cardIsKept(linkId: string): Promise<void> {
    const link = this.#links.get(linkId);
    if (link !== null) link.keepCardAt = null;
  }

  noteDenied(attemptId: string, recheckAt: Date): void {
    this.#denied.push({ id: attemptId, deniedAt: this.#now, rechecks: 0, recheckAt });
  }

  async endLink(invoiceId: string, because: LinkEnd): Promise<boolean> {
    const events = endLink(this.#drafted(), invoiceId, because);
    this.#events.push(...events);
    return events.length > 0;
  }

  async subscription(id: string): Promise<Mutable<Subscription> | null> {
    return this.#subscriptions.get(id);
  }

  async prefetch(): Promise<void> {}

  async subscriptions(filter: SubscriptionFilter = {}): Promise<Mutable<Subscription>[]> {
    return this.#subscriptions
      .all()
      .filter(({ planId }) => filter.planId === undefined || planId === filter.planId)
      .filter(({ customerId }) => filter.customerIds?.includes(customerId) ?? true);
  }

  addSubscription(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
  }

  async invoice(id: string): Promise<RecordedInvoice | null> {
    return this.#invoices.get(id);
  }

  async invoices(filter: {
    subscriptionId: string;
    statuses: readonly Invoice["status"][];
  }): Promise<RecordedInvoice[]> {
    return this.#invoicesOf(filter.subscriptionId)
      .filter(({ status }) => filter.statuses.includes(status))
      .toSorted((a, b) => (a.cycle ?? -1) - (b.cycle ?? -1) || (a.id < b.id ? -1 : 1));
  }

  addInvoice(invoice: Invoice): void {
    this.#added.push(invoice.id);
    this.#invoices.add({ ...invoice, openedAt: this.#now, waitsToldAt: null });
  }

  async waitingFor(subscription: Subscription, currency: string): Promise<Waiting> {
    const { id, customerId } = subscription;
    const items = this.#items
      .all()
      .filter((item) => item.invoiceId === null && item.removedAt === null && item.customerId === customerId)
      .filter((item) => item.subscriptionId === null || item.subscriptionId === id)
      .map(pendingItemOf);
    const waiting = { ...waitingFor(this.#tables, subscription, currency), items };
    return { ...this.#uses.reduce(afterUses, waiting), balance: await this.balance(customerId, currency) };
  }

  async waitingForEach(whose: readonly WaitsFor[]): Promise<ReadonlyMap<string, Waiting>> {
    const found = new Map<string, Waiting>();
    for (const { id, currency } of whose) {
      const subscription = await this.subscription(id);
      if (subscription !== null) found.set(id, await this.waitingFor(subscription, currency));
    }
    return found;
  }

  async use(uses: Uses): Promise<void> {
    this.#uses.push(uses);
  }

  async itemLines({ id }: Pick<Invoice, "id">): Promise<number> {
    const used = this.#uses.flatMap(({ items }) => items);
    return [...this.#items.all(), ...used].filter(({ invoiceId }) => invoiceId === id).length;
  }

  async item(key: string): Promise<Mutable<Item> | null> {
    return this.#items.all().find((each) => each.key === key) ?? null;
  }

  addItem(item: Item): void {
    this.#items.add(item);
  }

  async balance(customerId: string, currency: string): Promise<Balance> {
    const entries = [...this.#uses.flatMap((uses) => uses.entries), ...this.#entries];
    return entries
      .filter((entry) => entry.customerId === customerId && entry.currency === currency)
      .reduce<Balance>(
        (last, { number, balanceCents }) => (number > last.number ? { number, balanceCents } : last),
        balanceOf(this.#tables, customerId, currency),
      );
  }

  async addBalanceEntry(entry: NewBalanceEntry): Promise<void> {
    this.#entries.push(entry);
  }

  async coupon(code: string): Promise<Mutable<Coupon> | null> {
    return this.#coupons.get(code);
  }

  async coupons(): Promise<Mutable<Coupon>[]> {
    return this.#coupons.all();
  }

  addCoupon(coupon: Coupon): void {
    this.#coupons.add({ ...coupon, id: coupon.code });
  }

  async couponGrants(subscriptionId: string): Promise<Mutable<CouponGrant>[]> {
    return this.#grants
      .all()
      .filter((grant) => grant.subscriptionId === subscriptionId)
      .toSorted((a, b) => a.number - b.number);
  }

  addCouponGrant(grant: CouponGrant): void {
    this.#grants.add(grant);
  }

  addConsent(): void {
    throw new Error("nobody records a consent in a simulated life");
  }

  async redemptions(code: string): Promise<number> {
    return this.#grants.all().filter(({ couponCode }) => couponCode === code).length;
  }

  async removeInvoice(id: string): Promise<void> {
    this.#invoices.forget(id);
    this.#removedInvoices.push(id);
  }

  async hasSubscriptions(planId: string): Promise<boolean> {
    return (
      this.#subscriptions.all().some((each) => each.planId === planId) ||
      this.#changes.all().some(({ fromPlanId, toPlanId }) => [fromPlanId, toPlanId].includes(planId))
    );
  }

  async hasInvoices(subscriptionId: string): Promise<boolean> {
    return this.#invoicesOf(subscriptionId).length > 0;
  }

  async hasPast(subscriptionId: string): Promise<boolean> {
    const isOfIt = (row: { readonly subscriptionId: string | null }): boolean => row.subscriptionId === subscriptionId;
    const others = [this.#grants.all(), this.#items.all(), this.#changes.all()];
    return this.#invoicesOf(subscriptionId).length > 0 || others.some((rows) => rows.some(isOfIt));
  }

  async removeSubscription(id: string): Promise<void> {
    if (await this.hasPast(id)) throw new ConstraintViolated(`FOREIGN KEY: something is of subscription ${id}`);
    this.#subscriptions.forget(id);
    this.#removedSubscriptions.push(id);
  }

  async changes(subscriptionId: string): Promise<Mutable<SubscriptionChange>[]> {
    return this.#changes
      .all()
      .filter((each) => each.subscriptionId === subscriptionId)
      .toSorted((a, b) => a.number - b.number);
  }

  addChange(change: SubscriptionChange): void {
    this.#changes.add(change);
  }

  async paidCents(invoiceId: string): Promise<number> {
    const invoice = this.#invoices.get(invoiceId);
    if (invoice === null || invoice === undefined) return 0;
    const refunds = this.#tables.attempts
      .inGroup("invoice", invoiceId)
      .flatMap(({ id, state: paidState }) => this.#refundsOf(id).map((refund) => ({ ...refund, paidState })));
    const totalCents = invoice.amountCents + invoice.balanceCents;
    return keptCents({ status: invoice.status, totalCents, refunds });
  }

  async openAttempt(invoiceId: string) {
    const attempt = this.#tables.attempts.byUnique("attempt_one_open", invoiceId);
    return attempt === undefined ? null : { id: attempt.id, state: attempt.state, flow: attempt.flow };
  }

  async keepLatePayment(invoiceId: string): Promise<boolean> {
    const ofInvoice = this.#tables.attempts.inGroup("invoice", invoiceId);
    const asked = ofInvoice.filter(({ afterCancel }) => afterCancel === "asked");
    for (const { id } of asked) Object.assign(this.#attempts.get(id)!, { afterCancel: "kept" });
    return asked.length > 0;
  }

  async disputesOf(orderId: string): Promise<readonly Dispute[]> {
    return this.#disputes.all().filter((each) => each.orderId === orderId);
  }

  async dispute(id: string): Promise<Dispute | null> {
    return this.#disputes.get(id);
  }

  async disputesOfSubscription(subscriptionId: string): Promise<readonly PaymentDispute[]> {
    return standingDisputes(this.#tables, subscriptionId, this.#disputes.all());
  }

  async putDispute(dispute: Dispute): Promise<void> {
    this.#disputes.add(dispute);
  }

  async countedRefundCents(attemptIds: readonly string[]): Promise<number> {
    return countedCents(attemptIds.flatMap((id) => this.#refundsOf(id)));
  }

  #refundsOf(attemptId: string): readonly RefundRow[] {
    const shown = this.#refunds.filter((each) => each.attemptId === attemptId);
    return [...this.#tables.refunds.inGroup("attempt", attemptId), ...shown];
  }

  async addShownRefund(refund: ShownRefund): Promise<void> {
    const attempt = this.#tables.attempts.must(refund.attemptId);
    this.#refunds.push({
      ...taxedPart(this.#tables, attempt, refund.amountCents),
      ...{ ...refund, reason: "other", requestedBy: "conekta", state: "done" },
      ...{ createdAt: this.#now, settledAt: this.#now, note: null, gatewayRefundId: null },
      ...{ failureCode: null, failureMessage: null, httpStatus: null, logId: null },
    });
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
    for (const id of this.#removedInvoices) this.#tables.invoices.remove(id);
    this.#plans.flush();
    this.#customers.flush();
    this.#subscriptions.flush();
    this.#invoices.flush();
    this.#coupons.flush();
    this.#grants.flush();
    this.#items.flush();
    for (const uses of this.#uses) writeUses(this.#tables, uses, this.#now);
    for (const entry of this.#entries) appendEntry(this.#tables, entry, this.#now);
    settleUses(this.#tables, this.#invoices.ids(), this.#now);
    this.#attempts.flush();
    this.#links.flush();
    this.#disputes.flush();
    this.#changes.flush();
    for (const refund of this.#refunds) this.#tables.refunds.put(refund);
    for (const denial of this.#denied) this.#tables.denials.put(denial);
    for (const id of this.#removedPlans) this.#tables.plans.remove(id);
    for (const id of this.#readCustomers) forgetCustomerReads(this.#tables, id);
    this.#checkForeignKeys();
    const statusEvents = refreshStatuses(this.#tables, [...this.#toRefresh]);
    appendEvents(this.#tables, [...this.#events, ...statusEvents], this.#now);
  }

  #checkForeignKeys(): void {
    const { plans, customers, subscriptions } = this.#tables;
    const written = this.#subscriptions.ids().flatMap((id) => subscriptions.get(id) ?? []);
    for (const { id, planId, customerId } of this.#removedPlans.size > 0 ? subscriptions.rows.values() : written)
      if (plans.get(planId) === undefined || customers.get(customerId) === undefined)
        throw new ConstraintViolated(`FOREIGN KEY of subscription ${id}: ${planId}, ${customerId}`);
  }

  #drafted(): DraftedRows {
    return {
      ...{ tables: this.#tables, now: this.#now },
      ...{ customers: this.#customers, subscriptions: this.#subscriptions },
      ...{ invoices: this.#invoices, attempts: this.#attempts, links: this.#links },
    };
  }

  readonly #readCustomers = new Set<string>();
  readonly #denied: DenialRow[] = [];
  readonly #refunds: RefundRow[] = [];
  readonly #uses: Uses[] = [];
  readonly #entries: NewBalanceEntry[] = [];
  readonly #added: string[] = [];
  readonly #removedSubscriptions: string[] = [];
  readonly #removedInvoices: string[] = [];

  #invoicesOf(subscriptionId: string): Mutable<InvoiceRow>[] {
    const ids = new Set([...this.#tables.invoices.group("subscription", subscriptionId), ...this.#added]);
    return [...ids]
      .filter((id) => !this.#removedInvoices.includes(id))
      .flatMap((id) => this.#invoices.get(id) ?? [])
      .filter((each) => each.subscriptionId === subscriptionId);
  }
}
