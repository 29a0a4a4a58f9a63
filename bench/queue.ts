/**
 * A job a charge, on a queue that a merchant may have: pg-boss or graphile-worker, on a PostgreSQL server that syncs (out of
 * npm, or that of DATABASE_URL_TEST), or BullMQ, on a Redis that syncs (`redis.ts`). A job is taken, charged by one call and
 * ended by itself, with its order kept.
 *
 *   node bench/queue.ts --queue pg-boss|graphile-worker|bullmq [--charges 5000] [--concurrency 64] [--gateway-ms 0]
 *
 * The call is that of the limit, so what differs is the queue; all jobs are there before the clock starts. A job that
 * is interrupted is done again: nobody should bill with it. Prints JSON.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Queue, Worker } from "bullmq";
import { Logger, makeWorkerUtils, run, type Runner } from "graphile-worker";
import { PgBoss } from "pg-boss";
import { Pool } from "undici";
import { startPostgres } from "../test/support/postgres-server.ts";
import { startGateway } from "./gateway.ts";
import { type Figures, startMeasuring } from "./measuring.ts";
import { startRedis } from "./redis.ts";
import { redisCpuUs, serverCpuUs } from "./server-cpu.ts";

const { values } = parseArgs({
  options: {
    queue: { type: "string", default: "pg-boss" },
    charges: { type: "string", default: "5000" },
    concurrency: { type: "string", default: "64" },
    "gateway-ms": { type: "string", default: "0" },
  },
});
const charges = Number(values.charges);
const concurrency = Number(values.concurrency);
type Job = { readonly reference: string };

const QUEUES: Readonly<Record<string, () => Promise<Figures>>> = {
  "pg-boss": onPgBoss,
  "graphile-worker": onGraphileWorker,
  bullmq: onBullMq,
};
const onQueue = QUEUES[values.queue];
if (onQueue === undefined) throw new Error(`no queue ${values.queue}: there are ${Object.keys(QUEUES).join(", ")}`);

using gateway = await startGateway(values["gateway-ms"]);
const pool = new Pool(gateway.url, { connections: concurrency, pipelining: 1 });
const jobs = Array.from({ length: charges }, (_, at): Job => ({ reference: `inv_${at}-1` }));
const figures = await onQueue();
process.stdout.write(`${JSON.stringify(figures)}\n`);
await pool.close();

async function onPgBoss(): Promise<Figures> {
  await using server = await startPostgres({ durable: true });
  const database = await server.newDatabase();
  const boss = await new PgBoss({ connectionString: server.url(database), supervise: false, schedule: false }).start();
  await boss.createQueue("charge");
  await boss.insert(
    "charge",
    jobs.map((data) => ({ data })),
  );
  // Its own workers wait between two batches, and end a batch as one: what is asked for here is a job a charge.
  const batchSize = Math.ceil(concurrency / 4);
  const takeAll = async (booked: () => void): Promise<void> => {
    for (;;) {
      const taken = await boss.fetch<Job>("charge", { batchSize });
      if (taken.length === 0) return;
      await Promise.all(
        taken.map(async ({ id, data }) => {
          await boss.complete("charge", id, { orderId: await charge(data) });
          booked();
        }),
      );
    }
  };
  const measured = await figuresOf(
    () => serverCpuUs(database),
    async (booked) => void (await Promise.all(Array.from({ length: 4 }, () => takeAll(booked)))),
  );
  await boss.stop({ graceful: false });
  return measured;
}

async function onGraphileWorker(): Promise<Figures> {
  await using server = await startPostgres({ durable: true });
  const database = await server.newDatabase();
  const url = server.url(database);
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  await utils.withPgClient(async (client) => {
    await client.query("create table outcome (reference text primary key, order_id text not null)");
    await client.query("select graphile_worker.add_job('charge', job) from json_array_elements($1::json) job", [
      JSON.stringify(jobs),
    ]);
  });
  await utils.release();
  let done = 0;
  const all = Promise.withResolvers<void>();
  let runner: Runner | null = null;
  const measured = await figuresOf(
    () => serverCpuUs(database),
    async (booked) => {
      runner = await run({
        ...{ connectionString: url, logger, concurrency, noHandleSignals: true, maxPoolSize: 10 },
        preset: { worker: { localQueue: { size: concurrency } } },
        taskList: {
          charge: async (job, helpers) => {
            await helpers.query("insert into outcome values ($1, $2)", [
              (job as Job).reference,
              await charge(job as Job),
            ]);
            booked();
            if (++done === charges) all.resolve();
          },
        },
      });
      await all.promise;
    },
  );
  await (runner as Runner | null)?.stop();
  // It does not wait until its connections are closed, and would die of a server that stops before.
  await sleep(1000);
  return measured;
}

async function onBullMq(): Promise<Figures> {
  await using redis = await startRedis();
  const place = { connection: redis.client, prefix: `puntual-bench-${process.pid}` };
  const queue = new Queue<Job>("charge", place);
  await queue.addBulk(jobs.map((data) => ({ name: "charge", data })));
  const worker = new Worker<Job>("charge", async ({ data }) => ({ orderId: await charge(data) }), {
    ...place,
    ...{ concurrency, autorun: false },
  });
  await worker.waitUntilReady();
  let done = 0;
  const all = Promise.withResolvers<void>();
  worker.on("failed", (_, error) => all.reject(error));
  const measured = await figuresOf(
    () => redisCpuUs(redis.client),
    async (booked) => {
      worker.on("completed", () => {
        booked();
        if (++done === charges) all.resolve();
      });
      void worker.run();
      await all.promise;
    },
  );
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  return measured;
}

async function figuresOf(
  serverUs: () => Promise<number>,
  work: (booked: () => void) => Promise<void>,
): Promise<Figures> {
  const serverBefore = await serverUs();
  const measuring = startMeasuring(null);
  await work(() => measuring.booked());
  const measured = measuring.end();
  const serverTook = (await serverUs()) - serverBefore;
  return { ...measured, serverCpuUs: Math.round(serverTook / charges) };
}

async function charge({ reference }: Job): Promise<string> {
  const charged = { amount: 20_015, reference_id: reference, payment_method: { type: "default" } };
  const order = { currency: "MXN", customer_info: { customer_id: "cus_queue" }, metadata: { reference } };
  const answer = await pool.request({
    ...{ method: "POST", path: "/orders", body: JSON.stringify({ ...order, charges: [charged] }) },
    headers: { "content-type": "application/json" },
  });
  if (answer.statusCode !== 200) throw new Error(`${reference} was answered ${answer.statusCode}`);
  return ((await answer.body.json()) as { id: string }).id;
}
