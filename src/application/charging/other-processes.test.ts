/** What one process says of a failing gateway, and what the others make of it. */
import { expect, test } from "@jest/globals";
import { SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import type { SharedLimits } from "../ports/shared-limits.ts";
import { CircuitBreaker, PROBE_EVERY_MS } from "../settling/circuit-breaker.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { listenToOthers, nameHeldDue, tellOthers } from "./other-processes.ts";

const NOW = new Date("2026-12-15T15:00:00Z");

function needsOf(failingUntil: number | null, answers: boolean, retryAfterMs: number | null = null) {
  const breaker = new CircuitBreaker();
  const asked: (string | null)[] = [];
  const told: number[] = [];
  const shared: SharedLimits = {
    takeTurn: async () => {},
    gatewayFails: async (forMs) => (told.push(forMs), NOW.getTime() + forMs),
    failingUntil: async () => failingUntil,
    heldDue: async () => ["inv_held"],
    timeline: async () => null,
  };
  const probe = async (customerId: string | null) => {
    asked.push(customerId);
    if (!answers) throw new GatewayUnavailable("nobody is there", { retryAfterMs });
    return { livemode: false };
  };
  const store = { customersToProbe: async () => [] };
  const clock = { now: () => NOW, monotonicMs: () => 0 };
  return { needs: { breaker, clock, log: SILENT_LOG, shared, store, gateway: { probe } }, breaker, asked, told };
}

test("nobody says that the gateway fails: it is not asked", async () => {
  const { needs, asked } = needsOf(null, false);
  expect(await listenToOthers(needs)).toBe(false);
  expect(await listenToOthers({ ...needs, shared: null })).toBe(false);
  expect(asked).toEqual([]);
});

test("somebody does, and it answers this one: charges begin carefully", async () => {
  const { needs, breaker, asked } = needsOf(NOW.getTime(), true);
  for (let each = 0; each < 60; each++)
    breaker.record({ kind: "refused", failureCode: null, failureMessage: null, trace: TRACE }, `cus_${each}`, NOW);
  expect(breaker.inFlightLimit(50)).toBe(50);
  expect(await listenToOthers(needs)).toBe(true);
  expect([breaker.isOpen, breaker.inFlightLimit(50), asked.length]).toEqual([false, 4, 1]);
});

const TRACE = { httpStatus: null, logId: null, because: "test" };

test.each<[retryAfterMs: number | null, probeInMs: number, because: string]>([
  [null, PROBE_EVERY_MS, "as after any failure"],
  [5 * PROBE_EVERY_MS, 5 * PROBE_EVERY_MS, "it asks to be left alone for longer"],
])("somebody does, and it asks this one to wait %p ms: it is asked again in %i ms (%s)", async (retryAfterMs, inMs) => {
  const { needs, breaker } = needsOf(NOW.getTime(), false, retryAfterMs);
  expect(await listenToOthers(needs)).toBe(true);
  expect(breaker.probeAt).toEqual(new Date(NOW.getTime() + inMs));
});

test("what was heard is no news, and what one said oneself is none either", async () => {
  const { needs, asked, told } = needsOf(NOW.getTime() + 2 * PROBE_EVERY_MS, true);
  tellOthers(needs);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([2 * PROBE_EVERY_MS]);
  expect(await listenToOthers(needs)).toBe(false);
  expect(asked).toEqual([]);
  tellOthers({ ...needs, shared: null });
});

test.each<[because: string, change: object, isOpen: boolean, named: readonly string[]]>([
  ["all was tried that could be", {}, false, ["inv_held"]],
  ["a limit left others, too, and is told", { stoppedAt: "MAX_CHARGES_PER_RUN" }, false, []],
  ["the gateway fails, and nobody is charged", {}, true, []],
])("what another transaction holds is named where %s", async (_, change, isOpen, named) => {
  const { needs, breaker } = needsOf(null, true);
  if (isOpen) breaker.probeFailed(NOW, null);
  const summary = Object.assign(emptyRunSummary(), change);
  await nameHeldDue(needs, summary);
  expect([breaker.isOpen, summary.setAside]).toEqual([isOpen, named]);
});
