import { expect, test } from "@jest/globals";
import type { Evidence } from "../../domain/attempt.ts";
import { GatewayUnauthorized } from "../../domain/errors.ts";
import { NO_ATTEMPT_BESIDE } from "../../domain/settle/settlement.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { chargeRefused, type ChargesAsideNeeds, isClear, isRefused, putChargesAside } from "./charges-aside.ts";

const NOW = new Date("2026-12-02T15:00:00Z");
const YESTERDAY = new Date("2026-12-01T15:00:00Z");
const TRIED_AT = new Date("2026-12-02T14:40:00Z");
const WHOSE = { customerId: "cus_1", invoiceId: "inv_1" };

type World = {
  readonly failures?: number;
  readonly failedSince?: Date;
  readonly status?: "open" | "paid";
  /** The gateway answered others since. */
  readonly answersOthers?: boolean;
  readonly isKey?: boolean;
  readonly isOpen?: boolean;
  /** The charges of many were refused by now. */
  readonly areMany?: boolean;
};

function worldOf({ failures = 8, failedSince = YESTERDAY, status = "open", answersOthers = true, ...world }: World) {
  const told: unknown[] = [];
  const invoice = {
    ...{ id: "inv_1", status, statusReason: null, nextAttemptAt: NOW, declines: 0, faults: 0, firstDeclinedAt: null },
    ...{ dunningStep: null, dunningClass: null, dunningDueAt: null, retryRequestedAt: null, reopenedFrom: null },
    ...NO_ATTEMPT_BESIDE,
  };
  const needs = {
    backoffMs: 60_000,
    clock: { now: () => NOW },
    log: {
      warn: (event: string) => void told.push(event),
      error: (event: string, data: object) => void told.push([event, data]),
    },
    store: {
      customersToProbe: async () => [],
      haltCharging: async () => {},
      noteReadFailure: async (failed: object, _now: Date, nextAt: (failures: number) => Date) => {
        told.push([failed, (nextAt(1).getTime() - NOW.getTime()) / 1000]);
        return { failures, failedSince };
      },
      applyTransitions: async (ids: readonly string[], _now: Date, decide: (facts: object) => object | null) => {
        const decided = decide({ invoice });
        return decided === null ? [] : ids.map((invoiceId) => ({ invoiceId, ...decided }));
      },
    },
    gateway: {
      probe: async () => {
        if (world.isKey === true) throw new GatewayUnauthorized("no such key");
        return { livemode: false };
      },
    },
    breaker: {
      isOpen: world.isOpen ?? false,
      asking: async (ask: () => Promise<unknown>) => await ask(),
      readAnswered: () => {},
      answeredOthers: (customerId: string, since: Date, until: Date) =>
        since === failedSince && until === TRIED_AT && customerId === "cus_1" && answersOthers,
      chargeRefused: (customerId: string, now: Date) => {
        told.push([customerId, now]);
        return world.areMany ?? false;
      },
    },
  } as unknown as ChargesAsideNeeds;
  return { needs, told };
}

const NOTED = [{ kind: "charge", id: "cus_1", because: "refused" }, 60];
const because = `charges of this customer failed 8 times since ${YESTERDAY.toISOString()}: refused`;

// prettier-ignore
test.each<[world: World, isHeld: boolean, because: string]>([
  [{}, true, "after a day of failures a person decides"],
  [{ failures: 7 }, false, "it was not tried often enough"],
  [{ failedSince: new Date(YESTERDAY.getTime() + 1) }, false, "a day is not over"],
  [{ answersOthers: false }, false, "nobody's charges are taken: that is no fault of this customer's"],
  [{ status: "paid" }, false, "its invoice is paid meanwhile"],
])("charges that fail are put aside; with %j the invoice is held: %p (%s)", async (world, isHeld) => {
  const { needs, told } = worldOf(world);
  const summary = emptyRunSummary();
  await putChargesAside(needs, WHOSE, { triedAt: TRIED_AT, because: "refused" }, summary);
  const held = ["invoice.held", { invoiceId: "inv_1", because }];
  expect(told).toEqual([NOTED, "customer.charges_fail", ...(isHeld ? [held] : [])]);
  expect(summary.needsPerson).toBe(isHeld ? 1 : 0);
});

// prettier-ignore
test.each<[world: World, isKey: boolean, isPutAside: boolean, opens: boolean, because: string]>([
  [{ failures: 1 }, false, true, false, "it is this customer's"],
  [{ failures: 1, areMany: true }, false, true, true, "it is many customers': the breaker opens"],
  [{ failures: 1, isKey: true }, true, false, false, "it is the key: nobody is charged any more"],
  [{ failures: 1, isOpen: true }, false, false, false, "the gateway fails for everybody"],
])("a charge that is refused, %j: for the key %p, put aside %p, opens the breaker %p (%s)", async (world, isKey, isPutAside, opens) => {
  const { needs, told } = worldOf(world);
  expect(await chargeRefused(needs, WHOSE, "refused", emptyRunSummary())).toBe(isKey);
  const seen = told.filter((each) => !Array.isArray(each) || each[0] !== "charging.halted");
  const opened = ["breaker.opened", { because: "the charges of many customers were refused in a row" }];
  expect(seen).toEqual(isPutAside ? [NOTED, "customer.charges_fail", ["cus_1", NOW], ...(opens ? [opened] : [])] : []);
});

test("what is a clear answer", () => {
  const kinds = ["paid", "declined", "pending", "refused", "released", "not_sent", "unknown"] as const;
  expect(kinds.filter((kind) => isClear({ kind } as unknown as Evidence))).toEqual([
    "paid",
    "declined",
    "pending",
    "refused",
  ]);
});

test.each<[kind: string, unauthorized: boolean, isWithoutOrder: boolean, is: boolean]>([
  ["not_sent", false, false, false],
  ["not_sent", true, false, true],
  ["not_sent", false, true, true],
  ["unknown", false, true, false],
])("%s, for the key %p, without an order %p, is refused: %p", (kind, unauthorized, isWithoutOrder, is) => {
  expect(isRefused({ evidence: { kind, unauthorized } as unknown as Evidence, isWithoutOrder })).toBe(is);
});
