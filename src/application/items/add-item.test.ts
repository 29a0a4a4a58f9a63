/** What a person may add to an invoice, and take back: every refusal, and what the same key does again. */
import { describe, expect, test } from "@jest/globals";
import { NOW, planOf, subscriptionOf } from "../../../test/support/records.ts";
import type { Item } from "../../domain/item.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { NOTHING_WAITS } from "../../domain/invoice-content.ts";
import { addItem, type ItemRequest } from "./add-item.ts";
import { removeItem } from "./remove-item.ts";

const ASKED: ItemRequest = {
  ...{ key: "k1", customerId: null, subscriptionId: "sub_a", name: "Alta", amountCents: 50_000, currency: null },
  ...{ tax: null, now: false, by: "ana" },
};
const OF_CUSTOMER = { customerId: "cus_a", subscriptionId: null } as const;
const ITEM: Item = {
  ...{ id: "itm_0", key: "k1", customerId: "cus_a", subscriptionId: "sub_a", name: "Alta", amountCents: 50_000 },
  ...{ discountCents: 0, currency: "MXN", tax: null, claveProdServ: null, claveUnidad: null, createdAt: NOW },
  ...{ createdBy: "ana", removedAt: null, invoiceId: null, lastInvoiceId: null },
};
const IVA = { rate: 16, included: true } as const;

type World = {
  readonly subscriptions?: readonly Partial<Subscription>[];
  readonly plan?: Partial<Plan>;
  readonly items?: readonly Item[];
  readonly hasCustomer?: boolean;
  readonly leastCents?: number;
};

function worldOf({ subscriptions = [{}], plan, items = [], hasCustomer = true, leastCents = 300 }: World = {}) {
  const told: unknown[] = [];
  const made = planOf(plan);
  const all = subscriptions.map((change, at) =>
    subscriptionOf(at === 0 ? "sub_a" : `sub_${at}`, { customerId: "cus_a", ...change }, made),
  );
  const records = {
    item: async (key: string) => items.find((each) => each.key === key) ?? null,
    subscription: async (id: string) => all.find((each) => each.id === id) ?? null,
    plan: async () => made,
    customer: async (id: string) => (hasCustomer && id === "cus_a" ? { id } : null),
    subscriptions: async () => all,
    waitingFor: async () => ({ ...NOTHING_WAITS, leastCents }),
    addItem: (item: Item) => void told.push(["item", item]),
    addInvoice: (invoice: object) => void told.push(["invoice", invoice]),
    use: async () => void told.push("used"),
    record: ({ type, data }: { readonly type: string; readonly data: object }) => void told.push([type, data]),
    refresh: (id: string) => void told.push(`refreshed ${id}`),
  };
  const needs = {
    store: { write: async <T>(_now: Date, work: (each: object) => Promise<T>) => await work(records) },
    clock: { now: () => NOW, monotonicMs: () => 0 },
    random: { newId: (prefix: string) => `${prefix}_1`, fraction: () => 0 },
  } as unknown as Parameters<typeof addItem>[0];
  return { needs, told };
}

async function added(asked: Partial<ItemRequest>, world: World = {}) {
  const { needs, told } = worldOf(world);
  const result = await addItem(needs, { ...ASKED, ...asked }).catch((error: unknown) => error);
  return { result, told };
}

const words = (told: readonly unknown[]): string =>
  told.map((each) => (Array.isArray(each) ? String(each[0]) : String(each))).join(", ");

