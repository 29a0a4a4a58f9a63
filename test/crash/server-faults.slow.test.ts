/** Daemons and the server they share, struck again and again: nobody pays twice, nothing is missed or lost, all is settled. */
import { expect, test } from "@jest/globals";
import { startPostgres } from "../support/postgres-server.ts";
import { type FaultsOrder, type FaultsReport, playFaults } from "./server-faults.ts";

test("twelve strikes in either flow", async () => {
  // Both at once, each on a server of its own: most of their time is that of a lease that runs out.
  const reports = await Promise.all([
    onItsOwnServer({ seed: 201, strikes: 12, flow: "single" }),
    onItsOwnServer({ seed: 202, strikes: 12, flow: "order_first" }),
  ]);
  for (const report of reports) {
    expect(report.faults).toEqual([]);
    expect(report.doubleCharges).toBe(0);
    expect(report.paid).toBe(report.invoices);
    expect(report.paid).toBeGreaterThan(12);
  }
});

async function onItsOwnServer(order: FaultsOrder): Promise<FaultsReport> {
  await using server = await startPostgres();
  return await playFaults(server, order);
}
