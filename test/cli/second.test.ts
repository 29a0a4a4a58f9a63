/** What looks like a customer or subscription that is there already: asked about, and refused without a terminal. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { callerOf } from "../sandbox/caller.ts";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

const PERSON = ["--name", "Ana Núñez", "--email", "ana@example.mx", "--phone", "+525512345678"];

let fixture: CommandFixture;
let ana: string;
beforeAll(async () => {
  fixture = await newCommandFixture();
  await fixture.run(["migrate"]);
  ana = await addAna([]);
});
afterAll(() => fixture.close());

async function addAna(more: readonly string[]): Promise<string> {
  const command = ["customers", "add", ...PERSON, "--token", "tok_test_visa_4242", "--json", ...more];
  return (documentOf(await fixture.run(command)) as { customer: { customerId: string } }).customer.customerId;
}

test("a customer of the same e-mail and phone is created with --yes alone, and the message names the one there is", async () => {
  const again = await fixture.run(["customers", "add", ...PERSON]);
  expect(again).toMatchObject({ exitCode: 64, stdout: "" });
  expect(again.stderr).toContain(`customer ${ana}: Ana Núñez has this e-mail and this phone already`);
  expect(again.stderr).toContain(`puntual cards add ${ana}`);
  expect(again.stderr).toContain("--yes goes on");
  expect(await addAna(["--yes"])).not.toBe(ana);
});

test("a customer whose making got no answer is found by the same command, and no second one is made", async () => {
  const person = ["--name", "Luz Paz", "--email", "luz@example.mx", "--phone", "+525512345679"];
  const add = () => fixture.run(["customers", "add", ...person, "--token", "tok_test_visa_4242", "--json"]);
  const made = async () => (await callerOf(fixture.sandbox)("GET", "/customers?search=luz@example.mx")).body.data;
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /customers" });
  expect(await add()).toMatchObject({ exitCode: 1 });
  const found = documentOf(await add()) as { customer: { customerId: string } };
  expect((await made()).map(({ id }: { id: string }) => id)).toEqual([found.customer.customerId]);
});

test("an id that was renamed is applied with --yes alone, and the message names the id to keep and the start to write", async () => {
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  expect(await fixture.run(["plans", "apply"])).toMatchObject({ exitCode: 0 });
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0 });
  const next = (documentOf(await fixture.run(["subscriptions", "show", "ana", "--json"])) as Shown).nextDates[0] ?? "";

  fixture.write("config/plans.yaml", plansYaml([{ id: "ana-oro", customer: ana }]));
  const renamed = await fixture.run(["plans", "apply"]);
  expect(renamed).toMatchObject({ exitCode: 64, stdout: "" });
  expect(renamed.stderr).toContain(`(subscription ana-oro): ${ana} is on plan oro already, as ana`);
  expect(renamed.stderr).toContain("keep the id ana; or end that one (npx puntual subscriptions cancel ana)");
  expect(renamed.stderr).toContain(`write start: ${localIn(next)}`);
  expect(await fixture.run(["plans", "apply", "--dry-run"])).toMatchObject({ exitCode: 0 });
  expect((await fixture.run(["subscriptions", "list"])).stdout).not.toContain("ana-oro");

  const beside = ["--plan", "oro", "--customer", ana, "--start", "2027-01-01T09:00"];
  expect(await fixture.run(["subscriptions", "add", ...beside])).toMatchObject({ exitCode: 64 });
  expect(await fixture.run(["plans", "apply", "--yes"])).toMatchObject({ exitCode: 0 });
});

type Shown = { readonly nextDates: readonly string[] };

/** In Mexico City, as plans.yaml has it. */
function localIn(instant: string): string {
  return new Date(instant).toLocaleString("sv-SE", { timeZone: "America/Mexico_City" }).slice(0, 16).replace(" ", "T");
}
