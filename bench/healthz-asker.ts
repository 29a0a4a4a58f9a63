/**
 * Asks /healthz at fixed instants, whatever became of those before, until it is told to end: `healthz.ts` starts it.
 *
 *   node bench/healthz-asker.ts http://127.0.0.1:8080
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answered } from "./healthz.ts";
import { quantile } from "./measuring.ts";

const EVERY_MS = 10;
/** The first calls of a new process compile what the others run. */
const WARM_UP = 50;

const [url = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
for (let at = 0; at < WARM_UP; at++) await asked();
const ended = new AbortController();
process.once("message", () => ended.abort());
process.send?.("asks");

const tookMs: number[] = [];
const lateMs: number[] = [];
const startedAt = performance.now();
const answers: Promise<unknown>[] = [];
for (let at = 0; !ended.signal.aborted; at++) {
  const dueAt = startedAt + at * EVERY_MS;
  await sleep(Math.max(0, dueAt - performance.now()));
  lateMs.push(performance.now() - dueAt);
  answers.push(asked().then(() => tookMs.push(performance.now() - dueAt)));
}
await Promise.all(answers);
agent.destroy();
process.send?.({
  p50Ms: quantile(tookMs, 0.5),
  p99Ms: quantile(tookMs, 0.99),
  lateP99Ms: quantile(lateMs, 0.99),
} satisfies Answered);
process.disconnect();

async function asked(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request(`${url}/healthz`, { agent }, (answer) => void answer.resume().on("end", resolve))
      .on("error", reject)
      .end();
  });
}
