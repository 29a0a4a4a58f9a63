/** What becomes of outcomes that cannot be written, together or alone. */
import { describe, expect, test } from "@jest/globals";
import { policyOf } from "../../../test/support/policy.ts";
import { DatabaseUnusable } from "../../domain/errors.ts";
import type { Settled, SettleItem } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { emptyRunSummary } from "./run-summary.ts";
import { policyOf as policyNamed, settleAttempts, type SettleNeeds } from "./settle-attempts.ts";
import { settleAbandoned } from "./settle-abandoned.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const OWNER = {} as Owner;
const BUG: Error = new TypeError("a damaged row");

function settledAs(attemptId: string, event = "attempt.released", state = "released"): Settled {
  const attempt = { state, orderId: "ord_1", chargeId: null, decline: null, trace: null };
  const invoice = { status: "open", statusReason: null, nextAttemptAt: NOW };
  return { attemptId, invoiceId: "inv_1", settlement: { attempt, invoice, event } } as unknown as Settled;
}

/** @param bad attempts that no group can be written with @param abandoned what is, whenever it is asked */
function worldOf({ bad = [] as readonly string[], error = BUG, abandoned = [] as readonly string[] } = {}) {
  const groups: string[] = [];
  const evidence: unknown[] = [];
  const logged: unknown[] = [];
  const log = (level: string) => (event: string, told: object) => void logged.push([level, event, told]);
  let left = abandoned;
  const needs = {
    clock: { now: () => NOW },
    policies: new Map([["standard", policyOf()]]),
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    store: {
      settle: async (items: readonly SettleItem[], now: Date) => {
        groups.push(items.map(({ attemptId }) => attemptId).join(" "));
        evidence.push(...items.map((each) => each.evidence.kind));
        expect(now).toEqual(NOW);
        if (items.some(({ attemptId }) => bad.includes(attemptId))) throw error;
        left = left.filter((id) => !items.some(({ attemptId }) => attemptId === id));
        return items.map(({ attemptId }) => settledAs(attemptId));
      },
      abandoned: async (_owner: Owner, now: Date, limit: number) => (expect(now).toEqual(NOW), left.slice(0, limit)),
    },
  } as unknown as SettleNeeds;
  return { needs, groups, evidence, logged };
}

const itemsOf = (ids: string): readonly SettleItem[] =>
  ids
    .split(" ")
    .filter((id) => id !== "")
    .map((attemptId) => ({ attemptId, evidence: { kind: "released" } }));

