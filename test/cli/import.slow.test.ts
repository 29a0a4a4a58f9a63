/** A few thousand rows at once: whole, beside a writer who must not wait, and cut off in the middle. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { start } from "./command.ts";

const ROWS = 5000;
let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  fixture.write("config/plans.yaml", plansYaml([]));
  await fixture.run(["plans", "apply"]);
  const database = open();
  const insert = database.prepare("insert into customer (id, name, email) values (?, ?, ?)");
  database.transaction(() => {
    for (let n = 0; n < ROWS; n++) insert.run(`cus_${n}`, `Cliente ${n}`, `c${n}@example.mx`);
  })();
  database.close();
  const rows = Array.from({ length: ROWS }, (_, n) =>
    n % 2 === 0 ? `oro,cus_${n},,2026-12-01T09:00` : `oro,,C${n}@Example.mx,2026-12-01T09:00`,
  );
  fixture.write("members.csv", ["plan,customer,email,start", ...rows, ""].join("\n"));
});
afterEach(() => fixture.close());

const open = () => new Database(path.join(fixture.folder, "books.db"));
const importing = () => fixture.run(["subscriptions", "import", "members.csv", "--json"]);

function counts(): unknown {
  const database = open();
  const found = database
    .prepare(
      `select (select count(*) from subscription) as subscriptions, (select count(*) from event where type = 'subscription.created') as events,
         (select count(distinct sequence) from event) = (select count(*) from event) as distinct_places`,
    )
    .get();
  database.close();
  return found;
}

test(`${ROWS} rows are added once, and a second time none`, async () => {
  expect(documentOf(await importing())).toMatchObject({ rows: ROWS, added: ROWS, rejected: 0 });
  expect(counts()).toEqual({ subscriptions: ROWS, events: ROWS, distinct_places: 1 });
  expect(documentOf(await importing())).toMatchObject({ rows: ROWS, added: 0, unchanged: ROWS });
  expect(counts()).toEqual({ subscriptions: ROWS, events: ROWS, distinct_places: 1 });
});

test("killed in the middle it leaves whole subscriptions, and the same command adds the rest", async () => {
  const child = start(["subscriptions", "import", "members.csv"], { cwd: fixture.folder, env: fixture.env });
  const ending = new Promise((resolve) => child.on("close", resolve));
  const database = open();
  const added = database.prepare("select count(*) from subscription").pluck();
  while (Number(added.get()) === 0) await sleep(5);
  child.kill("SIGKILL");
  await ending;
  const left = Number(added.get());
  const events = Number(
    database.prepare("select count(*) from event where type = 'subscription.created'").pluck().get(),
  );
  database.close();
  expect(left).toBeLessThan(ROWS);
  expect(events).toBe(left);
  expect(documentOf(await importing())).toMatchObject({ added: ROWS - left, unchanged: left });
  expect(counts()).toEqual({ subscriptions: ROWS, events: ROWS, distinct_places: 1 });
});
