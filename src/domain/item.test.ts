/** An item beside a subscription's own lines: when a key means the same again, where it fits, and how it is taxed. */
import { expect, test } from "@jest/globals";
import { claveFaultOf, isSameItem, lineOfItem, ridesOn, type Item } from "./item.ts";
import type { LineItem } from "./money.ts";
import type { Tax } from "./tax.ts";

const ITEM: Item = {
  ...{ id: "itm_1", key: "instalacion", customerId: "cus_1", subscriptionId: "ana", name: "Instalación" },
  ...{ amountCents: 50000, discountCents: 0, currency: "MXN", tax: null, claveProdServ: null, claveUnidad: null },
  ...{ createdAt: new Date(0), createdBy: "maria", removedAt: null, invoiceId: null, lastInvoiceId: null },
};

test.each<[other: Partial<Item>, isSame: boolean, because: string]>([
  [{}, true, "it is the same"],
  [{ createdBy: "luis", createdAt: new Date(1) }, true, "whoever says it, and when"],
  [{ claveProdServ: undefined, claveUnidad: undefined }, true, "not told is not told"],
  [{ customerId: "cus_2" }, false, "another customer's"],
  [{ subscriptionId: null }, false, "of any subscription"],
  [{ name: "Visita" }, false, "another thing"],
  [{ amountCents: 50001 }, false, "another price"],
  [{ currency: "USD" }, false, "another currency"],
  [{ claveProdServ: "81111500" }, false, "another product"],
  [{ claveUnidad: "E48" }, false, "another unit"],
  [{ tax: { rate: 16 } }, false, "with a tax of its own"],
])("the same key with %j means the same: %p (%s)", (other, isSame) => {
  expect(isSameItem(ITEM, { ...ITEM, ...other })).toBe(isSame);
  expect(isSameItem({ ...ITEM, ...other }, ITEM)).toBe(isSame);
});

test("a tax of another rate, or that is added instead, is another item", () => {
  const taxed = { ...ITEM, tax: { rate: 16, included: true } } as const;
  expect(isSameItem(taxed, { ...taxed, tax: { rate: 16, included: true } })).toBe(true);
  expect(isSameItem(taxed, { ...taxed, tax: { rate: 8, included: true } })).toBe(false);
  expect(isSameItem(taxed, { ...taxed, tax: { rate: 16, included: false } })).toBe(false);
});

test.each<[claveProdServ: string | null, claveUnidad: string | null, fault: string | null]>([
  [null, null, null],
  ["86121700", "E48", null],
  ["86121700", null, null],
  [null, "H87", null],
  ["8612170", null, "not_a_product_key"],
  ["861217000", null, "not_a_product_key"],
  ["8612170A", "E48", "not_a_product_key"],
  ["86121700", "e48", "not_a_unit_key"],
  ["86121700", "E", "not_a_unit_key"],
  [null, "E4800", "not_a_unit_key"],
])("the keys %p and %p: %p", (claveProdServ, claveUnidad, fault) => {
  expect(claveFaultOf({ claveProdServ, claveUnidad })?.code ?? null).toBe(fault);
});

const LINE: LineItem = { name: "Oro", unitPriceCents: 20015, quantity: 1 };
const IVA: Tax = { rate: 16, included: true };
const TAXED: LineItem = { ...LINE, tax: { rate: 8, included: false } };

// prettier-ignore
test.each<[item: Partial<Item>, beside: { currency?: string; lineItems?: readonly LineItem[]; tax?: Tax | null }, rides: boolean, because: string]>([
  [{}, {}, true, "nobody tells a tax"],
  [{}, { tax: IVA }, true, "it is taxed as the plan is"],
  [{ currency: "USD" }, {}, false, "another currency waits"],
  [{ tax: { rate: 16 } }, {}, false, "a tax of its own beside lines that tell none"],
  [{ tax: { rate: 16 } }, { tax: IVA }, true, "a tax of its own beside a taxed plan"],
  [{ tax: { rate: 16 } }, { lineItems: [LINE, TAXED] }, true, "or beside a line that tells one"],
  [{ tax: { rate: 16 }, currency: "USD" }, { tax: IVA }, false, "another currency all the same"],
])("an item %j rides on an invoice %j: %p (%s)", (item, beside, rides) => {
  expect(ridesOn({ ...ITEM, ...item }, { currency: "MXN", lineItems: [LINE], tax: null, ...beside })).toBe(rides);
});

test.each<[item: Partial<Item>, lineItems: readonly LineItem[], tax: Tax | null, more: object, because: string]>([
  [{}, [LINE], null, {}, "nobody tells a tax"],
  [{}, [LINE], IVA, { tax: IVA }, "as the plan"],
  [{}, [TAXED], IVA, { tax: IVA }, "as the plan, whatever a line says"],
  [{}, [LINE, TAXED], null, { tax: { rate: 8, included: false } }, "as the first line that tells one"],
  [{ tax: { rate: 0, included: true } }, [LINE], IVA, { tax: { rate: 0, included: true } }, "its own"],
  [{ claveProdServ: "86121700" }, [LINE], null, { claveProdServ: "86121700" }, "with its product"],
  [{ claveUnidad: "E48" }, [LINE], null, { claveUnidad: "E48" }, "with its unit"],
  [{ claveProdServ: undefined, claveUnidad: undefined }, [LINE], null, {}, "keys that are not told"],
])("an item %j beside %j and %j is a line with %j (%s)", (item, lineItems, tax, more) => {
  const line = lineOfItem({ ...ITEM, ...item }, { currency: "MXN", lineItems, tax });
  expect(line).toStrictEqual({ name: "Instalación", unitPriceCents: 50000, quantity: 1, ...more });
});

test("among lines that are taxed in two ways an item is taxed as the first of them that tells", () => {
  const [untold, reduced, full] = [
    {},
    { tax: { rate: 8, included: true } },
    { tax: { rate: 16, included: true } },
  ] as const;
  const lineItems = [untold, reduced, full].map((each): LineItem => ({
    name: "Plan",
    unitPriceCents: 1,
    quantity: 1,
    ...each,
  }));
  expect(lineOfItem(ITEM, { currency: "MXN", lineItems, tax: null }).tax).toEqual(reduced.tax);
});
