/** Daemons and the server they share, struck again and again: nobody pays twice, nothing is missed or lost, all is settled. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ChargeFlow } from "../../src/domain/attempt.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { playFaults } from "./server-faults.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test.each<[ChargeFlow, number]>([
  ["single", 201],
  ["order_first", 202],
])("in the flow %s, with seed %i", async (flow, seed) => {
  const report = await playFaults(server, { seed, strikes: 12, flow });
  expect(report.faults).toEqual([]);
  expect(report.doubleCharges).toBe(0);
  expect(report.paid).toBe(report.invoices);
  expect(report.paid).toBeGreaterThan(12);
});
