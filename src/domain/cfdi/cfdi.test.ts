import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkByPac } from "../../../test/support/pac-rules.ts";
import { type CfdiMonth, cfdisOf, type GivenBack, type PaidInvoice } from "./cfdi.ts";
import { cfdiNumbers } from "./cfdi-numbers.ts";
import { taxOfCredit } from "../tax-of-refund.ts";
import { draftsOf } from "./concept-drafts.ts";
import { formaPagoOf, formaPagoOfMost } from "./payment-form.ts";
import { amountsOf, type Discount, type LineItem, withDiscounts } from "../money.ts";
import type { TaxRate } from "../tax.ts";

const INCLUDED = { rate: 16, included: true } as const;
const KEYS = { claveProdServ: "86121700", claveUnidad: "E48" };

function lineOf(unitPriceCents: number, quantity = 1, tax: LineItem["tax"] = INCLUDED): LineItem {
  return { name: "Plan Oro", unitPriceCents, quantity, tax, ...KEYS };
}

function numbersOf(lines: readonly LineItem[], discount: Discount | null = null, quantity = 1) {
  const amounts = amountsOf(lines, quantity, discount, null);
  return cfdiNumbers(draftsOf(withDiscounts(amounts.lineItems, amounts.discountCents)), amounts.amountCents);
}

describe("the numbers of an invoice", () => {
  test.each([
    // vector, lines, discount, quantity, [importe, descuento, base, iva], [SubTotal, Descuento, Traslados, Total]
    [
      "C1",
      [lineOf(9900)],
      null,
      1,
      [["85.344828", "0.000000", "85.344828", "13.655172"]],
      ["85.34", "0.00", "13.66", "99.00"],
    ],
    [
      "C2",
      [lineOf(20015)],
      null,
      1,
      [["172.543103", "0.000000", "172.543103", "27.606896"]],
      ["172.54", "0.00", "27.61", "200.15"],
    ],
    [
      "C3",
      [lineOf(18900), lineOf(4900)],
      { percent: 10 },
      2,
      [
        ["325.862069", "32.586207", "293.275862", "46.924138"],
        ["84.482759", "8.448276", "76.034483", "12.165517"],
      ],
      ["410.34", "41.03", "59.09", "428.40"],
    ],
    [
      // 348.275862 as it is computed; the first takes 0.005172 more, so that the discounts add up to 435.35.
      "C4",
      [lineOf(404000), lineOf(101000)],
      { percent: 10 },
      1,
      [
        ["3482.758621", "348.281034", "3134.477587", "501.516414"],
        ["870.689655", "87.068966", "783.620689", "125.379310"],
      ],
      ["4353.45", "435.35", "626.90", "4545.00"],
    ],
    [
      "added",
      [lineOf(8535, 1, { rate: 16, included: false })],
      null,
      1,
      [["85.350000", "0.000000", "85.350000", "13.656000"]],
      ["85.35", "0.00", "13.66", "99.01"],
    ],
    [
      "exempt",
      [lineOf(10000, 1, { rate: "exempt", included: true })],
      null,
      1,
      [["100.000000", "0.000000", "100.000000", "0.000000"]],
      ["100.00", "0.00", "0.00", "100.00"],
    ],
  ] as const)("%s", (_vector, lines, discount, quantity, concepts, sums) => {
    const numbers = numbersOf(lines, discount, quantity);
    expect(numbers.concepts.map((each) => [each.importe, each.descuento, each.base, each.iva])).toEqual(concepts);
    expect([numbers.subTotal, numbers.descuento, numbers.traslados, numbers.total]).toEqual(sums);
    expect(checkByPac(numbers)).toEqual([]);
  });

  test("what a change of plan gives back is the discount of its own line", () => {
    const lines = [
      { ...lineOf(29900), discountCents: 0 },
      { ...lineOf(14950), discountCents: 10008 },
    ];
    const numbers = cfdiNumbers(draftsOf(lines), 34842);
    expect(numbers.concepts.map(({ descuento }) => descuento)).toEqual(["0.000000", "86.275862"]);
    expect([numbers.descuento, numbers.total]).toEqual(["86.28", "348.42"]);
    expect(checkByPac(numbers)).toEqual([]);
  });

  test("the independent checker takes a wrong cent amiss", () => {
    const numbers = numbersOf([lineOf(404000), lineOf(101000)], { percent: 10 });
    expect(checkByPac({ ...numbers, descuento: "435.34" })).toContain(
      "CFDI40110: Descuento 435.34, concepts 435.350000",
    );
    expect(checkByPac({ ...numbers, subTotal: "4353.44" })[0]).toContain("CFDI40108");
    expect(checkByPac({ ...numbers, traslados: "626.91" })[0]).toContain("CFDI40215");
    const [first, second] = numbers.concepts;
    expect(checkByPac({ ...numbers, concepts: [{ ...first!, iva: "501.52" }, second!] })[0]).toContain("CFDI40167");
  });
});

