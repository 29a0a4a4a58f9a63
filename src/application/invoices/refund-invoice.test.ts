/** What becomes of refunds whose answer was lost, by the sum that their order shows. */
import { expect, test } from "@jest/globals";
import { SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { seededRandom } from "../../adapters/random.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { mayHaveGoneBack, type RefundState } from "../../domain/refund.ts";
import type { RefundRow } from "../ports/listings/invoices.ts";
import type { Refund, RefundRecords } from "../ports/refunds.ts";
import type { Store } from "../ports/store.ts";
import type { Records, ShownRefund } from "../ports/records.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { refundInvoice, settleRefunds } from "./refund-invoice.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const QUIET_MS = 15 * MINUTE_MS;

/**
 * @param refunds of one order: state, cents, and how long ago it was asked for
 * @param traces what is kept of the read beside each that it settled
 */
async function settled(
  refunds: readonly (readonly [RefundState, number, number])[],
  shown: number | GatewayRefused | GatewayUnavailable,
  traces: unknown[] = [],
) {
  const all = refunds.map(([state, amountCents, ageMs], place): Refund => ({
    ...{ id: `ref_${place}`, invoiceId: "inv_1", attemptId: "att_1", orderId: "ord_1", currency: "MXN" },
    ...{ amountCents, state, createdAt: new Date(NOW.getTime() - ageMs) },
  }));
  const written: string[] = [];
  const never = (): never => {
    throw new Error("not scripted");
  };
  const records: RefundRecords = {
    ...{ paymentOf: never, request: never, page: never },
    ofOrder: async () => all,
    list: async ({ states = [] }) => all.filter(({ state }) => states.includes(state)) as unknown as RefundRow[],
    settle: async (refundId, { kind, trace }) => {
      written.push(`${refundId} ${kind}`);
      traces.push(trace);
    },
  };
  const refunder = {
    refund: never,
    readRefundedCents: async () => {
      if (typeof shown !== "number") throw shown;
      return shown;
    },
  };
  const clock = { now: () => NOW, monotonicMs: () => 0 };
  const countedCents = (): number =>
    all
      .filter(({ id, state }) => mayHaveGoneBack(state) && !written.includes(`${id} not_sent`))
      .reduce((sum, each) => sum + each.amountCents, 0);
  const books = {
    countedRefundCents: async () => countedCents(),
    addShownRefund: async ({ amountCents }: ShownRefund) => void written.push(`panel ${amountCents}`),
    record: () => {},
  } as unknown as Records;
  const store: Pick<Store, "write"> = { write: async (_now, work) => await work(books) };
  const inbox = { attemptsOf: async () => [{ attemptId: "att_1", state: "paid" } as KnownAttempt] };
  const needs = { refunds: records, refunder, random: seededRandom(1), log: SILENT_LOG };
  const outcomes = await settleRefunds({ ...needs, store, inbox, clock }, "inv_1");
  return `${[...new Set(outcomes.map(({ outcome }) => outcome))].join(" ")}: ${written.join(", ")}`;
}

// prettier-ignore
test.each<[refunds: readonly (readonly [RefundState, number, number])[], shownCents: number, becomes: string, because: string]>([
  [[["unknown", 100, 0]], 100, "done: ref_0 done", "the order shows it"],
  [[["requested", 100, 0]], 100, "done: ref_0 done", "also where the process died before its answer"],
  [[["done", 50, 0], ["unknown", 100, 0]], 150, "done: ref_1 done", "beside what is known"],
  [[["unknown", 100, 0], ["requested", 20, 0]], 120, "done: ref_0 done, ref_1 done", "both of them"],
  [[["unknown", 100, QUIET_MS]], 0, "not_sent: ref_0 not_sent", "nothing went back, and a read shows it by now"],
  [[["unknown", 100, QUIET_MS - 1]], 0, "too_early: ", "a read may lag"],
  [[["unknown", 100, QUIET_MS], ["requested", 20, 0]], 0, "too_early: ", "for as long as the youngest may"],
  [[["done", 50, 0], ["unknown", 100, QUIET_MS]], 50, "not_sent: ref_1 not_sent", "what is known is all that went back"],
  [[["unknown", 100, QUIET_MS]], 40, "not_sent: ref_0 not_sent, panel 40", "ours would show 100 at least: the panel gave 40 back"],
  [[["unknown", 100, QUIET_MS - 1]], 40, "too_early: ", "ours may not be shown yet"],
  [[["unknown", 100, QUIET_MS], ["unknown", 30, QUIET_MS]], 40, "unclear: ", "which of ours, if any, is a person's to say"],
  [[["unknown", 100, QUIET_MS], ["unknown", 20, QUIET_MS]], 100, "unclear: ", "which of two went back, no sum tells"],
  [[["unknown", 100, QUIET_MS], ["unknown", 100, QUIET_MS]], 100, "unclear: ", "nor of two alike"],
  [[["done", 100, QUIET_MS], ["unknown", 100, QUIET_MS]], 50, "unclear: ", "less is shown than went back: the read tells nothing"],
  [[["refused", 30, 0], ["unknown", 100, QUIET_MS]], 100, "done: ref_1 done", "what was refused is in no sum"],
  [[["done", 100, 0]], 100, ": ", "nothing is open"],
  [[["unknown", 100, 0]], 140, "done: panel 40, ref_0 done", "what is beyond ours went back in the panel, as a webhook's read has it"],
  [[["done", 50, 0], ["requested", 100, 0]], 151, "done: panel 1, ref_1 done", "beside what is known, too"],
])("refunds %j, %i cents shown: %s (%s)", async (refunds, shownCents, becomes, _because) => {
  expect(await settled(refunds, shownCents)).toBe(becomes);
});

test("what a read settles keeps what the read showed, and that it was answered", async () => {
  const traces: unknown[] = [];
  await settled([["unknown", 100, 0]], 100, traces);
  await settled([["unknown", 70, QUIET_MS]], 0, traces);
  const answered = { httpStatus: 200, logId: null };
  expect(traces).toEqual([
    { ...answered, because: "the order was read, and shows 100 cents given back" },
    { ...answered, because: "the order was read, and shows 0 cents given back" },
  ]);
});

test("an order that is not there gave nothing back", async () => {
  const gone = new GatewayRefused("no such order", { httpStatus: 404, code: null });
  expect(await settled([["unknown", 100, QUIET_MS]], gone)).toBe("not_sent: ref_0 not_sent");
  expect(await settled([["unknown", 100, QUIET_MS - 1]], gone)).toBe("too_early: ");
});

test.each([
  new GatewayRefused("not now", { httpStatus: 422, code: null }),
  new GatewayRefused("not you", { httpStatus: 403, code: null }),
  new GatewayUnavailable("nobody is there"),
])("an order that cannot be read says nothing: %p", async (error) => {
  await expect(settled([["unknown", 100, QUIET_MS]], error)).rejects.toThrow(error.message);
});

test.each<[kind: "done" | "refused", level: string]>([
  ["done", "info"],
  ["refused", "error"],
])("a refund that is %s: read, committed, sent once, and its end kept", async (kind, level) => {
  const done: unknown[] = [];
  const trace = { httpStatus: 200, logId: null, because: "said the test" };
  const outcome =
    kind === "done"
      ? ({ kind, gatewayRefundId: "gr_1", trace } as const)
      : ({ kind, failureCode: "x", failureMessage: "y", trace } as const);
  const refund = { id: "ref_1", invoiceId: "inv_1", attemptId: "att_1", orderId: "ord_1", amountCents: 40 };
  const needs = {
    refunds: {
      paymentOf: async (wanted: unknown) => {
        done.push(["payment of", wanted]);
        return { orderId: "ord_1" };
      },
      request: async (...asked: unknown[]) => {
        done.push(["request", ...asked]);
        return refund;
      },
      settle: async (...asked: unknown[]) => void done.push(["settle", ...asked]),
    },
    refunder: {
      readRefundedCents: async (orderId: string) => {
        done.push(["read", orderId]);
        return 0;
      },
      refund: async (...asked: unknown[]) => {
        done.push(["refund", ...asked]);
        return outcome;
      },
    },
    clock: { now: () => NOW },
    log: { [level]: (...said: unknown[]) => void done.push(["log", ...said]) },
  } as unknown as Parameters<typeof refundInvoice>[0];
  const wanted = {
    ...{ invoiceId: "inv_1", attemptId: null, amountCents: null, note: null, by: "Ana" },
    reason: "other" as const,
  };
  expect(await refundInvoice(needs, wanted)).toEqual({ refund, outcome });
  const said = { refundId: "ref_1", invoiceId: "inv_1", orderId: "ord_1", amountCents: 40 };
  expect(done).toEqual([
    ["payment of", wanted],
    ["read", "ord_1"],
    ["request", { ...wanted, shownCents: 0 }, NOW],
    ["refund", "ord_1", { amountCents: 40, reason: "other" }],
    ["log", "refund.answered", { ...said, outcome: kind, because: "said the test" }],
    ["settle", "ref_1", outcome, NOW],
  ]);
});
