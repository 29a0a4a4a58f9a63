/**
 * The crash matrix on a real PostgreSQL server: some of the points, drawn once, in either flow. All of them:
 * `node test/crash/print-matrix.ts --postgres`.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { CHARGE_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { buildTemplate } from "./crash-fixture.ts";
import { crash, differentCrashes, faultsOf, numberPoints, type Row } from "./matrix.ts";

const SEED = 20261129;
const POINTS = 10;

let server: PostgresServer;
beforeAll(async () => void (server = await startPostgres()));
afterAll(async () => await server[Symbol.asyncDispose]());

test.each(CHARGE_FLOWS.map((flow) => [flow]))(
  `in the flow %s, dying at ${POINTS} points costs nothing: nobody pays twice, nothing is lost`,
  async (flow) => {
    using template = await buildTemplate(flow, server);
    const numbered = await numberPoints(template);
    expect(numbered.length).toBeGreaterThan(150);
    const random = seededRandom(SEED);
    const drawn = differentCrashes(numbered).map((point) => ({ point, luck: random.fraction() }));
    const rows: Row[] = [];
    for (const { point } of drawn.toSorted((a, b) => a.luck - b.luck).slice(0, POINTS))
      rows.push(await crash(template, [point.number]));
    expect(faultsOf(rows)).toEqual([]);
  },
);
