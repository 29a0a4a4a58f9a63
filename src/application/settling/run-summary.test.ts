import { describe, expect, test } from "@jest/globals";
import { ATTEMPT_STATES, type AttemptState } from "../../domain/attempt.ts";
import { DatabaseUnusable } from "../../domain/errors.ts";
import type { Settled } from "../ports/charging.ts";
import { countSettled, emptyRunSummary, putRowAside, reportOf, takeStep } from "./run-summary.ts";

const INTENT = { amountCents: 200_15, currency: "MXN" };

function settled(state: AttemptState, status = "open", isAfterCancel?: true): Settled {
  const settlement = { attempt: { state }, invoice: { status }, event: "invoice.paid", finalAction: null };
  return { attemptId: "att_1", invoiceId: "inv_1", settlement: { ...settlement, isAfterCancel } } as unknown as Settled;
}

test("a run that did nothing has nothing to say", () => {
  const { outcomes, ...summary } = emptyRunSummary();
  expect(Object.keys(outcomes).toSorted()).toEqual(ATTEMPT_STATES.toSorted());
  expect(new Set(Object.values(outcomes))).toEqual(new Set([0]));
  expect(summary).toEqual({
    ...{ opened: 0, paidCents: {}, notRecorded: 0, needsPerson: 0, setAside: [], unreadable: 0, failedReads: 0 },
    ...{ stoppedAt: null, haltReason: null, clockSkewMs: null, clock: "right" },
  });
});

test("each outcome counts as what it is, and money as what moved", () => {
  const summary = emptyRunSummary();
  for (const state of ["paid", "paid", "declined", "paid_again", "unknown"] as const)
    countSettled(summary, settled(state), INTENT);
  countSettled(summary, settled("paid"), { ...INTENT, currency: "USD" });
  expect(summary.outcomes).toMatchObject({ paid: 3, declined: 1, paid_again: 1, unknown: 1, released: 0 });
  expect(summary.paidCents).toEqual({ MXN: 3 * 200_15, USD: 200_15 });
});

// prettier-ignore
test.each<[each: Settled, needsPerson: number, notRecorded: number, because: string]>([
  [settled("paid", "paid"), 0, 0, "it is paid"],
  [settled("declined"), 0, 0, "dunning has it"],
  [settled("declined", "held"), 1, 0, "it is held"],
  [settled("paid_again", "paid"), 1, 0, "it was paid twice"],
  [settled("paid", "paid", true), 1, 0, "it was canceled before"],
  [{ attemptId: "att_1", invoiceId: "inv_1", settlement: null }, 0, 0, "nothing is new"],
  [{ attemptId: "att_1", invoiceId: "", settlement: null, notRecorded: true }, 0, 1, "it stands in the log alone"],
])("%#: %i for a person, %i not recorded (%s)", (each, needsPerson, notRecorded) => {
  const summary = emptyRunSummary();
  countSettled(summary, each, INTENT);
  expect(summary).toMatchObject({ needsPerson, notRecorded });
});

describe("what breaks", () => {
  const told: unknown[] = [];
  const log = { error: (...line: unknown[]) => void told.push(line) } as unknown as Parameters<
    typeof putRowAside
  >[0]["log"];
  const bug = new TypeError("x is undefined");

  test("a row is set aside once, and told", () => {
    const summary = emptyRunSummary();
    for (const invoiceId of ["inv_1", "inv_2", "inv_1"]) putRowAside({ log }, summary, { invoiceId }, bug);
    expect(summary.setAside).toEqual(["inv_1", "inv_2"]);
    expect(told.splice(0)).toEqual(
      ["inv_1", "inv_2"].map((invoiceId) => ["invoice.set_aside", { invoiceId, error: bug }]),
    );
  });

  test("a step is set aside, and what is no bug ends the run", async () => {
    const summary = emptyRunSummary();
    const fail = (error: Error) => () => {
      throw error;
    };
    await takeStep({ log }, summary, "collect", async () => {});
    await takeStep({ log }, summary, "notices", fail(bug));
    expect(summary.setAside).toEqual(["the step notices"]);
    expect(told.splice(0)).toEqual([["step.set_aside", { step: "notices", error: bug }]]);
    await expect(takeStep({ log }, summary, "collect", fail(new DatabaseUnusable("full")))).rejects.toThrow("full");
    expect(summary.setAside).toHaveLength(1);
  });
});

test("the report says each outcome by its name", () => {
  const summary = emptyRunSummary();
  const names = { paid: 1, declined: 2, pending: 3, refused: 4, unknown: 5, released: 6, not_sent: 7, paid_again: 8 };
  Object.assign(summary.outcomes, names);
  Object.assign(summary, { opened: 9, needsPerson: 10, failedReads: 11, unreadable: 12, notRecorded: 13 });
  const { not_sent: notSent, paid_again: paidAgain, ...same } = names;
  expect(reportOf(summary)).toEqual({
    ...{ ...same, notSent, paidAgain, opened: 9, needsPerson: 10, failedReads: 11, unreadable: 12, notRecorded: 13 },
    ...{ paidCents: {}, setAside: [], stoppedAt: null, haltReason: null, clockSkewMs: null, clock: "right" },
  });
});
