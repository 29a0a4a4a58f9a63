/** Which period runs, of literals. */
import { expect, test } from "@jest/globals";
import type { InvoiceStatus } from "./invoice.ts";
import { runningInvoiceAt } from "./running-invoice.ts";

const at = (day: number, ms = 0): Date => new Date(Date.UTC(2026, 11, day, 15, 0, 0, ms));
const of = (id: string, cycle: number | null, from: number, to: number, status: InvoiceStatus = "paid") => ({
  ...{ id, cycle, status },
  ...{ periodStart: at(from), periodEnd: at(to) },
});
const MONTH = of("month", 3, 1, 20);

// prettier-ignore
test.each<[invoices: readonly ReturnType<typeof of>[], now: Date, running: string | null, because: string]>([
  [[], at(10), null, "nothing was billed"],
  [[MONTH], at(10), "month", "it is in its middle"],
  [[MONTH], at(1), "month", "its first moment"],
  [[MONTH], at(1, -1), null, "the moment before"],
  [[MONTH], at(20, -1), "month", "its last moment"],
  [[MONTH], at(20), null, "its end is the next one's beginning"],
  [[of("once", null, 1, 20)], at(10), null, "what is charged once has no period"],
  [[MONTH, of("once", null, 1, 20)], at(10), "month", "nor does it hide one"],
  [[MONTH, of("year", 4, 5, 30)], at(10), "year", "of two, the later: another interval began inside"],
  [[of("year", 4, 5, 30), MONTH], at(10), "year", "in whatever order they come"],
  [[MONTH, of("next", 4, 20, 30)], at(10), "month", "the next has not begun"],
  [[of("before", 2, 1, 5), MONTH], at(10), "month", "the one before is over"],
  [[of("first", 0, 1, 20)], at(10), "first", "the first cycle is one, too"],
  [[of("void", 3, 1, 20, "void")], at(10), null, "a void one was not sold"],
  [[MONTH, of("void", 4, 5, 30, "void")], at(10), "month", "nor does it hide the one that was"],
  [[of("open", 3, 1, 20, "open")], at(10), "open", "it may still be paid"],
  [[of("held", 3, 1, 20, "held")], at(10), "held", "a person decides"],
  [[of("lost", 3, 1, 20, "uncollectible")], at(10), "lost", "it was sold, and not paid"],
])("of %j at %p it is %p (%s)", (invoices, now, running) => {
  expect(runningInvoiceAt(invoices, now)?.id ?? null).toBe(running);
});
