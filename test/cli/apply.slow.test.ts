/** A plans file of fifteen hundred subscriptions, beside a writer, and cut off in the middle. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { start } from "./command.ts";

const MANY = 1500;
let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  const subscriptions = Array.from({ length: MANY }, (_, n) => ({ id: `s${n}`, customer: `cus_${n}` }));
  fixture.write("config/plans.yaml", plansYaml(subscriptions));
  await fixture.run(["migrate"]);
  const database = new Database(path.join(fixture.folder, "books.db"));
  const insert = database.prepare("insert into customer (id, name) values (?, ?)");
  database.transaction(() => {
    for (let n = 0; n < MANY; n++) insert.run(`cus_${n}`, `Cliente ${n}`);
  })();
  database.close();
});
afterEach(() => fixture.close());

const applying = () => fixture.run(["plans", "apply", "--offline", "--json"]);
const counted = () => {
  const database = new Database(path.join(fixture.folder, "books.db"));
  const count = (table: string) => Number(database.prepare(`select count(*) from ${table}`).pluck().get());
  const counts = [count("subscription"), count("event where type = 'subscription.created'")];
  database.close();
  return counts;
};

test("killed while it writes it leaves whole parts, the same file adds the rest, and a third time nothing changes", async () => {
  const child = start(["plans", "apply", "--offline"], { cwd: fixture.folder, env: fixture.env });
  const ending = new Promise((resolve) => child.on("close", resolve));
  while (counted()[0] === 0) await sleep(20);
  child.kill("SIGKILL");
  await ending;
  const [left = 0, events] = counted();
  expect(left).toBeLessThan(MANY);
  expect(events).toBe(left);
  const { changes } = documentOf(await applying()) as { changes: { kind: string; action: string }[] };
  expect(changes.filter(({ kind, action }) => kind === "subscription" && action === "add")).toHaveLength(MANY - left);
  expect(counted()).toEqual([MANY, MANY]);
  expect(documentOf(await applying())).toMatchObject({ changes: [], unchanged: MANY + 1 });
});
