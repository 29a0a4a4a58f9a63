import { describe, expect, test } from "@jest/globals";
import { INVOICE_MOVES, INVOICE_STATUSES, OUT_OF_DUNNING, type InvoiceStatus } from "./invoice.ts";
import { transition, type InvoiceBefore, type InvoiceMove } from "./invoice-transition.ts";

const NOW = new Date("2026-01-31T15:00:00Z");

/** In the middle of everything that its status allows. */
function invoiceIn(status: InvoiceStatus): InvoiceBefore {
  const dunning = { dunningStep: "retry", dunningClass: "retry_later", dunningDueAt: NOW } as const;
  return {
    ...{ id: "inv_1", status, declines: 2, faults: 1, firstDeclinedAt: NOW, nextAttemptAt: null, ...OUT_OF_DUNNING },
    statusReason: status === "void" ? "skipped" : status === "open" || status === "paid" ? null : "refused",
    retryRequestedAt: status === "open" || status === "held" ? NOW : null,
    ...(status === "open" && { nextAttemptAt: NOW, ...dunning }),
  };
}

const MOVES: Record<InvoiceStatus, InvoiceMove> = {
  open: { status: "open" },
  held: { status: "held", statusReason: "daily_limit" },
  void: { status: "void", statusReason: "canceled" },
  uncollectible: { status: "uncollectible", statusReason: "collection_stopped" },
  paid: { status: "paid", paidAt: NOW },
};

describe("every move of an invoice", () => {
  const ALL = INVOICE_STATUSES.flatMap((from) => INVOICE_STATUSES.map((to) => [from, to] as const));
  const allowed = ALL.filter(([from, to]) => INVOICE_MOVES[from].includes(to));
  const forbidden = ALL.filter(([from, to]) => !INVOICE_MOVES[from].includes(to));

  test.each(allowed)("%s -> %s keeps together what belongs together", (from, to) => {
    const after = transition(invoiceIn(from), MOVES[to]);
    expect({
      status: after.status,
      hasReason: after.statusReason !== null,
      isPaidNow: after.paidAt !== null,
      mayHavePlans: to === "open" || (after.nextAttemptAt === null && after.dunningStep === null),
      isAskedFor: after.retryRequestedAt !== null,
    }).toEqual({
      status: to,
      hasReason: ["void", "held", "uncollectible"].includes(to),
      isPaidNow: to === "paid",
      mayHavePlans: true,
      isAskedFor: ["open", "held"].includes(to) && ["open", "held"].includes(from),
    });
  });

  test.each(forbidden)("%s -> %s is a bug", (from, to) => {
    expect(() => transition(invoiceIn(from), MOVES[to])).toThrow(`inv_1 cannot go ${from} -> ${to}`);
  });
});

describe("what is not named", () => {
  test.each(INVOICE_STATUSES)("stays, when the invoice stays %s", (status) => {
    const { id, ...before } = invoiceIn(status);
    expect(transition({ id, ...before })).toEqual({ ...before, paidAt: null });
  });

  test("half a step of dunning, or a date without one, is a bug", () => {
    const open = { ...invoiceIn("open"), ...OUT_OF_DUNNING };
    expect(() => transition(open, { dunningStep: "grace" })).toThrow("half a step");
    expect(() => transition(open, { dunningDueAt: NOW })).toThrow("no step");
  });

  test("a reason without its status, or a payment without its date, does not compile", () => {
    const wrong = () => {
      // @ts-expect-error: an open invoice has no reason
      transition(invoiceIn("open"), { status: "open", statusReason: "refused" });
      // @ts-expect-error: a void one has
      transition(invoiceIn("open"), { status: "void" });
      // @ts-expect-error: a payment has its instant
      transition(invoiceIn("open"), { status: "paid" });
      // @ts-expect-error: nobody tries a held one
      transition(invoiceIn("open"), { status: "held", statusReason: "refused", nextAttemptAt: NOW });
    };
    expect(wrong).toBeInstanceOf(Function);
  });
});
