/** The real daemon, killed twenty-five times with two sets of records: nobody pays twice, nothing is missed or lost. */
import { expect, test } from "@jest/globals";
import { playRound } from "./round.ts";

test("kill -9, again and again, in both flows", async () => {
  const reports = await Promise.all([
    playRound({ seed: 101, flow: "single", kills: 13, pm2: false }),
    playRound({ seed: 102, flow: "order_first", kills: 12, pm2: false }),
  ]);
  for (const report of reports) {
    expect(report.faults).toEqual([]);
    expect(report.doubleCharges).toBe(0);
    // It is a test only if the kills struck while something was going on.
    expect(report.halfDone).toBeGreaterThan(0);
    expect(report.paid).toBeGreaterThan(report.kills);
  }
}, 300_000);
