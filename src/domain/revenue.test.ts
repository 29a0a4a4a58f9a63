/** Which money is revenue. */
import { expect, test } from "@jest/globals";
import { figureOf, type MoneyMoved } from "./revenue.ts";

// prettier-ignore
test.each<[moved: MoneyMoved, figure: ReturnType<typeof figureOf>, because: string]>([
  [{ kind: "invoice", status: "paid" }, "paid", "money came"],
  [{ kind: "invoice", status: "open" }, null, "none came yet"],
  [{ kind: "invoice", status: "void" }, null, "none will come"],
  [{ kind: "refund", state: "done", paidState: "paid" }, "refunded", "it went back"],
  [{ kind: "refund", state: "unknown", paidState: "paid" }, null, "nobody knows whether it went back"],
  [{ kind: "refund", state: "refused", paidState: "paid" }, null, "it did not go back"],
  [{ kind: "refund", state: "done", paidState: "paid_again" }, null, "a second payment was no revenue"],
  [{ kind: "dispute", outcome: "lost", paidState: "paid" }, "lost", "the bank took it back"],
  [{ kind: "dispute", outcome: "open", paidState: "paid" }, null, "it is not decided"],
  [{ kind: "dispute", outcome: "withdrawn", paidState: "paid" }, null, "the refund counts"],
  [{ kind: "dispute", outcome: "won", paidState: "paid" }, null, "it stays"],
  [{ kind: "dispute", outcome: "lost", paidState: "paid_again" }, null, "a second payment was no revenue"],
])("%j is %p (%s)", (moved, figure) => {
  expect(figureOf(moved)).toBe(figure);
});
