/** With `--json` the same thing has the same name in every command, and what is none is there as zero, null or empty. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let fixture: CommandFixture;
let customer: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  fixture = await newCommandFixture();
  const { url } = fixture.sandbox;
  customer = await customerAt(url, "Jorge", "tok_test_visa_4242");
  const declined = await customerAt(url, "Ana", "tok_test_insufficient_funds");
  const lost = await customerAt(url, "Eva", "tok_test_visa_4242");
  fixture.write(
    "config/plans.yaml",
    plansYaml([
      { id: "paid", customer },
      { id: "declined", customer: declined },
      { id: "lost", customer: lost },
    ]),
  );
  await fixture.run(["plans", "apply", "--yes"]);
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /orders", customerId: lost, always: true });
  await fixture.run(["run"]);
  const { stdout } = await fixture.run(["invoices", "list", "--status", "paid", "--json"]);
  const { invoices } = JSON.parse(stdout) as { invoices: { invoiceId: string }[] };
  ids["INVOICE"] = invoices[0]?.invoiceId ?? "";
  const amount = ["--amount-cents", "1", "--reason", "other", "--yes"];
  await fixture.run(["invoices", "refund", ids["INVOICE"], ...amount]);
  const unknown = JSON.parse((await fixture.run(["unknown", "list", "--json"])).stdout) as Record<
    string,
    { attemptId: string }[]
  >;
  ids["ATTEMPT"] = Object.values(unknown).flat()[0]?.attemptId ?? "";
  ids["CUSTOMER"] = customer;
});
afterAll(() => fixture.close());

const COMMANDS = [
  "plans list",
  "plans show oro",
  "plans apply --dry-run",
  "subscriptions list",
  "subscriptions show paid",
  "customers list",
  "customers show CUSTOMER",
  "cards list CUSTOMER",
  "invoices list",
  "invoices show INVOICE",
  "invoices refunds",
  "unknown list",
  "unknown show ATTEMPT",
  "events list",
  "history",
  "disputes list",
  "coupons list",
  "items list",
  "balance show CUSTOMER",
  "keys list",
  "webhooks list",
  "explain paid",
  "evidence paid",
  "subscriptions evidence paid",
  "consents list paid",
  "explain INVOICE",
  "explain CUSTOMER",
  "find paid",
  "forecast --until 2030-01-01",
  "report recovery",
  "report revenue",
  "report cash",
  "report iva",
  "status",
  "doctor --offline",
  "run --dry-run",
  "run",
  "reconcile",
];

/** What an id is of, by the way it begins; that of a subscription is the merchant's own, and may be anything. */
const NAMED = { inv_: "invoiceId", att_: "attemptId", evt_: "eventId", cus_: "customerId", src_: "paymentSourceId" };

test.each(COMMANDS)("%s: an id stands under the name of what it is of, never as `id` alone", async (line) => {
  expect(objectsIn(await documentOf(line)).flatMap(misnamed)).toEqual([]);
});

/** The ids of one object that stand under no name of theirs. */
function misnamed({ id, ...others }: Record<string, unknown>): unknown[] {
  const named = Object.entries(others).filter(([name]) => name.endsWith("Id"));
  const isAlone = id !== undefined && !named.some(([, value]) => value === id);
  const elsewhere = named.filter(([name, value]) =>
    Object.entries(NAMED).some(
      ([begins, expected]) =>
        typeof value === "string" && value.startsWith(begins) && name !== expected && name !== "subscriptionId",
    ),
  );
  return [...(isAlone ? [{ id }] : []), ...elsewhere];
}

test.each([
  ["status", "attempts", ["claimed", "sending", "paid", "declined", "unknown", "paid_again", "lapsed"]],
  ["status", "invoices", ["open", "paid", "uncollectible", "void", "held"]],
  ["status", "subscriptions", ["active", "past_due", "unpaid", "paused", "canceled", "completed"]],
  ["run", null, ["opened", "paid", "declined", "pending", "refused", "notSent", "unknown", "paidAgain", "needsPerson"]],
])("%s: in %s every word is there, also with 0", async (line, part, words) => {
  const document = await documentOf(line);
  const counts = (part === null ? document : document[part]) as Record<string, unknown>;
  for (const word of words) expect([word, typeof counts[word]]).toEqual([word, "number"]);
});

async function documentOf(line: string): Promise<Record<string, unknown>> {
  const args = line.split(" ").map((word) => ids[word] ?? word);
  const { stdout, stderr } = await fixture.run([...args, "--json"]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}
