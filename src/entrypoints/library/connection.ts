/**
 * The books for a program: it reads and changes them as the commands do, by the same use cases, and never charges.
 *
 * Each change is one transaction beside a running daemon. What needs Conekta (customers, cards, refunds) asks it first.
 */
import {
  addCard,
  changeDefaultCard,
  createCustomer,
  importCustomer,
  removeCard,
} from "../../application/customers/customers.ts";
import { changeBalance } from "../../application/balance/change-balance.ts";
import { giveCoupon, takeCoupon } from "../../application/coupons/coupons.ts";
import { addItem } from "../../application/items/add-item.ts";
import { removeItem } from "../../application/items/remove-item.ts";
import { putTaxData } from "../../application/customers/put-tax-data.ts";
import { findInBooks } from "../../application/customers/find-in-books.ts";
import { markInvoicePaid, retryInvoice, voidInvoice } from "../../application/invoices/change-invoice.ts";
import { refundInvoice } from "../../application/invoices/refund-invoice.ts";
import { checkKey } from "../../application/settling/check-key.ts";
import type { PaymentForm } from "../../domain/cfdi.ts";
import type { NewCustomer, PaymentSource } from "../../application/ports/gateway.ts";
import type {
  BalanceEntryRow,
  CouponGrantRow,
  CustomerRow,
  EventRow,
  HistoryRow,
  InvoiceRow,
  ItemRow,
  Listing,
  ListingName,
  Listings,
  PlanRow,
  RefundRow,
  SubscriptionRow,
} from "../../application/ports/listings.ts";
import type { Reader } from "../../application/ports/requests.ts";
import { go, halt } from "../../application/run/halt-and-go.ts";
import { addSubscription } from "../../application/subscriptions/add-subscription.ts";
import { cancelSubscription } from "../../application/subscriptions/cancel-subscription.ts";
import { explainSubscription } from "../../application/subscriptions/explain-subscription.ts";
import { pauseSubscription, resumeSubscription } from "../../application/subscriptions/pause-subscription.ts";
import { putPlan } from "../../application/plans/put-plan.ts";
import { skipCycle } from "../../application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../application/subscriptions/take-back.ts";
import { rowOf as declineOf } from "../../adapters/conekta/declines.ts";
import { readFiscal } from "../../adapters/files/fiscal-file.ts";
import type { Assembly } from "../../assemble.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { NotFound, UsageInvalid } from "../../domain/errors.ts";
import type { RefundReason } from "../../domain/refund.ts";
import type { TaxData } from "../../domain/tax-data.ts";
import type { Explanation } from "../../explain/explain.ts";
import { type ChangeOptions, once } from "./once.ts";
import { orderFrom, planFrom, type PlanWish, type SubscriptionWish } from "./wishes.ts";

/** What looks like a mistake that costs a customer money (`NeedsConfirmation`) is done where it is confirmed. */
type Confirmable = ChangeOptions & { readonly confirmed?: boolean };
/** For what changes money by a person's word: why, for the history. */
type Reasoned = ChangeOptions & { readonly reason: string };

/** Whole cents, above 0. */
export type BalanceWish = { readonly amountCents: number; readonly currency?: string };

export type ItemWish = {
  readonly key: string;
  readonly name: string;
  /** Whole cents. */
  readonly amountCents: number;
  /** The SAT's keys of product and unit, for the CFDI. */
  readonly claveProdServ?: string;
  readonly claveUnidad?: string;
} & (
  | { readonly customer: string; readonly subscription?: undefined; readonly currency?: string }
  | { readonly subscription: string; readonly customer?: undefined; readonly currency?: undefined }
);