const rate: fc.Arbitrary<TaxRate> = fc.constantFrom<TaxRate[]>(16, 16, 16, 8, 0, "exempt");
const line = fc.record({
  unitPriceCents: fc.integer({ min: 1, max: 600_000 }),
  quantity: fc.integer({ min: 1, max: 12 }),
  tax: fc.record({ rate, included: fc.boolean() }),
});
const discount: fc.Arbitrary<Discount | null> = fc.option(
  fc.oneof(
    fc.record({ percent: fc.integer({ min: 1, max: 9_900 }).map((hundredths) => hundredths / 100) }),
    fc.record({ amountCents: fc.integer({ min: 1, max: 50_000 }) }),
  ),
);

test("whatever is sold, the PAC's rules hold, and the total is what was charged", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), discount, (lines, off) => {
      const sold = lines.map((each) => ({ name: "Línea", ...KEYS, ...each }));
      const amounts = amountsOf(sold, 1, off, null);
      fc.pre(amounts.amountCents > 0);
      const numbers = cfdiNumbers(
        draftsOf(withDiscounts(amounts.lineItems, amounts.discountCents)),
        amounts.amountCents,
      );
      expect(checkByPac(numbers)).toEqual([]);
      expect(numbers.total.replace(".", "")).toBe(String(amounts.amountCents).padStart(3, "0"));
    }),
    { numRuns: 300, seed: 12 },
  );
});

// ---------------------------------------------------------------- whose document it is

