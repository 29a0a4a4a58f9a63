/** A healthy merchant: every check is made, and every one is ok. What the checks find is in the files beside this one. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CHECKS, type Finding } from "../../src/application/doctor/finding.ts";
import { exitCodeOfFindings } from "../../src/entrypoints/cli/doctor.ts";
import { findingsOf, openBilledApp } from "./billed-app.ts";
import type { AppFixture } from "../support/app-fixture.ts";

function finding(check: Finding["check"], state: Finding["state"]): Finding {
  return { check, state, found: "", foundInSpanish: "", mend: null };
}

let app: AppFixture;
beforeEach(async () => {
  app = await openBilledApp();
});
afterEach(async () => await app[Symbol.asyncDispose]());

describe("healthy books", () => {
  test("are found to be so, by every check there is", async () => {
    const findings = await findingsOf(app);
    expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(findings.map(({ check }) => check).toSorted()).toEqual(Object.keys(CHECKS).toSorted());
    expect(exitCodeOfFindings(findings)).toBe(0);
    const books = findings.find(({ check }) => check === "books");
    expect(books?.found).toContain("1 payment at Conekta");
  });

  test("are still healthy over the whole of their history, and offline", async () => {
    const findings = await findingsOf(app, {}, { since: new Date("2026-02-01T00:00:00Z") });
    expect(findings.find(({ check }) => check === "books")?.found).toContain("3 payments at Conekta");
    const offline = await findingsOf(app, { gateway: null });
    const asked = findings.map(({ check }) => check).filter((check) => !offline.some((each) => each.check === check));
    expect(asked).toEqual(["key", "clock_gateway", "books"]);
  });

  test("hold no personal data in what the doctor says", async () => {
    app.sql("delete from attempt where charge_id is not null");
    expect(JSON.stringify(await findingsOf(app))).not.toMatch(/Jorge|Martínez|jorge@|4242|key_doctor/);
  });
});

describe("the exit code", () => {
  test.each<readonly [readonly Finding[], number, string]>([
    // findings, exit code, because
    [[], 0, "nothing is wrong"],
    [[finding("disk", "warn"), finding("process", "warn")], 0, "a warning stops nobody"],
    [[finding("unknown", "bad")], 3, "a person decides"],
    [[finding("pragmas", "bad")], 1, "it is broken"],
    [[finding("unknown", "bad"), finding("pragmas", "bad")], 1, "what is broken makes the rest doubtful"],
  ])("of %j is %i: %s", (findings, exitCode) => {
    expect(exitCodeOfFindings(findings)).toBe(exitCode);
  });
});
