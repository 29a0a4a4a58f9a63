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
import { giveCoupon, takeCoupon } from "../../application/coupons/coupons.ts";
import { addItem } from "../../application/items/add-item.ts";
import { removeItem } from "../../application/items/remove-item.ts";
import { changeCustomer, putTaxData } from "../../application/customers/change-customer.ts";
import { findInBooks } from "../../application/customers/find-in-books.ts";
import { markInvoicePaid, retryInvoice, voidInvoice } from "../../application/invoices/change-invoice.ts";
import { refundInvoice } from "../../application/invoices/refund-invoice.ts";
import { checkKey } from "../../application/settling/check-key.ts";
import type { Listing, ListingName } from "../../application/ports/listings.ts";
import { go, halt } from "../../application/run/halt-and-go.ts";
import { addSubscription } from "../../application/subscriptions/add-subscription.ts";
import { cancelSubscription } from "../../application/subscriptions/cancel-subscription.ts";
import { listConsents } from "../../application/subscriptions/consents.ts";
import { evidenceOf } from "../../application/subscriptions/evidence.ts";
import { explainSubscription } from "../../application/subscriptions/explain-subscription.ts";
import { pauseSubscription, resumeSubscription } from "../../application/subscriptions/pause-subscription.ts";
import { putPlan } from "../../application/plans/put-plan.ts";
import { skipCycle } from "../../application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../application/subscriptions/take-back.ts";
import { rowOf as declineOf } from "../../adapters/conekta/declines.ts";
import { readFiscal } from "../../adapters/files/fiscal-file.ts";
import type { Assembly } from "../../assemble.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { NotFound } from "../../domain/errors.ts";
import { mustBeStorable, once } from "./once.ts";
import { orderFrom, planFrom } from "./wishes.ts";
import type { Books } from "./books.ts";
import { changesOf, mustBeCents, mustBeListing, reasonOf, one } from "./change-books.ts";

export function booksOf(app: Assembly, cwd: string): Books {
  const list =
    <Name extends ListingName>(name: Name) =>
    async (wanted: Listing<Name> = {}) => {
      mustBeListing(wanted);
      return await app.store.list(name, wanted);
    };
  const { minChargeCents } = app.config.charging;
  const inStore = { ...app.store };

  const {
    addConsent,
    planIn,
    customerIn,
    subscriptionIn,
    invoiceIn,
    ofSubscription,
    ofInvoice,
    ofCustomer,
    ofGrant,
    ofBalance,
  } = changesOf(app);

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
            async change(store, { label, noteMade }) {
              await createCustomer({ store, clock: app.clock, gateway: await app.gateway() }, person, {
                ...{ request: label, confirmed },
                onMade(madeId) {
                  noteMade();
                  createdId = madeId ?? "";
                },
              });
            },
            answer: (reader) => customerIn(reader, createdId),
          },
          options,
        );
      },
      adopt: (id, options = {}) => ofCustomer("adopt", id, null, options, (needs) => importCustomer(needs, id)),
      update: async (id, change, options = {}) =>
        await once(
          app,
          {
            name: "customers.update",
            input: { id, change },
            change: async (store) => await changeCustomer({ store, clock: app.clock }, id, change),
            answer: (reader) => customerIn(reader, id),
          },
          options,
        ),
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
      evidence: (id) => evidenceOf(app, id),
      consents: { list: (subscriptionId) => listConsents(app.store, subscriptionId), add: addConsent },
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
              await refundInvoice({ ...app, inbox: app.store.inbox, ...needs }, request);
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
    async find(text) {
      mustBeStorable(text);
      return await findInBooks(app, text);
    },
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