const ISSUER = { rfc: "EKU9003173C9", name: "ESCUELA KEMPER URGATE", regime: "601", postalCode: "06700" };
const ANA = { rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ", postalCode: "10740", regime: "605", use: "D10" };
const AT = new Date("2026-12-05T15:00:00Z");
const PUBLIC = { rfc: "XAXX010101000", name: "PUBLICO EN GENERAL", postalCode: "06700", regime: "616", use: "S01" };

function paid(invoiceId: string, change: Partial<PaidInvoice> = {}): PaidInvoice {
  const { lineItems, taxes, amountCents } = amountsOf([lineOf(9900)], 1, null, null);
  return {
    ...{ invoiceId, currency: "MXN", amountCents, taxes, receiver: null, at: AT, record: null },
    paidBy: { method: "card", cardKind: "credit" },
    balanceCents: 0,
    lines: withDiscounts(lineItems, 0),
    isOpenedThisMonth: true,
    ...change,
  };
}

function back(change: Partial<GivenBack> = {}): GivenBack {
  const {
    lines: _lines,
    isOpenedThisMonth: _opened,
    balanceCents: _balance,
    ...moved
  } = paid("inv_1", { receiver: ANA });
  return { ...moved, documentId: "ref_1", kind: "refund", original: null, ...change };
}

const month = (change: Partial<CfdiMonth>) =>
  cfdisOf({ month: "2026-12", issuer: ISSUER, invoices: [], refunds: [], ...change });

const STAMP = { exportedAt: AT, uuid: "5b0f5b0e-0c0a-4c1e-9a53-1f4a3ec0a001", status: "stamped" } as const;

describe("the documents of a month", () => {
  test("who gave tax data has one an invoice; the others are in the global one", () => {
    const documents = month({ invoices: [paid("inv_1", { receiver: ANA }), paid("inv_2"), paid("inv_3")] });
    expect(documents.map(({ invoiceId, type, receiver }) => [invoiceId, type, receiver])).toEqual([
      ["inv_1", "I", ANA],
      [null, "I", PUBLIC],
    ]);
    const [, global] = documents;
    expect(global).toMatchObject({
      documentId: "global-2026-12-MXN",
      global: { periodicity: "04", months: "12", year: "2026", invoiceIds: ["inv_2", "inv_3"] },
      total: "198.00",
      missing: [],
    });
    expect(global?.concepts.map((each) => [each.claveProdServ, each.claveUnidad, each.noIdentificacion])).toEqual([
      ["01010101", "ACT", "inv_2"],
      ["01010101", "ACT", "inv_3"],
    ]);
    expect(checkByPac(global!)).toEqual([]);
  });

  test("what is not known is named, and not guessed", () => {
    const { lines } = paid("inv_1");
    const bare = lines.map(({ claveProdServ: _p, claveUnidad: _u, tax: _t, ...each }) => each);
    const [document] = month({
      issuer: null,
      invoices: [paid("inv_1", { receiver: ANA, lines: bare, taxes: null, paidBy: null })],
    });
    expect(document?.missing).toEqual([
      "issuer",
      "concepts[0].claveProdServ",
      "concepts[0].claveUnidad",
      "concepts[0].tasaOCuota",
      "formaPago",
    ]);
    expect(document).toMatchObject({ formaPago: null, subTotal: "99.00", traslados: "0.00", total: "99.00" });
  });

  test("a refund names the original's uuid, and misses it where there is none", () => {
    const original = { id: "inv_1", ...STAMP };
    const [known] = month({ refunds: [back({ original })] });
    expect(known).toMatchObject({ type: "E", relation: { type: "01", uuid: STAMP.uuid }, missing: [], total: "99.00" });
    // A salary has no returns: the catalogue has no use G02 for 605.
    expect(known?.receiver?.use).toBe("S01");
    const [unknown] = month({ refunds: [back()] });
    expect([unknown?.relation, unknown?.missing]).toEqual([{ type: "01", uuid: null }, ["relation.uuid"]]);
    const [bare] = month({ issuer: null, refunds: [back({ original, paidBy: null, taxes: null })] });
    expect(bare?.missing).toEqual(["issuer", "concepts[0].tasaOCuota", "formaPago"]);
    const [ofGlobal] = month({ refunds: [back({ original: { id: "global-2026-11-MXN", ...STAMP } })] });
    expect(ofGlobal?.receiver).toEqual(PUBLIC);
  });

  test("what was stamped in the global invoice stays there when the customer gives tax data later", () => {
    const record = { id: "global-2026-12-MXN", ...STAMP };
    const documents = month({ invoices: [paid("inv_1", { receiver: ANA, record }), paid("inv_2")] });
    expect(documents.map(({ documentId, uuid, total }) => [documentId, uuid, total])).toEqual([
      ["global-2026-12-MXN", STAMP.uuid, "99.00"],
      ["global-2026-12-MXN-2", null, "99.00"],
    ]);
  });

  test("an invoice of an earlier month, and one that was exported before, are marked", () => {
    const record = { id: "inv_1", exportedAt: AT, uuid: null, status: null };
    const [document] = month({ invoices: [paid("inv_1", { receiver: ANA, isOpenedThisMonth: false, record })] });
    expect(document).toMatchObject({ openedEarlier: true, exportedAt: AT.toISOString(), uuid: null });
  });

  test.each([
    [{ method: "card", cardKind: "credit" }, "04"],
    [{ method: "card", cardKind: "debit" }, "28"],
    [{ method: "card", cardKind: null }, null],
    [{ method: "cash", cardKind: null }, "01"],
    [{ method: "bank_transfer", cardKind: null }, "03"],
    [{ method: null, cardKind: null, form: "02" }, "02"],
    [{ method: null, cardKind: null }, null],
    [null, null],
  ] as const)("paid by %j is the form %s", (paidBy, form) => {
    expect(formaPagoOf(paidBy)).toBe(form);
  });

  test.each([
    // balance of 9900, paid by, form, because
    [0, "credit", "04", "the card paid all of it"],
    [4950, "credit", "04", "half by each: the larger form is told, among equals the payment"],
    [4951, "credit", "17", "more of it was set off against the balance"],
    [9900, null, "17", "the balance paid all of it"],
    [-200, "credit", "04", "a debt of before joined it; the card paid that, too"],
    [5000, null, "17", "a person noted the rest, and not how; most of it is known all the same"],
    [4000, null, null, "a person noted most of it, and not how"],
  ] as const)("with %i paid by the balance the form is %s, %s", (balanceCents, cardKind, form, _because) => {
    const paidBy = cardKind === null ? null : ({ method: "card", cardKind } as const);
    const [document] = month({ invoices: [paid("inv_1", { receiver: ANA, balanceCents, paidBy })] });
    expect([document?.formaPago, document?.missing]).toEqual([form, form === null ? ["formaPago"] : []]);
  });

  test.each([
    // by credit, by debit, by a card whose kind Conekta does not tell, form, because
    [4000, 2500, 3500, null, "the untold may be debit, too, and then most of it is"],
    [6000, 0, 4000, "04", "whatever the untold is"],
    [4000, 2500, 1500, "04", "even with the untold debit comes no further"],
    [3000, 3000, 100, null, "the untold decides which is the larger"],
  ] as const)(
    "of %i by credit, %i by debit and %i untold the form is %s: %s",
    (credit, debit, untold, form, _because) => {
      const kinds = [
        ["credit", credit],
        ["debit", debit],
        [null, untold],
      ] as const;
      const payments = kinds.map(([cardKind, amountCents]) => ({
        ...{ paidBy: { method: "card", cardKind } as const, amountCents, balanceCents: 0 },
      }));
      expect(formaPagoOfMost(payments)).toBe(form);
    },
  );

  test("a credit to the balance is a document of type E with the uuid of the invoice, and misses it where there is none", () => {
    // V3: 6667 of 29900 given back, 16 % in it.
    const credit = { documentId: "a/1", kind: "credit", paidBy: null, amountCents: 6667 } as const;
    const taxes = taxOfCredit([lineOf(29900)], 6667);
    expect(taxes).toEqual([{ rate: 16, baseCents: 5747, taxCents: 920 }]);
    const of = { ...credit, taxes, original: { id: "inv_1", ...STAMP } };
    const [document, unstamped] = month({ refunds: [back(of), back({ ...of, original: null })] });
    expect(document).toMatchObject({
      ...{ type: "E", invoiceId: "inv_1", documentId: "a/1", refundId: null, formaPago: "17", total: "66.67" },
      ...{ relation: { type: "01", uuid: STAMP.uuid }, missing: [] },
      concepts: [{ claveProdServ: "84111506", claveUnidad: "ACT", description: "Bonificación por cambio de plan" }],
    });
    expect(checkByPac(document!)).toEqual([]);
    expect(unstamped?.missing).toEqual(["relation.uuid"]);
    expect(taxOfCredit([{}], 6667)).toBeNull();
  });
});

describe("who receives a document", () => {
  const ABROAD = { rfc: "XEXX010101000", name: "JOHN DOE", postalCode: "90210", regime: "616", use: "S01" };
  const BUSINESS = { ...ANA, regime: "612", use: "G03" };
  const own = { id: "inv_1", ...STAMP };

  test.each<
    [receiver: PaidInvoice["receiver"], issuer: CfdiMonth["issuer"], postalCode: string | undefined, because: string]
  >([
    [ANA, ISSUER, "10740", "at home"],
    [ABROAD, ISSUER, "06700", "who lives abroad has the postal code of the issuer"],
    [{ ...ABROAD, rfc: PUBLIC.rfc }, ISSUER, "06700", "so has the public"],
    [ABROAD, null, "90210", "where the issuer is not known, nothing is made up"],
  ])("%j, from %j: postal code %p (%s)", (receiver, issuer, postalCode) => {
    const [document] = month({ issuer, invoices: [paid("inv_1", { receiver })] });
    expect(document?.receiver).toEqual({ ...receiver, postalCode });
    expect(document?.invoiceId).toBe("inv_1");
  });

  test.each<[receiver: GivenBack["receiver"], use: string | null, because: string]>([
    [BUSINESS, "G02", "a business has a use for returns"],
    [{ ...BUSINESS, use: "S01" }, "S01", "what had no effect has none when it comes back"],
    [{ ...ANA, use: "D10" }, "S01", "a salary has no use for returns"],
    [ABROAD, "S01", "nor who lives abroad"],
    [null, null, "its invoice is stamped, and its data are gone since"],
  ])("what goes back to %j has the use %p (%s)", (receiver, use) => {
    const [document] = month({ refunds: [back({ receiver, original: own })] });
    expect(document?.receiver?.use ?? null).toBe(use);
  });

  test("the public at no known address has none", () => {
    const [document] = month({ issuer: null, invoices: [paid("inv_1")] });
    expect(document?.receiver).toEqual({ ...PUBLIC, postalCode: "" });
  });

  test("what is stamped as its own stays so, without a receiver, which is missed", () => {
    const [document] = month({ invoices: [paid("inv_1", { record: own })] });
    expect(document).toMatchObject({ documentId: "inv_1", receiver: null, missing: ["receiver"], uuid: STAMP.uuid });
    expect(document).toMatchObject({ status: "stamped", refundId: null, openedEarlier: false, global: null });
  });

  test("the record of another document says nothing of its own", () => {
    const record = { id: "global-2026-11-MXN", exportedAt: AT, uuid: STAMP.uuid, status: "canceled" } as const;
    const [document] = month({ invoices: [paid("inv_1", { receiver: ANA, record })] });
    expect(document).toMatchObject({ documentId: "inv_1", exportedAt: null, uuid: null, status: null });
  });

  test("a refund is known by its own id, a credit by none", () => {
    const [refund, credit] = month({ refunds: [back(), back({ documentId: "a/1", kind: "credit" })] });
    expect([refund?.refundId, refund?.formaPago, refund?.concepts[0]?.description]).toEqual([
      "ref_1",
      "04",
      "Devolución",
    ]);
    expect([credit?.refundId, credit?.formaPago]).toEqual([null, "17"]);
    expect(month({ refunds: [back({ original: { ...own, status: "canceled" } })] })[0]?.relation?.uuid).toBeNull();
  });
});

describe("the global invoice", () => {
  const at = (day: number): Date => new Date(Date.UTC(2026, 11, day, 15));

  test("one a currency, each with its own sum, at the time of its last payment", () => {
    const documents = month({
      invoices: [
        paid("inv_1", { at: at(7) }),
        paid("inv_2", { at: at(9) }),
        paid("inv_3", { at: at(8) }),
        paid("inv_4", { currency: "USD", at: at(3) }),
      ],
    });
    expect(documents.map(({ documentId, currency, total, movedAt }) => [documentId, currency, total, movedAt])).toEqual(
      [
        ["global-2026-12-MXN", "MXN", "297.00", at(9).toISOString()],
        ["global-2026-12-USD", "USD", "99.00", at(3).toISOString()],
      ],
    );
  });

  test("what comes after two were stamped is the third, and what was exported alone is no stamp", () => {
    const stamped = (id: string) => ({ id, ...STAMP });
    const exported = { id: "global-2026-12-MXN", exportedAt: AT, uuid: null, status: null };
    const documents = month({
      invoices: [
        paid("inv_1", { record: stamped("global-2026-12-MXN") }),
        paid("inv_2", { record: stamped("global-2026-12-MXN-2") }),
        paid("inv_3", { record: exported }),
        paid("inv_4"),
      ],
    });
    expect(documents.map(({ documentId, global, uuid }) => [documentId, global?.invoiceIds.join(" "), uuid])).toEqual([
      ["global-2026-12-MXN", "inv_1", STAMP.uuid],
      ["global-2026-12-MXN-2", "inv_2", STAMP.uuid],
      ["global-2026-12-MXN-3", "inv_3 inv_4", null],
    ]);
    const [again] = month({ invoices: [paid("inv_3"), paid("inv_4", { record: exported })] });
    expect(again).toMatchObject({ documentId: "global-2026-12-MXN", exportedAt: AT.toISOString(), uuid: null });
  });

  test("where all are stamped there is no other", () => {
    const record = { id: "global-2026-12-MXN", ...STAMP };
    expect(month({ invoices: [paid("inv_1", { record }), paid("inv_2", { record })] })).toHaveLength(1);
    expect(month({})).toEqual([]);
  });
});