describe("an item is added", () => {
  // prettier-ignore
  test.each<[asked: Partial<ItemRequest>, world: World, item: Partial<Item>, because: string]>([
    [{}, {}, { customerId: "cus_a", subscriptionId: "sub_a", currency: "MXN" }, "to the next invoice of a subscription"],
    [{ currency: "EUR" }, { plan: { currency: "USD" } }, { currency: "USD" }, "in the currency of its plan"],
    [OF_CUSTOMER, {}, { customerId: "cus_a", subscriptionId: null, currency: "MXN" }, "to whichever comes first of a customer's, in pesos"],
    [{ ...OF_CUSTOMER, currency: "USD" }, { subscriptions: [] }, { subscriptionId: null, currency: "USD" }, "in the currency that was asked for; the subscription may come later"],
    [{ claveProdServ: "81112100", claveUnidad: "E48" }, {}, { claveProdServ: "81112100", claveUnidad: "E48" }, "with the SAT's keys"],
    [{ tax: IVA }, { plan: { tax: IVA } }, { tax: IVA }, "with a tax beside the plan's"],
    [{ name: "IVA" }, {}, { name: "IVA" }, "by as short a name as Conekta takes"],
    [{ name: "x".repeat(249) }, {}, { name: "x".repeat(249) }, "or as long a one"],
    [{ amountCents: 2_147_483_647 }, {}, { amountCents: 2_147_483_647 }, "and as much as one line may be"],
  ])("%#: %j: as %j (%s)", async (asked, world, item) => {
    const { result, told } = await added(asked, world);
    expect(result).toEqual({ key: "k1", invoiceId: null, isNew: true });
    const expected = {
      currency: "MXN",
      ...{ id: "itm_1", key: "k1", name: "Alta", amountCents: 50_000, discountCents: 0, createdAt: NOW, createdBy: "ana" },
      ...{ claveProdServ: null, claveUnidad: null, tax: null, removedAt: null, invoiceId: null, lastInvoiceId: null },
      ...item,
    };
    const { key, name, amountCents, currency } = expected;
    expect(told).toEqual([
      ["item", expect.objectContaining(expected)],
      ["item.added", { key, name, amountCents, currency, ownInvoice: false }],
    ]);
  });

  test.each<[asked: Partial<ItemRequest>, world: World, because: string]>([
    [{}, {}, "of a subscription"],
    [OF_CUSTOMER, {}, "of a customer with one"],
    [OF_CUSTOMER, { subscriptions: [{}, { status: "canceled" }] }, "those that have ended do not count"],
    [{}, { subscriptions: [{ cancelAt: NOW }] }, "also of one that ends with its period"],
  ])("now, as an invoice of its own: %j, %j (%s)", async (asked, world) => {
    const { result, told } = await added({ ...asked, now: true }, world);
    expect(result).toEqual({ key: "k1", invoiceId: "inv_1", isNew: true });
    expect(words(told)).toBe("item, item.added, invoice, used, invoice.opened, refreshed sub_a");
    expect(told).toEqual(
      expect.arrayContaining([
        ["item", expect.objectContaining({ subscriptionId: "sub_a", customerId: "cus_a" })],
        ["item.added", expect.objectContaining({ ownInvoice: true })],
        [
          "invoice",
          expect.objectContaining({ cycle: null, oneOffKey: "item:k1", amountCents: 50_000, nextAttemptAt: NOW }),
        ],
      ]),
    );
  });

  test("as much as the least that Conekta charges is enough", async () => {
    const { result } = await added({ now: true, amountCents: 300 });
    expect(result).toMatchObject({ invoiceId: "inv_1" });
  });

  test.each<[known: Partial<Item>, invoiceId: string | null]>([
    [{}, null],
    [{ invoiceId: "inv_9" }, "inv_9"],
  ])("the same key again, %j, changes nothing, and answers the same", async (known, invoiceId) => {
    const { result, told } = await added({}, { items: [{ ...ITEM, ...known }] });
    expect([result, told]).toEqual([{ key: "k1", invoiceId, isNew: false }, []]);
  });
});

