/** What the halt of a copied database advises works beside the daemon. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { acquireChargeLock } from "../../src/adapters/store/dialect/lock.ts";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
  // Charged from a copy, which this database knows nothing of.
  copyFileSync(path.join(fixture.folder, "books.db"), path.join(fixture.folder, "copy.db"));
  await fixture.run(["run"], { env: { DATABASE_URL: "sqlite:copy.db" } });
});
afterEach(async () => await fixture.close());

test.each<[since: "named" | "left out", because: string]>([
  ["named", "as the message says it"],
  ["left out", "the database knows from when on it lacks something"],
])("`reconcile --since`, the instant %s, lifts the halt beside a process that charges (%s)", async (since) => {
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("0 paid") });
  const { halt } = documentOf(await fixture.run(["status", "--json"])) as { halt: { because: string } };
  const [, command = ""] = /: npx puntual (reconcile --since \S+)$/.exec(halt.because) ?? [];
  const args = since === "named" ? command.split(" ") : ["reconcile", "--since"];
  const daemon = acquireChargeLock(path.join(fixture.folder, "books.db"));
  try {
    const swept = await fixture.run([...args, "--json"]);
    expect(swept).toMatchObject({ exitCode: 0, stderr: "" });
    expect(documentOf(swept)).toMatchObject({ adopted: [{ outcome: "paid" }], halt: { halted: false, lifted: true } });
  } finally {
    daemon.release();
  }
  expect(documentOf(await fixture.run(["status", "--json"]))).toMatchObject({ halt: { halted: false } });
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0 });
  expect(fixture.sandbox.ledger()).toHaveLength(1);
});
