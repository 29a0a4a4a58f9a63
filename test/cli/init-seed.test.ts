/** The first day: a folder of one's own, something in it to try, and a shell that knows the commands. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type CommandFixture, newCommandFixture } from "../support/command-fixture.ts";

let fixture: CommandFixture;

beforeAll(async () => {
  fixture = await newCommandFixture();
});

afterAll(() => fixture.close());

test("init makes a folder whose key Conekta accepts, tells the next command, and never overwrites", async () => {
  fixture.write("key.txt", "key_ofTheFile\n");
  const args = ["init", "shop", "--key-file", "key.txt", "--time-zone", "America/Tijuana"];
  const env = { CONEKTA_API_KEY: "", DATABASE_URL: "" };
  const first = await fixture.run(args, { env });
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  expect(first.stdout).toContain("Conekta accepts the key");
  expect(first.stdout.trimEnd()).toMatch(/npx puntual plans apply --dry-run$/);
  const shop = path.join(fixture.folder, "shop");
  const dotEnv = readFileSync(path.join(shop, ".env"), "utf8");
  expect(dotEnv).toContain("\nCONEKTA_API_KEY=key_ofTheFile\n");
  expect(dotEnv).toMatch(/\nCONEKTA_BASE_URL=http:\/\/127\.0\.0\.1:\d+\n/);
  expect(dotEnv).toContain("\nBILLING_TIME_ZONE=America/Tijuana\n");
  expect(statSync(path.join(shop, ".env")).mode & 0o777).toBe(0o600);

  fixture.write("shop/config/plans.yaml", "plans: []\n");
  const again = await fixture.run(args, { env });
  expect(again.stdout).toContain("Left as they were: .env, config/plans.yaml");
  expect(readFileSync(path.join(shop, "config/plans.yaml"), "utf8")).toBe("plans: []\n");
});

test.each([
  // type, what it ends with, because
  ["module", "export { apps };", "pm2 requires a module"],
  ["commonjs", "module.exports = { apps };", "that is what npm init writes"],
])("under a package.json of type %s ecosystem.config.js says %s: %s", async (type, end) => {
  fixture.write(`${type}/package.json`, JSON.stringify({ type }));
  await fixture.run(["init", type, "--offline", "--json"]);
  expect(
    readFileSync(path.join(fixture.folder, type, "ecosystem.config.js"), "utf8")
      .trimEnd()
      .endsWith(end),
  ).toBe(true);
});

test("what init makes is taken by plans apply", async () => {
  await fixture.run(["init", "fresh", "--offline"]);
  const file = path.join(fixture.folder, "fresh/config/plans.yaml");
  const applied = await fixture.run(["plans", "apply", file, "--offline", "--dry-run"]);
  expect(applied.stdout).toContain("+ add plan oro");
});

const SEED = path.resolve(import.meta.dirname, "..", "..", "config", "seed.ts");

test("seed adds all; a second time it changes nothing", async () => {
  expect((await fixture.run(["seed", SEED])).stdout).toBe("Added 2 plans, 3 customers, 3 subscriptions.\n");
  const events = async () => (await fixture.run(["events", "list", "--json"])).stdout;
  const before = await events();
  expect((await fixture.run(["seed", SEED])).stdout).toBe("Added 0 plans, 0 customers, 0 subscriptions.\n");
  expect(await events()).toBe(before);
});

test("a seed that breaks adds nothing", async () => {
  const file = fixture.write(
    "broken.mjs",
    `export default async (puntual) => {
  puntual.plans.put({ id: "plata", name: "Plan Plata", interval: "month", lineItems: [{ name: "Plata", unitPriceCents: 9900 }] });
  puntual.subscriptions.create({ plan: "plata", customer: "cus_nobody", start: "2026-01-31T09:00" });
};\n`,
  );
  const ended = await fixture.run(["seed", file]);
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toContain("cus_nobody");
  expect((await fixture.run(["plans", "show", "plata"])).exitCode).toBe(1);
});

test("bash completes commands, their parts and their options; the others are written, too", async () => {
  const { stdout: script } = await fixture.run(["completion", "bash"]);
  const complete = (...words: readonly string[]): string =>
    spawnSync(
      "bash",
      [
        "-c",
        `${script}\nCOMP_WORDS=(${words.join(" ")} ""); COMP_CWORD=${words.length}; _puntual; echo "\${COMPREPLY[*]}"`,
      ],
      {
        encoding: "utf8",
      },
    ).stdout;
  expect(complete("puntual")).toContain("subscriptions");
  expect(complete("puntual", "plans")).toContain("apply");
  expect(complete("puntual", "plans", "apply")).toContain("--dry-run");
  expect((await fixture.run(["completion", "zsh"])).stdout).toContain("compdef _puntual puntual");
  expect((await fixture.run(["completion", "fish"])).stdout).toContain("complete -c puntual");
  expect((await fixture.run(["completion", "tcsh"])).exitCode).toBe(64);
});
