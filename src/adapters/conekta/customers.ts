/**
 * Customers and their stored cards.
 */
import type { Gateway, GatewayCustomer, PaymentSource } from "../../application/ports/gateway.ts";
import { GatewayUnavailable, isNotThere } from "../../domain/errors.ts";
import type { Card } from "../../domain/plan.ts";
import { said } from "../../domain/refusals.ts";
import type { Caller } from "./api-client.ts";
import { cardOf, customerOf } from "./requests.ts";
import { wireCustomer, type WireCustomer, type WirePaymentSource } from "./wire-customer.ts";
import { wire } from "./wire.ts";

const PAGE = 50;
/** The most of a page. */
const NEWEST = 250;
/** More stored cards than any customer has. */
const MAX_PAGES = 20;

export type Customers = Pick<
  Gateway,
  | "createCustomer"
  | "labelledCustomers"
  | "readCustomer"
  | "addPaymentSource"
  | "listPaymentSources"
  | "changeDefault"
  | "removePaymentSource"
  | "probe"
>;

export function conektaCustomers(caller: Caller, { pciDssLevel1 }: { readonly pciDssLevel1: boolean }): Customers {
  async function readCustomer(customerId: string): Promise<GatewayCustomer> {
    const operation = { what: `read the customer ${customerId}`, repeatable: "always" } as const;
    const customer = await caller.call({ method: "GET", path: pathOf(customerId) }, operation, wireCustomer.customer);
    if (customer.id !== customerId)
      throw new GatewayUnavailable(said("gateway_other_customer", { customerId, otherId: customer.id }));
    const shown = customer.sources;
    const showsDefault =
      shown !== null && (customer.defaultSourceId === null || shown.some(({ id }) => id === customer.defaultSourceId));
    return withCard(customer, showsDefault ? shown : await sourcesOf(customerId));
  }

  /** Null: this key sees no such customer. */
  async function modeOfCustomer(customerId: string): Promise<boolean | null> {
    const operation = { what: `read the customer ${customerId}`, repeatable: "always" } as const;
    try {
      return (await caller.call({ method: "GET", path: pathOf(customerId) }, operation, wireCustomer.customer))
        .livemode;
    } catch (error) {
      if (isNotThere(error)) return null;
      throw error;
    }
  }

  /** Null: the account has no customer yet. */
  async function modeOfAnyCustomer(): Promise<boolean | null> {
    const operation = { what: "list customers", repeatable: "always" } as const;
    const call = { method: "GET", path: "/customers", query: { limit: "1" } } as const;
    return (await caller.call(call, operation, wireCustomer.modes)).data[0]?.livemode ?? null;
  }

  async function sourcesOf(customerId: string): Promise<readonly WirePaymentSource[]> {
    const operation = { what: `list the payment sources of ${customerId}`, repeatable: "always" } as const;
    const sources: WirePaymentSource[] = [];
    let next: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { limit: String(PAGE), ...(next === undefined ? {} : { next }) };
      const list = await caller.call(
        { method: "GET", path: `${pathOf(customerId)}/payment_sources`, query },
        operation,
        wireCustomer.paymentSources,
      );
      sources.push(...list.data);
      next = list.data.at(-1)?.id;
      if (!list.hasMore || next === undefined) return sources;
    }
    throw new GatewayUnavailable(said("gateway_endless_cards", { customerId }));
  }

  return {
    readCustomer,

    async labelledCustomers({ installationId, email }) {
      const operation = { what: "list customers", repeatable: "always" } as const;
      // A search may learn of a new customer late; the newest of all are those of a moment ago.
      const lists = await Promise.all(
        [{}, { search: email }].map((search) => {
          const query = { limit: String(NEWEST), ...search };
          return caller.call({ method: "GET", path: "/customers", query }, operation, wireCustomer.labels);
        }),
      );
      const listed = lists.flatMap(({ data }) => data).filter((each) => each !== null);
      const ours = listed.filter((each) => each.installationId === installationId);
      return [...new Map(ours.map(({ installationId: _ours, ...each }) => [each.customerId, each])).values()];
    },

    async createCustomer(customer, label) {
      const body = customerOf(customer, label, pciDssLevel1);
      const operation = { what: "create the customer", repeatable: "if-not-sent" } as const;
      const created = await caller.call({ method: "POST", path: "/customers", body }, operation, wireCustomer.customer);
      return withCard(created, created.sources ?? []);
    },

    async addPaymentSource(customerId, card) {
      const body = cardOf(card, pciDssLevel1);
      const path = `${pathOf(customerId)}/payment_sources`;
      const operation = { what: `add a card to ${customerId}`, repeatable: "if-not-sent" } as const;
      const added = await caller.call({ method: "POST", path, body }, operation, wireCustomer.paymentSource);
      // The answer calls even the first card no default, which it becomes; the list knows. The card is stored in any
      // case: an inquiry that fails must not say otherwise.
      const listed = await sourcesOf(customerId).catch(() => []);
      return sourceOf(listed.find(({ id }) => id === added.id) ?? added);
    },

    async listPaymentSources(customerId) {
      return (await sourcesOf(customerId)).filter(({ isCard }) => isCard).map(sourceOf);
    },

    async changeDefault(customerId, paymentSourceId) {
      const body = { default_payment_source_id: paymentSourceId };
      const operation = { what: `make ${paymentSourceId} the default of ${customerId}`, repeatable: "always" } as const;
      // The documentation shows a list as the answer; the customer is read again anyway.
      await caller.call({ method: "PUT", path: pathOf(customerId), body }, operation, wire.any);
      const customer = await readCustomer(customerId);
      if (customer.paymentSourceId !== paymentSourceId)
        throw new GatewayUnavailable(
          said("gateway_other_default", {
            ...{ sourceId: paymentSourceId, customerId, shown: customer.paymentSourceId ?? said("gateway_no_card") },
          }),
        );
      return customer;
    },

    async removePaymentSource(customerId, paymentSourceId) {
      const path = `${pathOf(customerId)}/payment_sources/${encodeURIComponent(paymentSourceId)}`;
      const operation = { what: `remove ${paymentSourceId} of ${customerId}`, repeatable: "if-not-sent" } as const;
      await caller.call({ method: "DELETE", path }, operation, wire.any);
    },

    async probe(knownCustomerId) {
      const known = knownCustomerId === null ? null : await modeOfCustomer(knownCustomerId);
      // A customer this key cannot see was deleted, or belongs to the other mode: any other customer shows which.
      const livemode = known ?? (await modeOfAnyCustomer());
      return knownCustomerId === null ? { livemode } : { livemode, isKnown: known !== null };
    },
  };
}

