/** `run` tells what happened in it, and `events` shows and repeats it: real processes, a real receiver. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import path from "node:path";
import { documentOf } from "../support/command.ts";
import { customerAt, newCommandFixture, plansYaml, type CommandFixture } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";
import { type Receiver, SECRET, startReceiver, verified } from "./receiver.ts";

let fixture: CommandFixture;
let receiver: Receiver;
const notifying = () => ({ NOTIFY_URL: receiver.url, NOTIFY_SECRET: SECRET, LOG_LEVEL: "debug" });
const events = async (...args: string[]) =>
  (documentOf(await fixture.run(["events", "list", "--json", ...args])) as { events: Record<string, unknown>[] })
    .events;

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => await receiver[Symbol.asyncDispose]());

async function dueFixture(): Promise<CommandFixture> {
  const opened = await newCommandFixture();
  await putNewDatabase(path.join(opened.folder, "books.db"));
  const customer = await customerAt(opened.sandbox.url, "Ana", "tok_test_visa_4242");
  opened.write("plans.yaml", plansYaml([{ id: "ana", customer }]));
  expect((await opened.run(["plans", "apply", "plans.yaml"])).exitCode).toBe(0);
  return opened;
}

describe("a run", () => {
  beforeEach(async () => {
    fixture = await dueFixture();
  });
  afterEach(() => fixture.close());

  test("tells at its end what happened in it, and nothing of before", async () => {
    const { exitCode, stdout, stderr } = await fixture.run(["run", "--json"], { env: notifying() });
    expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
    const types = receiver.calls.map(({ message }) => message.type);
    expect(types.toSorted()).toEqual(["invoice.opened", "invoice.paid"]);
    for (const call of receiver.calls) expect(verified(call)).toEqual(call.message);
    const paid = receiver.calls.find(({ message }) => message.type === "invoice.paid");
    expect(paid?.message.data).toMatchObject({
      livemode: false,
      customer: { name: "Ana", email: "jorge@example.mx" },
      attempt: { number: 1, card: { brand: "visa", last4: "4242" } },
    });
    expect(stdout + stderr).not.toContain(SECRET.slice("whsec_".length));
  });

  test("is as good without a receiver that answers: the next one tells", async () => {
    receiver.answer(500, "reset");
    expect((await fixture.run(["run", "--json"], { env: notifying() })).exitCode).toBe(0);
    expect(fixture.sandbox.ledger()).toHaveLength(1);
    const pending = await events("--pending");
    expect(pending).toMatchObject([{ tries: 1 }, { tries: 1 }]);
    expect(await events("--failed")).toEqual([]);

    const resend = ["events", "resend", ...pending.map(({ eventId }) => String(eventId)), "--json"];
    expect((documentOf(await fixture.run(resend, { env: notifying() })) as { resent: string[] }).resent).toHaveLength(
      2,
    );
    expect((await fixture.run(["run"], { env: notifying() })).exitCode).toBe(0);
    expect(await events("--pending")).toEqual([]);
    expect(receiver.calls).toHaveLength(4);
    expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(2);
  });

  test("is seen in status and in the doctor when events were given up", async () => {
    receiver.answer(410, 410);
    await fixture.run(["run"], { env: notifying() });
    const status = await fixture.run(["status"], { env: notifying() });
    expect(status.stdout).toMatch(/told\s+0 events to be told, 2 given up: npx puntual events list --failed/);
    expect(documentOf(await fixture.run(["status", "--json"]))).toMatchObject({ events: { isTold: false, dead: 2 } });
    const doctor = documentOf(await fixture.run(["doctor", "--offline", "--json"])) as { checks: { check: string }[] };
    expect(doctor.checks.find(({ check }) => check === "events")).toMatchObject({ state: "bad", found: "2 given up" });
    expect((await fixture.run(["events", "list", "--failed"])).stdout).toMatch(/invoice\.paid.*dead.*answered 410/);

    const resent = await fixture.run(["events", "resend", "--dead"], { env: notifying() });
    expect(resent).toMatchObject({ exitCode: 0, stdout: "2 events are to be told again.\n" });
    expect(resent.stderr).toContain("No daemon runs now");
    expect(await events("--pending")).toHaveLength(2);
  });
});

describe("events", () => {
  beforeAll(async () => {
    fixture = await dueFixture();
  });
  afterAll(() => fixture.close());

  test("are listed the latest first, with what each says", async () => {
    const all = await events();
    expect(all.map(({ type }) => type)).toContain("subscription.created");
    expect(
      all
        .map(({ at }) => String(at))
        .toSorted()
        .toReversed(),
    ).toEqual(all.map(({ at }) => at));
    expect(await events("--type", "subscription.created")).toMatchObject([
      { subscriptionId: "ana", delivery: null, data: { planId: "oro" } },
    ]);
    expect(await events("--subscription", "ana", "--since", "2100-01-01")).toEqual([]);
    expect((await fixture.run(["events", "list", "--subscription", "nobody"])).exitCode).toBe(1);
  });

  test.each<[string, string[], boolean, number, string]>([
    // what, arguments, whether NOTIFY_URL is set, exit code, message
    ["nothing named", ["resend"], true, 64, "give the ids of events, or --dead"],
    ["both ways", ["resend", "evt_1", "--dead"], true, 64, "give the ids of events, or --dead"],
    ["a time without --dead", ["resend", "evt_1", "--since", "2026-01-01"], true, 64, "--since goes with --dead"],
    ["two states", ["list", "--failed", "--pending"], true, 64, "cannot be used with"],
    ["an id that does not exist", ["resend", "evt_1"], true, 1, "there is no event evt_1"],
    ["nobody to tell", ["resend", "--dead"], false, 78, "NOTIFY_URL: missing"],
  ])("%s: %j", async (_what, args, isNotified, exitCode, message) => {
    const ended = await fixture.run(["events", ...args], isNotified ? { env: notifying() } : {});
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
  });

  test("of a type that is not sent are refused, and none of those named with it is put up", async () => {
    const all = await events();
    const ids = ["subscription.created", "plan.created"].map(
      (wanted) => all.find(({ type }) => type === wanted)?.["eventId"],
    );
    const refused = await fixture.run(["events", "resend", ...ids.map(String)], { env: notifying() });
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("is plan.created, which is not sent"),
    });
    expect(await events("--pending")).toEqual([]);
  });

  test.each([
    [{ NOTIFY_URL: "http://shop.example/" }, "names and e-mails would travel unencrypted"],
    [{ NOTIFY_SECRET: "" }, "NOTIFY_SECRET: missing"],
    [{ NOTIFY_SECRET: "whsec_c2hvcnQ=" }, "has 5 bytes, expected 24 to 64"],
  ])("are sent to nobody when set up as %j", async (env, message) => {
    const ended = await fixture.run(["run"], { env: { ...notifying(), ...env } });
    expect(ended).toMatchObject({ exitCode: 78, stderr: expect.stringContaining(message) });
    expect(ended.stderr).not.toContain("c2hvcnQ");
  });
});
