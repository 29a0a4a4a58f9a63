/**
 * A script that a merchant writes in an afternoon: Conekta's own library, and a table with what it is about to charge. As
 * durable as Puntual: the intent is committed before each call, the outcome after it, each by itself.
 *
 *   node bench/script.ts [--charges 5000] [--concurrency 1] [--gateway-ms 0]
 *
 * It retries nothing and looks for nothing that was interrupted: nobody should bill with it. Prints JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { Configuration, OrdersApi } from "conekta";
import { startGateway } from "./gateway.ts";
import { startMeasuring } from "./measuring.ts";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "5000" },
    concurrency: { type: "string", default: "1" },
    "gateway-ms": { type: "string", default: "0" },
  },
});
const charges = Number(values.charges);

const folder = mkdtempSync(path.join(tmpdir(), "puntual-script-"));
try {
  using gateway = await startGateway(values["gateway-ms"]);
  const orders = new OrdersApi(new Configuration({ accessToken: "key_bench", basePath: gateway.url }));
  const file = path.join(folder, "script.db");
  const db = new Database(file);
  for (const pragma of ["journal_mode = wal", "synchronous = full"]) db.pragma(pragma);
  db.exec("create table charge (id text primary key, state text not null, order_id text, settled_at integer)");
  const begin = db.prepare("insert into charge (id, state) values (?, 'sending')");
  const settle = db.prepare("update charge set state = 'paid', order_id = ?, settled_at = ? where id = ?");

  const measuring = startMeasuring(file);
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(values.concurrency) }, async () => {
      for (let at = next++; at < charges; at = next++) {
        const reference = `inv_${at}-1`;
        begin.run(reference);
        settle.run(await charge(reference), Date.now(), reference);
        measuring.booked();
      }
    }),
  );
  const figures = measuring.end();
  db.close();
  process.stdout.write(`${JSON.stringify(figures)}\n`);

  async function charge(reference: string): Promise<string> {
    const { data } = await orders.createOrder({
      ...{ currency: "MXN", customer_info: { customer_id: "cus_script" }, metadata: { reference } },
      line_items: [{ name: "Plan Oro", unit_price: 20_015, quantity: 1 }],
      charges: [{ amount: 20_015, reference_id: reference, payment_method: { type: "default" } }],
    });
    if (data.payment_status !== "paid") throw new Error(`${reference} is ${data.payment_status}`);
    return data.id ?? "";
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