function pathOf(customerId: string): string {
  return `/customers/${encodeURIComponent(customerId)}`;
}

const NO_CARD: Card = {
  paymentSourceId: null,
  cardBrand: null,
  cardLast4: null,
  cardExpMonth: null,
  cardExpYear: null,
};

function withCard(customer: WireCustomer, sources: readonly WirePaymentSource[]): GatewayCustomer {
  const { id, livemode, name, email, phone } = customer;
  return { id, livemode, name, email, phone, ...defaultCard(customer.defaultSourceId, sources) };
}

/** A default that is no card (cash, SPEI) cannot be charged, so it counts as none. */
function defaultCard(defaultSourceId: string | null, sources: readonly WirePaymentSource[]): Card {
  const source = sources.find(({ id, isDefault }) => (defaultSourceId === null ? isDefault : id === defaultSourceId));
  if (source === undefined || !source.isCard) return NO_CARD;
  return {
    paymentSourceId: source.id,
    cardBrand: source.brand,
    cardLast4: source.last4,
    cardExpMonth: source.expMonth,
    cardExpYear: source.expYear,
  };
}

function sourceOf({ id, isDefault, brand, last4, expMonth, expYear, status }: WirePaymentSource): PaymentSource {
  return { id, isDefault, brand, last4, expMonth, expYear, status };
}
