/** A listing that is longer than its limit says where the next one begins, until there is no more. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

const IDS = ["s1", "s2", "s3", "s4", "s5"];

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await newCommandFixture();
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml(IDS.map((id) => ({ id, customer }))));
  await fixture.run(["plans", "apply", "--yes"]);
});
afterAll(() => fixture.close());

test("--cursor walks over a listing to its end: every row once, in the order of the whole list", async () => {
  const idsIn = (stdout: string) => [...stdout.matchAll(/^(s\d)\b/gm)].map(([id]) => id);
  const whole = idsIn((await fixture.run(["subscriptions", "list"])).stdout);
  const pages: string[][] = [];
  for (let cursor: string[] | null = []; cursor !== null && pages.length < IDS.length;) {
    const { exitCode, stdout, stderr } = await fixture.run(["subscriptions", "list", "--limit", "2", ...cursor]);
    expect(exitCode).toBe(0);
    pages.push(idsIn(stdout));
    const next = / with --cursor (\S+)/.exec(stderr)?.[1];
    cursor = next === undefined ? null : ["--cursor", next];
  }
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(pages.flat()).toEqual(whole);
  expect(whole.toSorted()).toEqual(IDS);
});

test("a plan that many are on shows the first fifty of them, and where the others are", async () => {
  const customer = await customerAt(fixture.sandbox.url, "Eva", "tok_test_visa_4242");
  const many = Array.from({ length: 51 }, (_, n) => `m${String(n).padStart(2, "0")}`);
  fixture.write("config/plans.yaml", plansYaml([...IDS, ...many].map((id) => ({ id, customer }))));
  await fixture.run(["plans", "apply", "--yes"]);
  const { stdout, stderr } = await fixture.run(["plans", "show", "oro"]);
  expect([...stdout.matchAll(/^(?:s\d|m\d\d)\b/gm)]).toHaveLength(50);
  expect(stderr).toContain("npx puntual subscriptions list --plan oro");
  const { subscriptions } = JSON.parse((await fixture.run(["plans", "show", "oro", "--json"])).stdout) as {
    subscriptions: unknown[];
  };
  expect(subscriptions).toHaveLength(IDS.length + many.length);
});
