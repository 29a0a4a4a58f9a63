/** The file, the clock, the time zones, and pm2: each hurt, and found. */
import type { Text } from "../../src/domain/language.ts";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { checkPm2, checkPragmas, checkSurroundings } from "../../src/application/doctor/check-machine.ts";
import { lookAtMachine } from "../../src/adapters/machine.ts";
import { MINUTE_MS } from "../support/records.ts";
import { findingOf, findingsOf, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

let app: AppFixture;
beforeEach(async () => {
  app = await openBilledApp();
});
afterEach(async () => await app[Symbol.asyncDispose]());

describe("the files", () => {
  test.each(["", "-wal", "-shm", ".lock", ".pid"])(
    "books.db%s that others may read is told, with the command",
    async (suffix) => {
      chmodSync(app.databasePath + suffix, 0o644);
      const finding = await findingOf(app, "files");
      expect(finding).toMatchObject({
        state: "bad",
        mend: { do: "close_to_others", mode: "600", paths: [`${app.databasePath}${suffix}`] },
      });
      expect(finding.found).toContain("(644)");
    },
  );

  test("nor may others put another file in their place", async () => {
    chmodSync(app.folder, 0o777);
    expect(await findingOf(app, "files")).toMatchObject({
      state: "bad",
      mend: { do: "close_to_others", mode: "700", paths: [app.folder] },
    });
  });

  test("a database that does not exist yet has none", async () => {
    const machine = await lookAtMachine(path.join(app.folder, "not", "yet", "books.db"), []);
    expect(machine).toMatchObject({ files: [], folder: null, freeBytes: expect.any(Number) });
  });
});

describe("the database", () => {
  test("a row that refers to nothing is found", async () => {
    app.sql("pragma foreign_keys = off; delete from invoice where cycle = 3");
    expect(await findingOf(app, "database")).toMatchObject({ state: "bad", found: expect.stringContaining("attempt") });
  });

  test("a row that breaks a rule is damage, and nothing else is read of it", async () => {
    app.sql("pragma ignore_check_constraints = on; update subscription set quantity = 0");
    const findings = await findingsOf(app);
    expect(findings[0]).toMatchObject({
      check: "database",
      state: "bad",
      found: expect.stringContaining("subscription"),
    });
    expect(findings).toHaveLength(5);
  });

  test("a pragma that is not as it must be is named", async () => {
    const health = await app.store.inspection.health();
    expect(checkPragmas(health).state).toBe("ok");
    const settings = health.settings.map((each) => (each.name === "synchronous" ? { ...each, value: 1 } : each));
    expect(checkPragmas({ ...health, settings })).toMatchObject({ state: "bad", found: "synchronous is 1, not 2" });
  });
});

describe("the surroundings", () => {
  test.each<[readonly Text[], string]>([
    [[], "ok"],
    [[{ en: "others can read .env", es: "otros pueden leer .env" }], "bad"],
  ])("with the dangers %j are %s", (dangers, state) => {
    expect(checkSurroundings({ dangers })).toMatchObject({ state });
  });
});

describe("the clock", () => {
  test("is compared with the Date of Conekta's answer", async () => {
    app.sandbox.advanceClock(10 * MINUTE_MS);
    expect(await findingOf(app, "clock_gateway")).toMatchObject({
      state: "bad",
      found: expect.stringMatching(/^(600|599) s behind Conekta's/),
    });
  });

  test("that was set back is found out by the books", async () => {
    app.clock.set(new Date("2026-04-30T12:00:00Z"));
    expect(await findingOf(app, "clock_database")).toMatchObject({
      state: "bad",
      found: expect.stringContaining("written at 2026-04-30T15:00:00.000Z, 180 minutes after"),
    });
  });
});

describe("pm2's file", () => {
  test("is read from whichever of the folders has one", async () => {
    const own = path.join(app.folder, "own");
    mkdirSync(own);
    writeFileSync(path.join(own, "package.json"), '{ "type": "module" }');
    writeFileSync(
      path.join(own, "ecosystem.config.js"),
      'export const apps = [{ name: "puntual", kill_timeout: 9000 }];',
    );
    const repository = path.resolve(import.meta.dirname, "..", "..");
    const { pm2 } = await lookAtMachine(app.databasePath, [own, repository, own, app.folder]);
    expect(pm2).toEqual([
      { file: path.join(own, "ecosystem.config.js"), killTimeoutMs: 9000 },
      { file: path.join(repository, "ecosystem.config.js"), killTimeoutMs: 45_000 },
    ]);
    expect(checkPm2(pm2, 30_000)).toMatchObject({ state: "bad", found: expect.stringContaining("kill_timeout 9000") });
  });

  test("that cannot be read has no kill_timeout", async () => {
    writeFileSync(path.join(app.folder, "ecosystem.config.js"), "export const apps = [");
    expect((await lookAtMachine(app.databasePath, [app.folder])).pm2).toMatchObject([{ killTimeoutMs: null }]);
  });
});
