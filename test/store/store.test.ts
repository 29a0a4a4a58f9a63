import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { NOW } from "../support/records.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { everySuite } from "./suites.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function open() {
  const databasePath = path.join(folder, `${(files += 1)}.db`);
  await putNewDatabase(databasePath);
  const store = await openSqliteStore({
    databasePath,
    random: seededRandom(files),
    now: NOW,
    exclusive: true,
    access: "make",
  });
  return { store, close: () => store.close() };
}

everySuite("SQLite", open);

/** By the use cases that are made of them, on SQLite; and in the simulation, where both stores are compared call by call. */
const ASKED_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "test/cli/archive.test.ts": ["isArchived", "takeAway"],
  "test/cli/cfdi.test.ts": ["noteExported", "recordOf"],
  "test/cli/export.test.ts": ["columns"],
  "test/cli/move.test.ts": ["moved", "mustBeWhole"],
  "test/cli/surroundings.test.ts": ["noteUnfinished"],
  "test/reconcile/sweep.test.ts": ["unpaidOrders"],
  "test/reconcile/refund.test.ts": ["countedRefundCents", "addShownRefund"],
  "test/webhooks/disputes.test.ts": ["disputesOf", "dispute", "disputesOfSubscription"],
  "test/application/dunning-new-card.test.ts": [
    "forbiddenCards",
    "retryWithNewCard",
    "unpaidDue",
    "applyTransitions",
    "cardIsKept",
  ],
  "test/application/apply-plans.test.ts": ["removeInvoice", "flush"],
  "test/doctor/books.test.ts": ["health", "nodes", "cyclesOf", "newestInstant", "failedWebhooks"],
  "test/doctor/probe-guard.test.ts": ["recordGuardProbe", "newestGuardProbe"],
};

test("the suites ask for every method of the port, but for those that others ask for", async () => {
  const { store, close } = await open();
  const methods = new Set(methodsOf(store));
  await store.write(NOW, async (records) => {
    for (const name of methodsOf(records)) methods.add(name);
  });
  await close();
  const suites = ["test/store/*conformance.ts", "test/support/records.ts"].flatMap((pattern) => globSync(pattern));
  const asked = suites.map((file) => readFileSync(file, "utf8")).join("\n");
  const isAsked = (name: string) => new RegExp(`\\b${name}\\b[(,:]`).test(asked);
  expect(methods.size).toBeGreaterThan(100);
  const elsewhere = Object.values(ASKED_ELSEWHERE).flat();
  expect([...methods].filter((name) => !isAsked(name)).toSorted()).toEqual(elsewhere.toSorted());
  expect(Object.keys(ASKED_ELSEWHERE).filter((file) => !existsSync(file))).toEqual([]);
});

test("who has a file for himself does each duty, and shares no limits", async () => {
  const { store, close } = await open();
  let worked = 0;
  expect(
    await store.duties.alone("inbox" as Parameters<typeof store.duties.alone>[0], async () => void (worked += 1)),
  ).toBe(true);
  expect([worked, store.shared]).toEqual([1, null]);
  await close();
});

/** However deep. */
function methodsOf(part: object): string[] {
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "function") return [name];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? methodsOf(value) : [];
  });
}
