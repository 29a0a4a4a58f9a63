/** Requests that nobody would write, and `serve` as a process. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startPuntual, until } from "../daemon/real-process.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { ADMIN_TOKEN, type ApiFixture } from "./api-fixture.ts";
import { fuzz, openFuzzed } from "./fuzz.ts";
import { killServe } from "./kills.ts";

describe("requests from a seed", () => {
  let api: ApiFixture;
  beforeAll(async () => {
    api = await openFuzzed();
  });
  afterAll(async () => await api[Symbol.asyncDispose]());

  test("never a 5xx, never a stack, and every answer as described", async () => {
    const { statuses, broken } = await fuzz(api, { seed: 20_261_128, requests: 2_000 });
    expect(broken).toEqual([]);
    // Control: many of them are understood.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(100);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(100);
  });
});

describe("`serve`", () => {
  const folder = temporaryFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("answers beside whoever charges, takes no right to charge, and stops when it is asked to", async () => {
    await putNewDatabase(`${folder}/books.db`);
    const env = { DATABASE_URL: "sqlite:books.db", HTTP_PORT: "0", ADMIN_TOKEN };
    const server = startPuntual(["serve"], { cwd: folder, env });
    const address = (): string | undefined => /"http":"(http:[^"]+)"/.exec(server.output())?.[1];
    await until(() => address() !== undefined, "the API to listen");
    const url = address() ?? "";
    const statusOf = async (path: string, token?: string): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(url + path, { headers });
      await response.body?.cancel();
      return response.status;
    };
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/v1/plans")).toBe(401);
    expect(await statusOf("/v1/plans", ADMIN_TOKEN)).toBe(200);
    expect(await statusOf("/metrics")).toBe(404);
    expect(readdirSync(folder)).not.toContain("books.db.pid");
    expect(existsSync(`${folder}/books.db`)).toBe(true);
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
  });

  test("killed in the middle of POSTs: the same keys again, and nothing is doubled, lost or answered otherwise", async () => {
    const { asked, inBooks, distinct, differ, cut } = await killServe({ kills: 8, seed: 20_261_129 });
    expect([asked, inBooks, distinct, differ]).toEqual([320, 320, 320, 0]);
    // Control: some were under way.
    expect(cut).toBeGreaterThan(0);
  });
});
