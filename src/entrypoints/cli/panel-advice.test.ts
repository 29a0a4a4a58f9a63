/** What a person is told to do must be something that is not refused then. */
import { expect, test } from "@jest/globals";
import type { UnknownCharge } from "../../application/reconcile/list-unknown.ts";
import { panelAdvice } from "./panel-advice.ts";

const HELD = {
  ...{ kind: "held", invoiceId: "inv_1", attemptId: "att_1", orderId: "ord_1", customerId: "cus_1" },
  ...{ amountCents: 20015, currency: "MXN" },
} as UnknownCharge;

test("an invoice that is held for an answer that is known is decided by its own commands", () => {
  const { en, es } = panelAdvice({ ...HELD, state: "refused" }, 30_000);
  for (const lines of [en, es]) expect(lines.join("\n")).toContain("npx puntual invoices retry inv_1");
});

test("one whose charge waits at Conekta and does not end is ended there: every command would be refused", () => {
  const { en, es } = panelAdvice({ ...HELD, state: "pending" }, 30_000);
  for (const lines of [en, es]) {
    expect(lines[0]).toMatch(/ord_1 .* cus_1, .* \$200\.15 MXN/);
    expect(lines.join("\n")).toContain("npx puntual reconcile --all");
    expect(lines.join("\n")).not.toMatch(/retry|void|mark-paid|resolve/);
  }
});