describe("an item is refused", () => {
  // prettier-ignore
  test.each<[asked: Partial<ItemRequest>, world: World, name: string, says: RegExp, because: string]>([
    [{ customerId: "cus_a" }, {}, "UsageInvalid", /one/, "it is of one of the two"],
    [{ subscriptionId: null }, {}, "UsageInvalid", /one/, "it is of nobody"],
    [{ subscriptionId: "sub_z" }, {}, "NotFound", /sub_z/, "there is no such subscription"],
    [{ customerId: "cus_z", subscriptionId: null }, {}, "NotFound", /cus_z/, "there is no such customer"],
    [OF_CUSTOMER, { hasCustomer: false }, "NotFound", /cus_a/, "nor this one"],
    [{}, { subscriptions: [{ status: "canceled" }] }, "Refused", /canceled/, "no invoice follows"],
    [{ now: true }, { subscriptions: [{ status: "canceled" }] }, "Refused", /canceled/, "and none is made"],
    [{}, { subscriptions: [{ cancelAt: NOW }] }, "Refused", /sub_a/, "it ends before its next invoice"],
    [{}, { subscriptions: [{ nextBillingAt: null }] }, "Refused", /sub_a/, "it has no next invoice"],
    [{ ...OF_CUSTOMER, now: true }, { subscriptions: [] }, "Refused", /cus_a/, "there is nothing to make the invoice by"],
    [{ ...OF_CUSTOMER, now: true }, { subscriptions: [{}, {}] }, "Refused", /2/, "there are two, and nobody says by which"],
    [{ ...OF_CUSTOMER, now: true }, { subscriptions: [{ status: "canceled" }] }, "Refused", /cus_a/, "it has ended"],
    [{ key: "change:sub_a/1" }, {}, "UsageInvalid", /change:sub_a\/1/, "its key is a change's"],
    [{ name: "IV" }, {}, "UsageInvalid", /"IV"/, "Conekta would refuse the whole order for a name of two letters"],
    [{ name: " IV " }, {}, "UsageInvalid", /" IV "/, "blanks are no letters"],
    [{ name: "x".repeat(250) }, {}, "UsageInvalid", /3 to 249/, "nor does it take one so long"],
    [{ amountCents: 2_147_483_648 }, {}, "UsageInvalid", /2147483647/, "nor a line of more than 32 bits"],
    [{ claveProdServ: "1" }, {}, "UsageInvalid", /1/, "that is no key of a product"],
    [{ claveUnidad: "nope!" }, {}, "UsageInvalid", /nope/, "nor that of a unit"],
    [{ tax: IVA }, {}, "Refused", /sub_a/, "the lines beside it tell no tax"],
    [{ tax: { rate: 15, included: true } }, { plan: { tax: IVA } }, "UsageInvalid", /15/, "there is no such rate"],
    [{ now: true, amountCents: 299 }, {}, "Refused", /299/, "Conekta charges no less"],
    [{ name: "Baja" }, { items: [ITEM] }, "Refused", /k1/, "its key is that of another"],
    [{}, { items: [{ ...ITEM, removedAt: NOW }] }, "Refused", /removed/, "it was taken back"],
  ])("%#: %j, where %j: %s (%s)", async (asked, world, name, says) => {
    const { result, told } = await added(asked, world);
    expect(result).toMatchObject({ name, message: expect.stringMatching(says) });
    expect(words(told)).toBe(asked.amountCents === 299 ? "item, item.added" : "");
  });
});

describe("an item is taken back", () => {
  async function removed(item: Partial<Item> | null, key = "k1") {
    const kept = item === null ? null : { ...ITEM, key, ...item };
    const { needs, told } = worldOf({ items: kept === null ? [] : [kept] });
    const failure = await removeItem(needs, key).then(
      () => null,
      (error: Error) => error,
    );
    return { kept, told, failure };
  }

  test("it waits for no invoice any more, and the history says so", async () => {
    const { kept, told, failure } = await removed({});
    expect([failure, kept?.removedAt]).toEqual([null, NOW]);
    expect(told).toEqual([["item.removed", { key: "k1", name: "Alta", amountCents: 50_000, currency: "MXN" }]]);
  });

  test("again: nothing is changed", async () => {
    const before = new Date(0);
    const { kept, told, failure } = await removed({ removedAt: before });
    expect([failure, told, kept?.removedAt]).toEqual([null, [], before]);
  });

  test.each<[item: Partial<Item> | null, key: string, name: string, mend: object | null, because: string]>([
    [null, "k1", "NotFound", null, "there is none"],
    [{ invoiceId: "inv_9" }, "k1", "Refused", { do: "show_invoice", invoiceId: "inv_9" }, "an invoice has it"],
    [
      {},
      "change:sub_a/1",
      "Refused",
      { do: "undo_change", subscriptionId: "sub_a" },
      "it is a change's, which is undone",
    ],
  ])("%j of the key %s cannot be: %s (%s)", async (item, key, name, mend) => {
    const { kept, told, failure } = await removed(item, key);
    expect(failure).toMatchObject({ name, mend });
    expect([told, kept?.removedAt ?? null]).toEqual([[], null]);
  });
});
