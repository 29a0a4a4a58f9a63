/**
 * The limit: what a program written by hand for nothing else reaches with the same durability. Each charge is an intent that
 * is committed, one call (two in the flow order_first), and an outcome that is committed; neighbours share a commit.
 *
 *   node bench/limit.ts [--charges 5000] [--concurrency 64] [--flow single] [--gateway-ms 0]
 *
 * It reads no answer but for its status, retries nothing and knows no rule: nobody should bill with it. Prints JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { Pool } from "undici";
import { startGateway } from "./gateway.ts";
import { startMeasuring } from "./measuring.ts";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "5000" },
    concurrency: { type: "string", default: "64" },
    flow: { type: "string", default: "single" },
    "gateway-ms": { type: "string", default: "0" },
  },
});
const charges = Number(values.charges);
const concurrency = Number(values.concurrency);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-limit-"));
try {
  using gateway = await startGateway(values["gateway-ms"]);
  const file = path.join(folder, "limit.db");
  const db = new Database(file);
  for (const pragma of ["journal_mode = wal", "synchronous = full"]) db.pragma(pragma);
  db.exec("create table charge (id text primary key, state text not null, order_id text, settled_at integer)");
  const begin = db.prepare("insert into charge (id, state) values (?, 'sending')");
  const settle = db.prepare("update charge set state = 'paid', order_id = ?, settled_at = ? where id = ?");
  const intend = sharingCommits((id: string) => void begin.run(id));
  const book = sharingCommits(([id, orderId]: readonly [string, string]) => void settle.run(orderId, Date.now(), id));
  const pool = new Pool(gateway.url, { connections: concurrency, pipelining: 1 });

  const measuring = startMeasuring(file);
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let at = next++; at < charges; at = next++) await chargeOne(`inv_${at}-1`);
    }),
  );
  const figures = measuring.end();
  await pool.close();
  db.close();
  process.stdout.write(`${JSON.stringify(figures)}\n`);

  async function chargeOne(reference: string): Promise<void> {
    await intend(reference);
    const charge = { amount: 20_015, reference_id: reference, payment_method: { type: "default" } };
    const order = { currency: "MXN", customer_info: { customer_id: "cus_limit" }, metadata: { reference } };
    const opened = await post("/orders", values.flow === "single" ? { ...order, charges: [charge] } : order);
    if (values.flow !== "single") await post(`/orders/${opened}/charges`, charge);
    await book([reference, opened]);
    measuring.booked();
  }

  async function post(target: string, body: object): Promise<string> {
    const answer = await pool.request({
      ...{ method: "POST", path: target, body: JSON.stringify(body) },
      headers: { "content-type": "application/json" },
    });
    if (answer.statusCode !== 200) throw new Error(`${target} answered ${answer.statusCode}`);
    return ((await answer.body.json()) as { id: string }).id;
  }

  /** What is asked for while one transaction is written shares the next. */
  function sharingCommits<Item>(write: (item: Item) => void): (item: Item) => Promise<void> {
    let waiting: { readonly item: Item; readonly done: () => void }[] = [];
    const flush = (): void => {
      const now = waiting;
      waiting = [];
      db.transaction(() => now.forEach(({ item }) => write(item)))();
      for (const { done } of now) done();
    };
    return (item) =>
      new Promise((done) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ item, done });
      });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
