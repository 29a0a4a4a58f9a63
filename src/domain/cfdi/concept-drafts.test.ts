/** What becomes a concept of a document, and what of an invoice is none. */
import { describe, expect, test } from "@jest/globals";
import type { InvoiceLine } from "../money.ts";
import type { PartTax } from "../tax.ts";
import { CREDITED, draftsOf, ratesOf, RETURNED, SOLD, type ConceptDraft } from "./concept-drafts.ts";

type Line = InvoiceLine & { readonly discountCents: number };
const LINE: Line = { name: "Plan Oro", unitPriceCents: 9900, quantity: 2, discountCents: 100 };
const DRAFT: ConceptDraft = {
  ...{ claveProdServ: null, claveUnidad: null, description: "Plan Oro", quantity: 2 },
  ...{ grossCents: 19800, discountCents: 100, tax: null },
};

// prettier-ignore
test.each<[because: string, line: Partial<Line>, draft: Partial<ConceptDraft> | null]>([
  ["price by pieces, before its discount", {}, {}],
  ["its keys", { claveProdServ: "86121700", claveUnidad: "E48" }, { claveProdServ: "86121700", claveUnidad: "E48" }],
  ["a tax that nobody says is added is in the price", { tax: { rate: 16 } }, { tax: { rate: 16, included: true } }],
  ["one that is in it", { tax: { rate: 16, included: true } }, { tax: { rate: 16, included: true } }],
  ["one that is added", { tax: { rate: 8, included: false } }, { tax: { rate: 8, included: false } }],
  ["a cent is sold", { unitPriceCents: 1, quantity: 1, discountCents: 0 }, { quantity: 1, grossCents: 1, discountCents: 0 }],
  ["what costs nothing is no concept", { unitPriceCents: 0, discountCents: 0 }, null],
])("of a line: %s", (_because, line, draft) => {
  expect(draftsOf([{ ...LINE, ...line }])).toEqual(draft === null ? [] : [{ ...DRAFT, ...draft }]);
});

describe("what stands for an invoice or a refund as a whole", () => {
  const part = (rate: PartTax["rate"], baseCents: number, taxCents: number): PartTax => ({ rate, baseCents, taxCents });
  const concept = (grossCents: number, tax: ConceptDraft["tax"]) => ({
    quantity: 1,
    grossCents,
    discountCents: 0,
    tax,
  });

  // prettier-ignore
  test.each<[because: string, taxes: readonly PartTax[] | null, drafts: readonly object[]]>([
    ["nothing is told of its tax", null, [concept(9900, null)]],
    ["a concept a rate, each with its tax in it", [part(16, 8534, 1366), part("exempt", 100, 0)], [concept(9900, { rate: 16, included: true }), concept(100, { rate: "exempt", included: true })]],
    ["a rate of a cent is one", [part(0, 1, 0)], [concept(1, { rate: 0, included: true })]],
    ["a rate of nothing is none", [part(16, 8534, 1366), part(0, 0, 0)], [concept(9900, { rate: 16, included: true })]],
  ])("%s", (_because, taxes, drafts) => {
    for (const kind of [SOLD, RETURNED, CREDITED])
      expect(ratesOf({ taxes, amountCents: 9900 }, kind)).toEqual(drafts.map((each) => ({ ...kind, ...each })));
  });

  test("says what it is with the keys of the SAT's guides", () => {
    expect([SOLD, RETURNED, CREDITED].map((each) => Object.values(each).join(" "))).toEqual([
      "01010101 ACT Venta",
      "84111506 ACT Devolución",
      "84111506 ACT Bonificación por cambio de plan",
    ]);
  });
});
