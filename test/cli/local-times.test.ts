/** Times on screens are those of BILLING_TIME_ZONE, a date is a local day, and --json stays in UTC. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let fixture: CommandFixture;
let attemptedAt: Date;
beforeAll(async () => {
  fixture = await newCommandFixture();
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  const { history } = documentOf(await fixture.run(["history", "--json"])) as { history: { attemptedAt: string }[] };
  attemptedAt = new Date(history[0]?.attemptedAt ?? "");
});
afterAll(() => fixture.close());

const inZone = (timeZone: string, at: Date = attemptedAt) => at.toLocaleString("sv-SE", { timeZone }).slice(0, 16);

test.each([
  ["America/Mexico_City", "when (Mexico City)"],
  ["Asia/Kathmandu", "when (Kathmandu)"],
])("history shows when in %s", async (timeZone, head) => {
  const { stdout } = await fixture.run(["history"], { env: { BILLING_TIME_ZONE: timeZone } });
  expect(stdout).toContain(head);
  expect(stdout).toContain(inZone(timeZone));
});

test.each(["Pacific/Kiritimati", "Pacific/Pago_Pago"])("--since and --paid-at take a day of %s", async (timeZone) => {
  const env = { BILLING_TIME_ZONE: timeZone };
  const today = inZone(timeZone).slice(0, 10);
  const tomorrow = inZone(timeZone, new Date(attemptedAt.getTime() + 86_400_000)).slice(0, 10);
  const rowsSince = async (date: string) =>
    (documentOf(await fixture.run(["history", "--json", "--since", date], { env })) as { history: object[] }).history;
  expect(await rowsSince(today)).toHaveLength(1);
  expect(await rowsSince(tomorrow)).toEqual([]);
});

test("status says the zone of its times, and an instant is what it says", async () => {
  expect((await fixture.run(["status"])).stdout).toMatch(/last event +\d{4}-\d\d-\d\d \d\d:\d\d America\/Mexico_City/);
  // As --json shows it.
  const since = ["history", "--json", "--since", attemptedAt.toISOString()];
  expect((documentOf(await fixture.run(since)) as { history: object[] }).history).toHaveLength(1);
});

test.each(["Pacific/Kiritimati", "Pacific/Pago_Pago"])("report revenue counts by the day of %s", async (timeZone) => {
  const env = { BILLING_TIME_ZONE: timeZone };
  const { invoices } = documentOf(await fixture.run(["invoices", "list", "--json"])) as {
    invoices: { paidAt: string }[];
  };
  const paidAt = new Date(invoices[0]?.paidAt ?? "");
  const day = inZone(timeZone, paidAt).slice(0, 10);
  const next = inZone(timeZone, new Date(paidAt.getTime() + 86_400_000)).slice(0, 10);
  const rows = async (...args: string[]) =>
    (documentOf(await fixture.run(["report", "revenue", "--json", ...args], { env })) as { rows: object[] }).rows;
  expect(await rows("--since", day, "--until", next)).toMatchObject([
    { day, planId: "oro", invoices: 1, netCents: 20015 },
  ]);
  expect(await rows("--since", next)).toEqual([]);
  expect(await rows("--until", day, "--plan", "oro")).toEqual([]);
});
