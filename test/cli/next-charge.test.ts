/** No command announces a charge that never comes: after a cancellation, a pause, without a card, while a person must decide. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DateTime } from "luxon";
import { documentOf } from "../support/command.ts";
import { customerAt, newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";

/** Two months from now, since the clock of a command is real: the sandbox's card is good until then. */
const FIRST = DateTime.utc().plus({ months: 2 }).startOf("month");
const [DAY, DAY_AFTER] = [FIRST.toISODate(), FIRST.plus({ months: 1 }).toISODate()];
const DATE = /\d{4}-\d\d-\d\d \d\d:\d\d/;
let fixture: CommandFixture;
let customers: Record<"ana" | "beto" | "cora", string>;

beforeAll(async () => {
  fixture = await newCommandFixture();
  const { url } = fixture.sandbox;
  const [ana, beto, cora] = [
    await customerAt(url, "Ana", "tok_test_visa_4242"),
    await customerAt(url, "Beto", "tok_test_visa_4242"),
    await customerAt(url, "Cora"),
  ];
  customers = { ana, beto, cora };
  fixture.write(
    "config/plans.yaml",
    `plans:
  - id: oro
    name: Plan Oro
    interval: month
    line_items:
      - { name: Plan Oro, unit_price: 20015 }
subscriptions:
  - { id: ana, plan: oro, customer: ${ana}, start: ${DAY}T09:00 }
  - { id: beto, plan: oro, customer: ${beto}, start: ${DAY}T09:00 }
`,
  );
  const applied = await fixture.run(["plans", "apply", "--yes"]);
  if (applied.exitCode !== 0) throw new Error(applied.stderr);
});
afterAll(() => fixture.close());

/** The rows of the table with this subscription in it. */
async function rowIn(args: readonly string[], id: string): Promise<string> {
  const { stdout } = await fixture.run(args);
  return stdout.split("\n").find((line) => new RegExp(`\\b${id}\\b`).test(line)) ?? "";
}

async function announcements(id: keyof typeof customers): Promise<string[]> {
  return [
    await rowIn(["subscriptions", "list"], id),
    await rowIn(["customers", "show", customers[id]], id),
    await rowIn(["plans", "show", "oro"], id),
  ];
}

describe("next charge", () => {
  test("a subscription that goes on has a date everywhere", async () => {
    for (const row of await announcements("ana")) expect(row).toContain(`${DAY} 09:00`);
    expect((await fixture.run(["subscriptions", "show", "ana"])).stdout).toMatch(
      new RegExp(`next charge +${DAY} 09:00 America/Mexico_City, \\$200\\.15 MXN\n.*then +${DAY_AFTER} 09:00`),
    );
    expect((await fixture.run(["status"])).stdout).toMatch(new RegExp(`next billing +${DAY} 09:00`));
  });

  test("a planned pause is shown, and the charge after it announced; `resume` withdraws it", async () => {
    const pause = ["subscriptions", "pause", "ana"];
    expect(await fixture.run([...pause, "--from", DAY])).toMatchObject({ exitCode: 64 });
    const paused = await fixture.run([...pause, "--from", DAY, "--until", DAY_AFTER]);
    expect(paused).toMatchObject({ exitCode: 0, stderr: "" });
    expect(paused.stdout).toContain(
      `ana is paused from ${DAY} until ${DAY_AFTER}: cycles that fall due in between are`,
    );
    expect(paused.stdout).toContain(`next charge ${DAY_AFTER} 09:00 America/Mexico_City`);
    for (const row of await announcements("ana")) expect(row).toContain(`${DAY_AFTER} 09:00`);
    const shown = (await fixture.run(["subscriptions", "show", "ana"])).stdout;
    expect(shown).toMatch(new RegExp(`pause +cycles from ${DAY} 00:00 .* until ${DAY_AFTER} 00:00 .* are void`));
    expect(shown).toMatch(new RegExp(`next charge +${DAY_AFTER} 09:00`));
    expect((await fixture.run(["subscriptions", "resume", "ana"])).stdout).toContain(`next charge ${DAY} 09:00`);
  });

  test("a customer without a card is not charged, and the reason stands in the date's place", async () => {
    await fixture.run(["customers", "add", "--id", customers.cora]);
    const who = ["--customer", customers.cora, "--id", "cora"];
    const added = await fixture.run(["subscriptions", "add", "--plan", "oro", "--start", `${DAY}T09:00`, ...who]);
    expect(added.stdout).toMatch(/^Subscription cora: first billed .* 09:00 .*; no next charge: no card\.$/m);
    for (const row of await announcements("cora")) expect(row).toContain("(no card)");
    expect((await fixture.run(["subscriptions", "show", "cora"])).stdout).toMatch(/next charge +none: no card/);
  });

  test("a paused one has none, and no later dates either", async () => {
    expect((await fixture.run(["subscriptions", "pause", "beto"])).stdout).not.toMatch(DATE);
    for (const row of await announcements("beto")) expect(row).toMatch(/paused.*\(paused\)/);
    const shown = await fixture.run(["subscriptions", "show", "beto"]);
    expect(shown.stdout).toMatch(/next charge +none: paused/);
    expect(shown.stdout).not.toMatch(/then +\d/);
    expect(documentOf(await fixture.run(["subscriptions", "show", "beto", "--json"]))).toMatchObject({
      nextCharge: { at: null, because: "paused" },
      nextDates: [],
    });
  });

  test("one that ends first has none; nor does resuming a paused one bring it back", async () => {
    expect((await fixture.run(["subscriptions", "cancel", "beto"])).stdout).toBe(
      `beto ends ${DAY} 09:00 America/Mexico_City; no next charge: it ends first.\n`,
    );
    expect((await fixture.run(["subscriptions", "resume", "beto"])).stdout).toBe(
      "beto goes on; no next charge: it ends first.\n",
    );
    for (const row of await announcements("beto")) expect(row).toContain("(it ends first)");
    const { subscriptions } = documentOf(await fixture.run(["subscriptions", "list", "--json"])) as {
      subscriptions: { subscriptionId: string; nextBillingAt: string | null }[];
    };
    expect(Object.fromEntries(subscriptions.map((row) => [row.subscriptionId, row.nextBillingAt]))).toMatchObject({
      ana: `${DAY}T15:00:00.000Z`,
      beto: null,
    });
  });

  test("when nobody is billed any more, `status` says so", async () => {
    await fixture.run(["subscriptions", "cancel", "ana"]);
    await fixture.run(["subscriptions", "pause", "cora"]);
    const status = await fixture.run(["status"]);
    expect(status.stdout).toMatch(/next billing +none/);
    expect(documentOf(await fixture.run(["status", "--json"]))).toMatchObject({ nextBillingAt: null });
  });
});
