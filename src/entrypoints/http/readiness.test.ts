/** When the light is red, and why: a light that is green though nobody is charged is the worst fault of all. */
import { expect, test } from "@jest/globals";
import { mock } from "node:test";
import type { Assembly } from "../../assemble.ts";
import { HOUR_MS, later, NOW } from "../../../test/support/records.ts";
import type { DaemonState } from "../daemon-state.ts";
import { noWebhooksYet } from "./webhook-counts.ts";
import { readinessOf } from "./readiness.ts";

const TICKED: DaemonState = {
  ...{ startedAt: NOW, lastTickAt: NOW, nextTickAt: later(1000), lastTickError: null },
  ...{ webhooks: noWebhooksYet(), breaker: { isOpen: false } },
};

type Installation = () => Promise<{ readonly haltReason: string | null }>;

function appOf(installation: Installation): Pick<Assembly, "store"> {
  return { store: { installation } } as unknown as Assembly;
}

const going: Installation = async () => ({ haltReason: null });

// prettier-ignore
test.each<[installation: Installation, state: Partial<DaemonState>, at: Date, because: string | null]>([
  [going, {}, NOW, null],
  [async () => ({ haltReason: "prices" }), {}, NOW, "charging is halted: prices"],
  [async () => await Promise.reject(new Error("it is full")), {}, NOW, "the database cannot be read: it is full"],
  [going, { lastTickError: "it broke" }, NOW, "the last tick failed: it broke"],
  [going, { lastTickAt: later(HOUR_MS) }, NOW, "the last tick, of 2026-02-28T16:00:00.000Z, lies ahead: this machine's clock was set back"],
  [going, {}, later(HOUR_MS), "the tick of 2026-02-28T15:00:01.000Z has not been completed"],
  [going, { nextTickAt: null }, later(HOUR_MS), "the tick of 2026-02-28T15:00:00.000Z has not been completed"],
])("case %#", async (installation, state, at, because) => {
  expect(await readinessOf(appOf(installation), { ...TICKED, ...state })(at)).toBe(because);
});

test("a database that is silent is a red light within seconds, however many ask, and is asked once at a time", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let asked = 0;
    let answer = Promise.withResolvers<{ readonly haltReason: null }>();
    const because = readinessOf(
      appOf(async () => {
        asked += 1;
        return await answer.promise;
      }),
      TICKED,
    );
    const silent = "the database cannot be read: the database does not answer within 5 seconds";
    for (let round = 0; round < 2; round++) {
      const answers = Promise.all([because(NOW), because(NOW)]);
      mock.timers.tick(5000);
      expect(await answers).toEqual([silent, silent]);
    }
    expect(asked).toBe(1);
    answer.reject(new Error("its connection was lost"));
    await answer.promise.catch(() => {});
    answer = Promise.withResolvers();
    answer.resolve({ haltReason: null });
    expect([await because(NOW), asked]).toEqual([null, 2]);
  } finally {
    mock.timers.reset();
  }
});