export type Books = {
  readonly plans: {
    list(wanted?: Listing<"plans">): Promise<readonly PlanRow[]>;
    get(id: string): Promise<PlanRow>;
    /** Adds it, or changes it from the next invoice on; the same again changes nothing. */
    put(plan: PlanWish, options?: ChangeOptions): Promise<PlanRow>;
  };
  readonly customers: {
    list(wanted?: Listing<"customers">): Promise<readonly CustomerRow[]>;
    get(id: string): Promise<CustomerRow>;
    /** Creates one at Conekta, with a card where a token is given. */
    create(person: NewCustomer, options?: Confirmable): Promise<CustomerRow>;
    /** Takes one who exists at Conekta into the books, or brings what we know up to date. */
    adopt(id: string, options?: ChangeOptions): Promise<CustomerRow>;
    putTaxData(id: string, data: TaxData, options?: ChangeOptions): Promise<CustomerRow>;
    /** As Conekta has them now. */
    cards(id: string): Promise<readonly PaymentSource[]>;
    addCard(id: string, card: { readonly tokenId: string }, options?: ChangeOptions): Promise<CustomerRow>;
    useCard(id: string, paymentSourceId: string, options?: ChangeOptions): Promise<CustomerRow>;
    removeCard(id: string, paymentSourceId: string, options?: ChangeOptions): Promise<CustomerRow>;
  };
  readonly subscriptions: {
    list(wanted?: Listing<"subscriptions">): Promise<readonly SubscriptionRow[]>;
    get(id: string): Promise<SubscriptionRow>;
    create(subscription: SubscriptionWish, options?: Confirmable): Promise<SubscriptionRow>;
    pause(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    resume(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** Do not bill the next cycle. */
    skip(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    unskip(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** With its period, or `atOnce`: open invoices are then void. */
    cancel(
      id: string,
      options?: ChangeOptions & {
        readonly atOnce?: boolean;
        readonly stopCollecting?: boolean;
        /** Of what waits for its next invoice: needed where collecting stops, charged where it does not. */
        readonly rest?: "charge" | "drop";
      },
    ): Promise<SubscriptionRow>;
    uncancel(id: string, options?: ChangeOptions): Promise<SubscriptionRow>;
    /** What happened and why, and what happens next, in Spanish and English. */
    explain(id: string): Promise<Explanation>;
  };
  readonly invoices: {
    list(wanted?: Listing<"invoices">): Promise<readonly InvoiceRow[]>;
    get(id: string): Promise<InvoiceRow>;
    /** Puts it up for the next run. */
    retry(id: string, options?: ChangeOptions): Promise<InvoiceRow>;
    void(id: string, options: Reasoned): Promise<InvoiceRow>;
    /** `form`: the SAT's form of payment, for the CFDI. */
    markPaid(
      id: string,
      options: Reasoned & { readonly paidAt: Date; readonly form?: PaymentForm },
    ): Promise<InvoiceRow>;
    /** Gives money back through Conekta: all that is left, or `amountCents` of it. Its row says what became of it. */
    refund(
      id: string,
      refund: { readonly amountCents?: number; readonly why: RefundReason },
      options: Reasoned,
    ): Promise<RefundRow>;
  };
  /** What lowers the next cycles of a subscription. `coupons add`, or plans.yaml, says which there are. */
  readonly coupons: {
    give(subscriptionId: string, code: string, options?: ChangeOptions): Promise<CouponGrantRow>;
    take(subscriptionId: string, code: string, options?: ChangeOptions): Promise<CouponGrantRow>;
  };
  /** A line on the next invoice, of a key of its own: added once, however often. */
  readonly items: {
    list(wanted?: Listing<"items">): Promise<readonly ItemRow[]>;
    add(item: ItemWish, options?: ChangeOptions): Promise<ItemRow>;
    remove(key: string, options?: ChangeOptions): Promise<ItemRow>;
  };
  /** What a customer has to the good. */
  readonly balance: {
    list(customerId: string): Promise<readonly BalanceEntryRow[]>;
    grant(customerId: string, money: BalanceWish, options: Reasoned): Promise<BalanceEntryRow>;
    take(customerId: string, money: BalanceWish, options: Reasoned): Promise<BalanceEntryRow>;
  };
  readonly history: { list(wanted?: Listing<"history">): Promise<readonly HistoryRow[]> };
  readonly events: { list(wanted?: Listing<"events">): Promise<readonly EventRow[]> };
  /** A name, an e-mail, a phone, last digits, or any id. */
  find(text: string): ReturnType<typeof findInBooks>;
  /** Nobody is charged until `go`. */
  halt(options: Reasoned): Promise<void>;
  go(options?: ChangeOptions): Promise<void>;
};

export function booksOf(app: Assembly, cwd: string): Books {
  const list =
    <Name extends ListingName>(name: Name) =>
    (wanted: Listing<Name> = {}) =>
      app.store.list(name, wanted);
  const { minChargeCents } = app.config.charging;
  const inStore = { ...app.store };

  const planIn = (reader: Pick<Reader, "list">, planId: string) => one(reader, "plans", "plan", { planId });
  const customerIn = (reader: Pick<Reader, "list">, customerId: string) =>
    one(reader, "customers", "customer", { customerId });
  const subscriptionIn = (reader: Pick<Reader, "list">, subscriptionId: string) =>
    one(reader, "subscriptions", "subscription", { subscriptionId });
  const invoiceIn = (reader: Pick<Reader, "list">, invoiceId: string) =>
    one(reader, "invoices", "invoice", { invoiceId });

  type Store = Assembly["store"];
  const ofSubscription =
    (name: string, change: (needs: Assembly, id: string) => Promise<unknown>) =>
    async (id: string, options: ChangeOptions = {}) =>
      await once(
        app,
        {
          name: `subscriptions.${name}`,
          input: { id },
          change: async (store) => void (await change({ ...app, store }, id)),
          answer: (reader) => subscriptionIn(reader, id),
        },
        options,
      );
  const ofInvoice = async <Options extends ChangeOptions>(
    name: string,
    id: string,
    options: Options,
    change: (needs: Assembly) => Promise<unknown>,
    input: object = {},
  ) =>
    await once(
      app,
      {
        name: `invoices.${name}`,
        input: { id, ...input },
        change: async (store) => void (await change({ ...app, store })),
        answer: (reader) => invoiceIn(reader, id),
      },
      options,
    );
  const ofCustomer = async (
    name: string,
    id: string,
    input: unknown,
    options: ChangeOptions,
    change: (needs: Needs) => Promise<unknown>,
  ) =>
    await once(
      app,
      {
        name: `customers.${name}`,
        input: { id, input },
        callsConekta: true,
        change: async (store: Store) => void (await change({ store, clock: app.clock, gateway: await app.gateway() })),
        answer: (reader) => customerIn(reader, id),
      },
      options,
    );
  type Needs = Pick<Assembly, "store" | "clock"> & { readonly gateway: Awaited<ReturnType<Assembly["gateway"]>> };

  const ofGrant = async (
    name: string,
    subscriptionId: string,
    code: string,
    options: ChangeOptions,
    change: (needs: Assembly) => Promise<unknown>,
  ) =>
    await once(
      app,
      {
        name: `coupons.${name}`,
        input: { subscriptionId, code },
        change: async (store) => void (await change({ ...app, store })),
        answer: (reader) => one(reader, "couponGrants", "coupon", { subscriptionId, code }),
      },
      options,
    );
  const ofBalance =
    (kind: "grant" | "take") =>
    async (customerId: string, { amountCents, currency = "MXN" }: BalanceWish, options: Reasoned) => {
      mustBeCents(amountCents);
      const change = { customerId, currency, amountCents, reason: reasonOf(options), by: options.by ?? "library" };
      return await once(
        app,
        {
          name: `balance.${kind}`,
          input: { customerId, currency, amountCents },
          change: async (store) => void (await changeBalance({ ...app, store }, kind, change)),
          async answer(reader) {
            const entry = (await reader.list("balanceEntries", { where: { customerId, currency } })).at(-1);
            if (entry === undefined) throw new NotFound(`customer ${customerId} has no balance`);
            return entry;
          },
        },
        options,
      );
    };

  return {
    plans: {
      list: list("plans"),
      get: (id) => planIn(inStore, id),
      async put(wish, options = {}) {
        const plan = planFrom(wish, readFiscal(cwd).tax);
        const today = localDateTextOf(app.clock.now(), app.config.billing.timeZone);
        return await once(
          app,
          {
            name: "plans.put",
            input: plan,
            change: (store) => putPlan({ ...app, store, minChargeCents }, plan, today),
            answer: (reader) => planIn(reader, plan.id),
          },
          options,
        );
      },
    },
    customers: {
      list: list("customers"),
      get: (id) => customerIn(inStore, id),
      async create(person, { confirmed = false, ...options } = {}) {
        let createdId = "";
        return await once(
          app,
          {
            name: "customers.create",
            input: person,
            callsConekta: true,
            async change(store) {
              const gateway = await app.gateway();
              const watched: typeof gateway = {
                ...gateway,
                async createCustomer(customer) {
                  const created = await gateway.createCustomer(customer);
                  createdId = created.id;
                  return created;
                },
              };
              await createCustomer({ store, clock: app.clock, gateway: watched }, person, { confirmed });
            },
            answer: (reader) => customerIn(reader, createdId),
          },
          options,
        );
      },
      adopt: (id, options = {}) => ofCustomer("adopt", id, null, options, (needs) => importCustomer(needs, id)),
      putTaxData: async (id, data, options = {}) =>
        await once(
          app,
          {
            name: "customers.putTaxData",
            input: { id, data },
            change: async (store) => void (await putTaxData({ store, clock: app.clock }, id, data)),
            answer: (reader) => customerIn(reader, id),
          },
          options,
        ),
      async cards(id) {
        await customerIn(inStore, id);
        return await (await app.gateway()).listPaymentSources(id);
      },
      addCard: (id, card, options = {}) =>
        ofCustomer("addCard", id, card, options, (needs) => addCard(needs, id, card)),
      useCard: (id, sourceId, options = {}) =>
        ofCustomer("useCard", id, sourceId, options, (needs) => changeDefaultCard(needs, id, sourceId)),
      removeCard: (id, sourceId, options = {}) =>
        ofCustomer("removeCard", id, sourceId, options, (needs) => removeCard(needs, id, sourceId)),
    },
    subscriptions: {
      list: list("subscriptions"),
      get: (id) => subscriptionIn(inStore, id),
      async create(wish, { confirmed = false, ...options } = {}) {
        const order = orderFrom(wish, app.config.billing.timeZone);
        return await once(
          app,
          {
            name: "subscriptions.create",
            input: order,
            change: async (store) =>
              void (await addSubscription({ ...app, store, minChargeCents }, order, "code", { confirmed })),
            answer: (reader) => subscriptionIn(reader, order.id),
          },
          options,
        );
      },
      pause: ofSubscription("pause", pauseSubscription),
      resume: ofSubscription("resume", resumeSubscription),
      skip: ofSubscription("skip", skipCycle),
      unskip: ofSubscription("unskip", unskipCycle),
      async cancel(id, { atOnce = false, stopCollecting = atOnce, rest, ...options } = {}) {
        return await once(
          app,
          {
            name: "subscriptions.cancel",
            input: { id, atOnce, stopCollecting, ...(rest !== undefined && { rest }) },
            change: async (store) =>
              void (await cancelSubscription({ ...app, store }, id, { atOnce, stopCollecting, rest: rest ?? null })),
            answer: (reader) => subscriptionIn(reader, id),
          },
          options,
        );
      },
      uncancel: ofSubscription("uncancel", uncancelSubscription),
      async explain(subscriptionId) {
        const needs = { ...app.foreseeing, records: app.store.explaining, clock: app.clock, declineText: declineOf };
        return await explainSubscription(needs, { subscriptionId, invoiceId: null });
      },
    },
    invoices: {
      list: list("invoices"),
      get: (id) => invoiceIn(inStore, id),
      retry: (id, options = {}) => ofInvoice("retry", id, options, (needs) => retryInvoice(needs, id)),
      void: (id, options) => ofInvoice("void", id, options, (needs) => voidInvoice(needs, id, reasonOf(options))),
      markPaid: (id, options) =>
        ofInvoice(
          "markPaid",
          id,
          options,
          (needs) =>
            markInvoicePaid(needs, id, { why: reasonOf(options), paidAt: options.paidAt, form: options.form ?? null }),
          { paidAt: options.paidAt, form: options.form ?? null },
        ),
      async refund(invoiceId, { amountCents = null, why }, options) {
        const note = reasonOf(options);
        let refundId = "";
        return await once(
          app,
          {
            name: "invoices.refund",
            input: { invoiceId, amountCents, why },
            callsConekta: true,
            async change({ refunds, ...store }) {
              const gateway = await app.gateway();
              await checkKey({ ...app, store, gateway });
              const by = options.by ?? "library";
              const request = { invoiceId, attemptId: null, amountCents, reason: why, note, by };
              const needs = { refunds: noting(refunds, (made) => (refundId = made)), refunder: gateway };
              await refundInvoice({ ...app, ...needs }, request);
            },
            async answer({ refunds }) {
              // Inside the transaction that writes it, its id is not told yet: it is the latest.
              const all = await refunds.list({ invoiceId });
              const found = refundId === "" ? all[0] : all.find((row) => row.refundId === refundId);
              if (found === undefined) throw new NotFound(`invoice ${invoiceId} has no refund`);
              return found;
            },
          },
          options,
        );
      },
    },
    coupons: {
      give: (subscriptionId, code, options = {}) =>
        ofGrant("give", subscriptionId, code, options, (needs) =>
          giveCoupon(needs, subscriptionId, { code, by: options.by ?? "library" }),
        ),
      take: (subscriptionId, code, options = {}) =>
        ofGrant("take", subscriptionId, code, options, (needs) => takeCoupon(needs, subscriptionId, code)),
    },
    items: {
      list: list("items"),
      async add({ key, name, amountCents, ...whose }, options = {}) {
        mustBeCents(amountCents);
        const { customer: customerId = null, subscription: subscriptionId = null, currency = null } = whose;
        const { claveProdServ = null, claveUnidad = null } = whose;
        const sold = { name, amountCents, currency, tax: null, claveProdServ, claveUnidad };
        const item = { key, customerId, subscriptionId, ...sold, now: false };
        return await once(
          app,
          {
            name: "items.add",
            input: item,
            change: async (store) => void (await addItem({ ...app, store }, { ...item, by: options.by ?? "library" })),
            answer: (reader) => one(reader, "items", "item", { key }),
          },
          options,
        );
      },
      remove: async (key, options = {}) =>
        await once(
          app,
          {
            name: "items.remove",
            input: { key },
            change: (store) => removeItem({ ...app, store }, key),
            answer: (reader) => one(reader, "items", "item", { key }),
          },
          options,
        ),
    },
    balance: {
      list: async (customerId) => await app.store.list("balanceEntries", { where: { customerId } }),
      grant: ofBalance("grant"),
      take: ofBalance("take"),
    },
    history: { list: list("history") },
    events: { list: list("events") },
    find: (text) => findInBooks(app, text),
    halt: (options) => halt(app, { why: reasonOf(options), by: options.by ?? "library" }),
    go: async ({ reason, by = "library" } = {}) => void (await go(app, { why: reason ?? null, by })),
  };
}

/** A row is committed before the money moves, and its id names what is answered, however it ends. */
function noting<Refunds extends Assembly["store"]["refunds"]>(refunds: Refunds, note: (id: string) => void): Refunds {
  return {
    ...refunds,
    async request(request, now) {
      const refund = await refunds.request(request, now);
      note(refund.id);
      return refund;
    },
  };
}

function mustBeCents(amountCents: number): void {
  if (!Number.isSafeInteger(amountCents) || amountCents < 1)
    throw new UsageInvalid(`amountCents: ${amountCents} given, expected whole cents above 0`);
}

function reasonOf({ reason }: ChangeOptions): string {
  if (typeof reason === "string" && reason.trim() !== "") return reason.trim();
  throw new UsageInvalid("reason is missing: it is kept with what was done");
}

async function one<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  noun: string,
  where: NonNullable<Listing<Name>["where"]>,
): Promise<Listings[Name]> {
  const [row] = await reader.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(`there is no ${noun} ${String(Object.values(where)[0])}`);
}
