/**
 * Where rounding leaves fractions of a cent over, and how document and concepts are made to agree. Each row is held against
 * the rules of a PAC, too. The numbers of ordinary invoices are in cfdi.test.ts.
 */
import { describe, expect, test } from "@jest/globals";
import { checkByPac } from "../../../test/support/pac-rules.ts";
import { amountsOf, type Discount, type LineItem, withDiscounts } from "../money.ts";
import type { TaxRate } from "../tax.ts";
import { cfdiNumbers, type CfdiNumbers } from "./cfdi-numbers.ts";
import { draftsOf } from "./concept-drafts.ts";

function line(unitPriceCents: number, quantity: number, rate?: TaxRate, included = true): LineItem {
  return { name: "Plan Oro", unitPriceCents, quantity, ...(rate === undefined ? {} : { tax: { rate, included } }) };
}

function numbersOf(lines: readonly LineItem[], discount: Discount | null): CfdiNumbers & { readonly cents: number } {
  const { lineItems, discountCents, amountCents } = amountsOf(lines, 1, discount, null);
  return { ...cfdiNumbers(draftsOf(withDiscounts(lineItems, discountCents)), amountCents), cents: amountCents };
}

/** "Importe - Descuento = Base + IVA" a concept, then "SubTotal - Descuento + Traslados = Total". */
function told({ concepts, ...sums }: CfdiNumbers): readonly string[] {
  return [
    ...concepts.map((each) => `${each.importe} - ${each.descuento} = ${each.base} + ${each.iva}`),
    `${sums.subTotal} - ${sums.descuento} + ${sums.traslados} = ${sums.total}`,
  ];
}

// prettier-ignore
const ROWS: readonly (readonly [because: string, lines: readonly LineItem[], discount: Discount | null, told: readonly string[]])[] = [
  ["nothing is told of its tax", [line(5, 3)], null, ["0.150000 - 0.000000 = null + null", "0.15 - 0.00 + 0.00 = 0.15"]],
  ["a rate of nothing is a tax of nothing", [line(8, 3, 0)], null, ["0.240000 - 0.000000 = 0.240000 + 0.000000", "0.24 - 0.00 + 0.00 = 0.24"]],
  ["exempt", [line(2, 1, "exempt")], null, ["0.020000 - 0.000000 = 0.020000 + 0.000000", "0.02 - 0.00 + 0.00 = 0.02"]],
  ["without a discount the price gives way, to a quarter of a cent", [line(1, 1, 16), line(2, 3, 8)], null, [
    "0.014444 - 0.000000 = 0.014444 + 0.002311", "0.055556 - 0.000000 = 0.055556 + 0.004444", "0.07 - 0.00 + 0.00 = 0.07",
  ]],
  ["with one the discount does, as far as it keeps its cents", [line(1, 9, 8)], { percent: 30.19 }, ["0.083333 - 0.022500 = 0.060833 + 0.004867", "0.08 - 0.02 + 0.00 = 0.06"]],
  ["a discount that comes to no cent", [line(7, 1, 8)], { percent: 10 }, ["0.064815 - 0.002500 = 0.062315 + 0.004985", "0.06 - 0.00 + 0.00 = 0.06"]],
  ["no discount is larger than its price", [line(1, 4, 16), line(99, 8, 8)], { percent: 99 }, [
    "0.034483 - 0.034483 = 0.000000 + 0.000000", "7.333333 - 7.265517 = 0.067816 + 0.005425", "7.37 - 7.30 + 0.01 = 0.08",
  ]],
  ["nor below nothing", [line(2, 3, 8), line(2629, 5, 16)], { amountCents: 2247 }, [
    "0.055556 - 0.009259 = 0.046297 + 0.003704", "113.318966 - 19.350741 = 93.968225 + 15.034916", "113.37 - 19.36 + 15.03 = 109.04",
  ]],
  ["no discount fits: a price and its discount rise together, so that base and tax stay", [line(8110, 1, 8)], { percent: 58.14 }, [
    "75.105186 - 43.670000 = 31.435186 + 2.514815", "75.11 - 43.67 + 2.51 = 33.95",
  ]],
  ["a price that gave way moves the tax, and then gives way once more", [line(32, 1, 16), line(37, 1, 16), line(7, 1, 8)], null, [
    "0.273719 - 0.000000 = 0.273719 + 0.043795", "0.318966 - 0.000000 = 0.318966 + 0.051035", "0.064815 - 0.000000 = 0.064815 + 0.005185", "0.66 - 0.00 + 0.10 = 0.76",
  ]],
  ["a small one of two lines", [line(3, 8, 16), line(458153, 1, 8)], { amountCents: 4547 }, [
    "0.215045 - 0.000648 = 0.214397 + 0.034304", "4242.157407 - 42.101852 = 4200.055555 + 336.004444", "4242.37 - 42.10 + 336.03 = 4536.30",
  ]],
];

test.each(ROWS)("%s: %j less %j", (_because, lines, discount, expected) => {
  const numbers = numbersOf(lines, discount);
  expect(told(numbers)).toEqual(expected);
  expect(checkByPac(numbers)).toEqual([]);
});

describe("where neither price nor discount alone can give way, with a tax in one line and beside another", () => {
  test.each<[lines: readonly LineItem[], discountCents: number]>([
    [[line(261200, 3, 16, false), line(19, 1, 16)], 945],
    [[line(509828, 1, 16, false), line(10, 1, 16), line(17, 1, 16, false)], 2875],
    [[line(19, 1, 16), line(408830, 12, 16, false)], 5],
  ])("%j less %i cents has numbers all the same", (lines, amountCents) => {
    const numbers = numbersOf(lines, { amountCents });
    expect(checkByPac(numbers)).toEqual([]);
    expect(numbers.total.replace(".", "")).toBe(String(numbers.cents));
  });
});

test("of nothing there are no numbers but nothing; what adds up to no cent of it is a bug", () => {
  const nothing = { concepts: [], subTotal: "0.00", descuento: "0.00", traslados: "0.00", total: "0.00" };
  expect(cfdiNumbers([], 0)).toEqual(nothing);
  expect(() => cfdiNumbers([], 1)).toThrow("no concepts add up to 1 cents");
});

test("what a concept is follows it: keys, quantity, price, rate, and the invoice it stands for", () => {
  const draft = { claveProdServ: "86121700", claveUnidad: "E48", description: "Venta", quantity: 3, grossCents: 1000 };
  const of = { ...draft, discountCents: 0, tax: { rate: 16, included: false } } as const;
  const shared = { claveProdServ: "86121700", claveUnidad: "E48", description: "Venta", quantity: 3 };
  const [named, untaxed, exempt] = cfdiNumbers(
    [
      { ...of, of: "inv_1" },
      { ...of, tax: null },
      { ...of, tax: { rate: "exempt", included: true } },
    ],
    3160,
  ).concepts;
  expect(named).toStrictEqual({
    ...{ ...shared, valorUnitario: "3.333333", importe: "10.000000", descuento: "0.000000", base: "10.000000" },
    ...{ tasaOCuota: "0.160000", iva: "1.600000", objetoImp: "02", noIdentificacion: "inv_1" },
  });
  expect(untaxed).toStrictEqual({
    ...{ ...shared, valorUnitario: "3.333333", importe: "10.000000", descuento: "0.000000" },
    ...{ base: null, tasaOCuota: null, iva: null, objetoImp: null },
  });
  expect(exempt).toMatchObject({ base: "10.000000", tasaOCuota: "Exento", iva: "0.000000", objetoImp: "02" });
});
