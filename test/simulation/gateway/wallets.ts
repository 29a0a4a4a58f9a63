/**
 * The customers of the hostile gateway and their stored cards: what people and customers change of them, also behind
 * our back. Each card has a bank of its own, which pays or declines.
 */
import type { Gateway, GatewayCustomer, NewCard, PaymentSource } from "../../../src/application/ports/gateway.ts";
import { GatewayRefused } from "../../../src/domain/errors.ts";
import type { Customer } from "../../../src/domain/plan.ts";
import type { Station } from "./station.ts";

/** The bank of a card. */
export type Mood = "pays" | "declines";

export type StoredCard = {
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
  mood: Mood;
  /** What its bank says each time it declines; null: anything. */
  readonly saysAlways: string | null;
};

type Wallet = { readonly customer: Customer; cards: StoredCard[]; defaultId: string | null; isDeleted: boolean };

export type Wallets = {
  readonly ports: Pick<
    Gateway,
    | "createCustomer"
    | "labelledCustomers"
    | "readCustomer"
    | "addPaymentSource"
    | "listPaymentSources"
    | "changeDefault"
    | "removePaymentSource"
  >;
  /** @param isPoor the bank of the card declines, and says each time that it lacks funds */
  addCustomer(customer: Customer, bank: { readonly declines: boolean; readonly isPoor: boolean }): void;
  /** The one that a charge goes to; null: there is none. */
  defaultCard(customerId: string): StoredCard | null;
  /** A card that the customer enters on a page, or brings to the merchant. */
  newCard(customerId: string, expYear?: number): StoredCard;
  /** What a customer does to their cards at the gateway, of which nobody tells us but a webhook. */
  changeBehindOurBack(customerId: string): void;
  /** A new card becomes the default, of which nobody tells us but a webhook. */
  bringCard(customerId: string): void;
  /** A new card, of a customer who has no good one or was deleted. */
  askForCard(customerId: string): void;
  /** The bank of the default card from now on. */
  setMood(customerId: string, mood: Mood): void;
};