describe("outcomes are booked", () => {
  // prettier-ignore
  test.each<[items: string, bad: readonly string[], groups: readonly string[], notRecorded: readonly string[], because: string]>([
    ["", [], [], [], "nothing was learned"],
    ["a b c", [], ["a b c"], [], "one transaction for all"],
    ["a b c", ["b"], ["a b c", "a", "b", "c"], ["b"], "one that cannot be written keeps no other out"],
    ["a b", ["a", "b"], ["a b", "a", "b"], ["a", "b"], "each stays as it was, and is told"],
    ["a", ["a"], ["a"], ["a"], "there is no smaller group"],
  ])("of %j, where %j cannot be written: by the groups %j, without %j (%s)", async (items, bad, groups, notRecorded) => {
    const world = worldOf({ bad });
    const settled = await settleAttempts(world.needs, itemsOf(items));
    expect(world.groups).toEqual(groups);
    expect(settled.map(({ attemptId }) => attemptId)).toEqual(itemsOf(items).map(({ attemptId }) => attemptId));
    expect(settled.filter((each) => each.notRecorded)).toEqual(
      notRecorded.map((attemptId) => ({ attemptId, invoiceId: "", settlement: null, notRecorded: true })),
    );
    expect(world.logged.filter(([, event]: any) => event === "attempt.not_recorded")).toEqual(
      notRecorded.map((attemptId) => [
        ...["error", "attempt.not_recorded"],
        { attemptId, evidence: { kind: "released" }, error: BUG },
      ]),
    );
  });

  test("what is the database's fault is thrown at once, and each outcome stands in the log", async () => {
    const full = new DatabaseUnusable("disk full");
    const world = worldOf({ bad: ["b"], error: full });
    await expect(settleAttempts(world.needs, itemsOf("a b"))).rejects.toBe(full);
    expect(world.groups).toEqual(["a b"]);
    expect(world.logged.map(([, event, { attemptId }]: any) => `${event} ${attemptId}`)).toEqual([
      ...["attempt.not_recorded a", "attempt.not_recorded b"],
    ]);
  });

  test.each<[event: string, level: string, because: string]>([
    ["invoice.paid", "info", "all is well"],
    ["attempt.declined", "warn", "dunning has it"],
    ["invoice.held", "error", "a person decides"],
    ["attempt.paid_again", "error", "money is to be given back"],
  ])("%s is told as %s (%s)", async (event, level) => {
    const world = worldOf();
    const settle = async () => [settledAs("a", event), { attemptId: "b", invoiceId: "inv_2", settlement: null }];
    const needs = { ...world.needs, store: { settle } } as unknown as SettleNeeds;
    expect(await settleAttempts(needs, itemsOf("a b"))).toHaveLength(2);
    expect(world.logged).toMatchObject([
      [level, event, { attemptId: "a", invoiceId: "inv_1", outcome: "released", invoiceStatus: "open" }],
    ]);
  });
});

test("a policy that is gone from the file leaves no invoice without one", () => {
  const [standard, patient] = [policyOf(), policyOf({ name: "patient" })];
  const policies = new Map([
    ["standard", standard],
    ["patient", patient],
  ]);
  expect(["patient", "standard", "gone"].map((name) => policyNamed(policies, name))).toEqual([
    ...[patient, standard, standard],
  ]);
  expect(() => policyNamed(new Map(), "standard")).toThrow("there is no dunning policy at all");
});

describe("attempts that their process left behind", () => {
  const many = Array.from({ length: 1001 }, (_, at) => `att_${at}`);

  test.each<[abandoned: readonly string[], groups: readonly number[], because: string]>([
    [[], [], "nothing was"],
    [["a", "b"], [2], "all at once"],
    [many, [500, 500, 1], "five hundred at a time, until none is left"],
  ])("%#: are settled in groups of %j (%s)", async (abandoned, groups) => {
    const world = worldOf({ abandoned });
    const summary = emptyRunSummary();
    await settleAbandoned(world.needs, OWNER, summary);
    expect(world.groups.map((group) => group.split(" ").length)).toEqual(groups);
    expect(new Set(world.evidence)).toEqual(new Set(abandoned.length > 0 ? ["lease_expired"] : []));
    expect([summary.outcomes.released, summary.paidCents]).toEqual([abandoned.length, {}]);
  });

  test.each<[bad: string, missing: boolean, because: string]>([
    ["b", false, "it stays abandoned, and has been logged"],
    ["nobody", true, "somebody else settled one meanwhile"],
  ])("one that cannot be settled, %s, keeps the run from nothing else: %p (%s)", async (bad, isMissing) => {
    const world = worldOf({ abandoned: ["a", "b"], bad: [bad] });
    const store: SettleNeeds["store"] = {
      ...world.needs.store,
      settle: async (...args) => (await world.needs.store.settle(...args)).slice(isMissing ? 1 : 0),
      abandoned: async () => ["a", "b"],
    };
    const summary = emptyRunSummary();
    await settleAbandoned({ ...world.needs, store }, OWNER, summary);
    expect(world.groups).toEqual(isMissing ? ["a b"] : ["a b", "a", "b"]);
    expect([summary.outcomes.released, summary.notRecorded]).toEqual([1, isMissing ? 0 : 1]);
  });
});
