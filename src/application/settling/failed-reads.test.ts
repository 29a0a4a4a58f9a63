import { describe, expect, test } from "@jest/globals";
import { DatabaseUnusable, GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { blame, type FailedReadNeeds, noteFailure, putAside } from "./failed-reads.ts";
import { emptyRunSummary } from "./run-summary.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const SILENT = new GatewayUnavailable("no answer", { retryAfterMs: 90_000 });
const UNAUTHORIZED = new GatewayUnauthorized("no such key");

/** @param answer of the gateway, once it is asked whose fault it is @param areSeveral reads of several failed by now */
function needsOf({ answer = null as Error | null, areSeveral = false, isOpen = false, failures = 1 } = {}) {
  const told: unknown[] = [];
  const needs = {
    backoffMs: 60_000,
    clock: { now: () => NOW },
    log: { error: (...line: unknown[]) => told.push(line) },
    store: {
      customersToProbe: async () => [],
      haltCharging: async (halt: object) => void told.push(["halt", halt]),
      noteReadFailure: async (failed: object, at: Date, nextReadAt: (failures: number) => Date) => {
        told.push(["noted", failed, (nextReadAt(failures).getTime() - at.getTime()) / 1000]);
        return { failures, failedSince: NOW };
      },
    },
    gateway: {
      probe: async () => {
        if (answer !== null) throw answer;
        return { livemode: false };
      },
    },
    breaker: {
      isOpen,
      asking: async (ask: () => Promise<unknown>) => await ask(),
      readAnswered: () => void told.push("answered"),
      readFailed: (id: string) => {
        told.push(["failed", id]);
        return areSeveral;
      },
      probeFailed: (...args: unknown[]) => void told.push(["silent", ...args]),
    },
  } as unknown as FailedReadNeeds;
  return { needs, told };
}

describe("a read that failed", () => {
  const which = { kind: "customer", id: "cus_1" } as const;

  // prettier-ignore
  test.each<[error: Error, failures: number, because: string, waitSeconds: number, reason: string]>([
    [new GatewayRefused("no", { httpStatus: 500 } as never), 1, "no", 60, "it is tried again after a minute"],
    [new GatewayRefused("no", { httpStatus: 500 } as never), 3, "no", 240, "later and later"],
    [SILENT, 1, "no answer", 90, "not before the gateway wants to be asked"],
    [SILENT, 3, "no answer", 240, "it asks for less"],
    [new TypeError("x is undefined"), 1, "a bug: TypeError: x is undefined", 60, "a bug is told as one"],
  ])("%#: of its failure %i it is noted that %j, and read again after %i s (%s)", async (error, failures, because, waitSeconds) => {
    const { needs, told } = needsOf({ failures });
    const summary = emptyRunSummary();
    expect(await putAside(needs, which, error, summary)).toEqual({ failures, failedSince: NOW });
    expect(told).toEqual([["noted", { ...which, because }, waitSeconds], ["failed", "cus_1"]]);
    expect(summary.failedReads).toBe(1);
  });

  test.each<[error: Error, areSeveral: boolean, isAsked: boolean, because: string]>([
    [SILENT, false, false, "it is the first"],
    [SILENT, true, true, "several failed"],
    [UNAUTHORIZED, false, true, "it may be the key"],
  ])("%#: the gateway is asked whose fault it is: %p, %p (%s)", async (error, areSeveral, isAsked) => {
    const { needs, told } = needsOf({ areSeveral });
    await putAside(needs, which, error, emptyRunSummary());
    expect(told.includes("answered")).toBe(isAsked);
  });

  test("what is the database's fault is nobody's here", async () => {
    const { needs, told } = needsOf();
    await expect(putAside(needs, which, new DatabaseUnusable("full"), emptyRunSummary())).rejects.toThrow("full");
    expect(told).toEqual([]);
  });

  test("a wait that nobody asked for is ours", async () => {
    const { needs, told } = needsOf();
    await noteFailure(needs, { ...which, because: "no" }, null);
    expect(told).toEqual([["noted", { ...which, because: "no" }, 60]]);
  });
});

describe("whose fault it is", () => {
  test.each<[answer: Error | null, isOpen: boolean, isKey: boolean, told: readonly unknown[], because: string]>([
    [null, false, false, ["answered"], "theirs: others are answered"],
    [
      UNAUTHORIZED,
      false,
      true,
      [
        ["charging.halted", { because: "no such key" }],
        ["halt", { kind: "unauthorized", because: "no such key" }],
      ],
      "the key's",
    ],
    [
      SILENT,
      false,
      false,
      [
        ["breaker.opened", { because: "no answer" }],
        ["silent", NOW, 90_000],
      ],
      "the gateway's",
    ],
    [SILENT, true, false, [["silent", NOW, 90_000]], "that is known"],
  ])("%#: with the breaker open %p: the key's %p (%s)", async (answer, isOpen, isKey, told) => {
    const world = needsOf({ answer, isOpen });
    const summary = emptyRunSummary();
    expect(await blame(world.needs, summary)).toBe(isKey);
    expect(world.told).toEqual(told);
    expect(summary.haltReason).toBe(isKey ? "no such key" : null);
  });

  test("where charging is halted, nobody is asked", async () => {
    const { needs, told } = needsOf();
    expect(await blame(needs, { ...emptyRunSummary(), haltReason: "ana stopped charging: prices" })).toBe(true);
    expect(told).toEqual([]);
  });
});