/** @param tell a webhook about this customer */
export function hostileWallets(station: Station, tell: (customerId: string) => void): Wallets {
  const { timeline, chance, trace, strike } = station;
  const wallets = new Map<string, Wallet>();
  let made = 0;

  function must(customerId: string): Wallet {
    const wallet = wallets.get(customerId);
    if (wallet === undefined || wallet.isDeleted)
      throw new GatewayRefused("no such customer", { httpStatus: 404, code: null });
    return wallet;
  }

  function defaultCard(customerId: string): StoredCard | null {
    const wallet = wallets.get(customerId);
    if (wallet === undefined || wallet.isDeleted) return null;
    return wallet.cards.find(({ id }) => id === wallet.defaultId) ?? null;
  }

  function newCard(customerId: string, expYear?: number): StoredCard {
    made += 1;
    const wallet = wallets.get(customerId);
    const year = new Date(timeline.nowMs()).getUTCFullYear();
    const card: StoredCard = {
      id: `src_new_${made}`,
      brand: chance.pick(["visa", "mastercard", "american_express"]),
      last4: String(5000 + made).slice(-4),
      expMonth: chance.between(1, 12),
      expYear: expYear ?? (chance.happens(0.15) ? year : year + chance.between(1, 5)),
      mood: chance.happens(0.75) ? "pays" : "declines",
      saysAlways: null,
    };
    wallet?.cards.push(card);
    return card;
  }

  function shown(wallet: Wallet): GatewayCustomer {
    const card = wallet.cards.find(({ id }) => id === wallet.defaultId);
    return {
      ...wallet.customer,
      livemode: false,
      paymentSourceId: card?.id ?? null,
      cardBrand: card?.brand ?? null,
      cardLast4: card?.last4 ?? null,
      cardExpMonth: card?.expMonth ?? null,
      cardExpYear: card?.expYear ?? null,
    };
  }

  function sourceOf(wallet: Wallet, card: StoredCard): PaymentSource {
    const { id, brand, last4, expMonth, expYear } = card;
    return { id, brand, last4, expMonth, expYear, isDefault: id === wallet.defaultId, status: "active" };
  }

  function mustHave(wallet: Wallet, paymentSourceId: string): StoredCard {
    const card = wallet.cards.find(({ id }) => id === paymentSourceId);
    if (card === undefined) throw new GatewayRefused("no such payment source", { httpStatus: 404, code: null });
    return card;
  }

  return {
    ports: {
      createCustomer: async () => {
        throw new Error("people make no customers here: all are there from the beginning");
      },
      labelledCustomers: async () => [],
      async readCustomer(customerId) {
        await station.travel(`the customer ${customerId}`);
        return shown(must(customerId));
      },
      async addPaymentSource(customerId, _card: NewCard) {
        await station.travel(`adding a card to ${customerId}`);
        const wallet = must(customerId);
        const card = newCard(customerId);
        wallet.defaultId ??= card.id;
        tell(customerId);
        return sourceOf(wallet, card);
      },
      async listPaymentSources(customerId) {
        await station.travel(`the cards of ${customerId}`);
        const wallet = must(customerId);
        return wallet.cards.map((card) => sourceOf(wallet, card));
      },
      async changeDefault(customerId, paymentSourceId) {
        await station.travel(`the default of ${customerId}`);
        const wallet = must(customerId);
        mustHave(wallet, paymentSourceId);
        wallet.defaultId = paymentSourceId;
        tell(customerId);
        await station.travel(`the customer ${customerId}`);
        return shown(wallet);
      },
      async removePaymentSource(customerId, paymentSourceId) {
        await station.travel(`removing a card of ${customerId}`);
        const wallet = must(customerId);
        const { id } = mustHave(wallet, paymentSourceId);
        wallet.cards = wallet.cards.filter((card) => card.id !== id);
        if (wallet.defaultId === id) wallet.defaultId = null;
        tell(customerId);
      },
    },
    addCustomer: (customer, { declines, isPoor }) => {
      const { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear } = customer;
      const card: StoredCard = {
        ...{ id: paymentSourceId ?? "", brand: cardBrand ?? "visa", last4: cardLast4 ?? "0000" },
        ...{
          expMonth: cardExpMonth ?? 12,
          expYear: cardExpYear ?? 2099,
          mood: declines || isPoor ? "declines" : "pays",
        },
        saysAlways: isPoor ? "insufficient_funds" : null,
      };
      wallets.set(customer.id, {
        customer,
        cards: paymentSourceId === null ? [] : [card],
        defaultId: paymentSourceId,
        isDeleted: false,
      });
    },
    defaultCard,
    newCard,
    changeBehindOurBack: (customerId) => {
      const wallet = wallets.get(customerId);
      if (wallet === undefined || wallet.isDeleted) return;
      const act = chance.weighted({ new_default: 20, back: 6, none: 2, removed: 3, deleted: 1 });
      trace.note(timeline.nowMs(), `customer ${act}`, customerId);
      strike(`card_${act}`);
      if (act === "new_default") wallet.defaultId = newCard(customerId).id;
      else if (act === "back" && wallet.cards.length > 0) wallet.defaultId = chance.pick(wallet.cards).id;
      else if (act === "none") wallet.defaultId = null;
      else if (act === "removed" && wallet.defaultId !== null) {
        wallet.cards = wallet.cards.filter(({ id }) => id !== wallet.defaultId);
        wallet.defaultId = wallet.cards.at(-1)?.id ?? null;
      } else if (act === "deleted" && chance.happens(0.3)) wallet.isDeleted = true;
      tell(customerId);
    },
    bringCard: (customerId) => {
      const wallet = wallets.get(customerId);
      if (wallet === undefined || wallet.isDeleted) return;
      wallet.defaultId = newCard(customerId).id;
      trace.note(timeline.nowMs(), "customer brings a card", customerId);
      strike("card_brought");
      tell(customerId);
    },
    askForCard: (customerId) => {
      const wallet = wallets.get(customerId);
      const card = wallet?.cards.find(({ id }) => id === wallet.defaultId);
      const now = new Date(timeline.nowMs());
      if (wallet === undefined) return;
      wallet.isDeleted = false;
      if (card === undefined || now >= new Date(Date.UTC(card.expYear, card.expMonth, 1)))
        wallet.defaultId = newCard(customerId, now.getUTCFullYear() + 3).id;
    },
    setMood: (customerId, mood) => {
      const card = defaultCard(customerId);
      if (card !== null) card.mood = mood;
    },
  };
}
