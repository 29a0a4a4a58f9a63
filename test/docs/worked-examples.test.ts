/** The examples in pesos of docs/invoices.md are what the program computes. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { paidByBalance } from "../../src/domain/balance.ts";
import { prorationOf } from "../../src/domain/proration.ts";
import { DAY_MS } from "../support/records.ts";

const PAGE = readFileSync(new URL("../../docs/invoices.md", import.meta.url), "utf8");

/** Cells of the rows below the table's head. */
function rowsUnder(head: RegExp): string[][] {
  const lines = PAGE.split("\n");
  const first = lines.findIndex((line) => head.test(line)) + 2;
  const end = lines.findIndex((line, index) => index >= first && !line.startsWith("|"));
  return lines.slice(first, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function cents(text: string): number {
  const amount = Number(text.replaceAll(/[−$,]/g, ""));
  return Math.round(amount * 100) * (text.startsWith("−") ? -1 : 1);
}

const CHANGES = rowsUnder(/^\| from → to /);
const BALANCES = rowsUnder(/^\| invoice \| balance \|/);

test("control: the tables are found", () => {
  expect([CHANGES.length, BALANCES.length]).toEqual([5, 4]);
});

test.each(CHANGES)("%s: of %s days, %s back and %s to pay are %s", (what, days, back, more, net) => {
  const [whole, left] = days.split(", ").map(Number) as [number, number];
  const amounts = (what.match(/\$[\d,.]*\d/g) ?? []).map(cents);
  const pieces = /^(\d+) → (\d+) pieces/.exec(what)?.slice(1).map(Number);
  const [oldCents, newCents] = (pieces?.map((each) => each * amounts[0]!) ?? amounts) as [number, number];
  const at = (day: number) => new Date(Date.UTC(2026, 0, 1, 12) + day * DAY_MS);
  const on = at(whole - left)
    .toISOString()
    .slice(0, 10);
  const held = [{ from: null, valueCents: oldCents }];
  const paid = { held, newCents, paidCents: oldCents };
  const is = prorationOf({ start: at(0), end: at(whole) }, { on, timeZone: "UTC" }, paid);
  expect([is.creditCents, is.debitCents, is.netCents]).toEqual([back, more, net].map(cents));
});

test.each(BALANCES)(
  "an invoice of %s with a balance of %s: %s by the balance, %s charged, %s left",
  (total, balance, by, charged, left) => {
    const balanceCents = cents(balance);
    const is = paidByBalance(cents(total), { number: 1, balanceCents }, 300);
    expect([is.appliedCents, is.amountCents]).toEqual([cents(by), charged === "nothing" ? 0 : cents(charged)]);
    expect(balanceCents - is.appliedCents).toBe(cents(left));
  },
);
