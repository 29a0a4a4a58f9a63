/** When the light is red, and why: a light that is green though nobody is charged is the worst fault of all. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
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

describe("a database that is silent", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  const SILENT = "the database cannot be read: the database does not answer within 5 seconds";

  function silent() {
    const asked: PromiseWithResolvers<{ readonly haltReason: null }>[] = [];
    const because = readinessOf(
      appOf(async () => {
        const answer = Promise.withResolvers<{ readonly haltReason: null }>();
        asked.push(answer);
        return await answer.promise;
      }),
      TICKED,
    );
    /** Two who ask at once, and wait. */
    async function inVain(): Promise<readonly (string | null)[]> {
      const answers = Promise.all([because(NOW), because(NOW)]);
      mock.timers.tick(5000);
      return await answers;
    }
    return { asked, because, inVain };
  }

  test("is a red light within seconds, and is asked a few times at once, however many want to know", async () => {
    const { asked, inVain } = silent();
    for (const count of [1, 2, 3, 3, 3]) {
      expect(await inVain()).toEqual([SILENT, SILENT]);
      expect(asked).toHaveLength(count);
    }
  });

  test("on one connection alone is asked on another, and is a green light again", async () => {
    const { asked, because, inVain } = silent();
    expect(await inVain()).toEqual([SILENT, SILENT]);
    const answer = because(NOW);
    asked[1]?.resolve({ haltReason: null });
    expect(await answer).toBe(null);
    const next = because(NOW);
    // What was given up ends later: it is nobody's any more.
    asked[0]?.reject(new Error("its connection was lost"));
    await asked[0]?.promise.catch(() => {});
    asked[2]?.resolve({ haltReason: null });
    expect([await next, asked.length]).toEqual([null, 3]);
  });
});
