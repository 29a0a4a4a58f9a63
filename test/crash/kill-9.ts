/**
 * `kill -9`, again and again, of the real daemon:
 *
 *   node test/crash/kill-9.ts --kills 1000 [--seed S] [--flow single|order_first] [--pm2]
 *
 * Two daemons at a time, each with its own records and gateway, in rounds of fifty kills. Exits 1 with one command that
 * repeats the round when anybody was charged twice, or anything was missed or lost.
 */
import { parseArgs } from "node:util";
import { CHARGE_FLOWS, type ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { playRound, type RoundOrder, type RoundReport } from "./round.ts";

const ROUND = 50;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    flow: { type: "string" },
    pm2: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const flows = CHARGE_FLOWS.filter((flow) => values.flow === undefined || flow === values.flow);
if (!Number.isInteger(kills) || kills < 1 || flows.length === 0) throw new Error("see the head of this file");

const orders: RoundOrder[] = [];
const size = Math.min(ROUND, Math.ceil(kills / 2));
for (let begun = 0, seed = Number(values.seed); begun < kills; begun += size, seed++)
  orders.push({
    ...{ seed, pm2: values.pm2, kills: Math.min(size, kills - begun), onKill },
    flow: flows[orders.length % flows.length] as ChargeFlow,
  });
const beganAt = performance.now();
let killed = 0;
const reports: RoundReport[] = [];
const waiting = [...orders];
await Promise.all([lane(), lane()]);
print();

async function lane(): Promise<void> {
  for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
    try {
      const report = await playRound(order);
      reports.push(report);
      if (report.faults.length > 0) fail(order, report.faults);
    } catch (error) {
      fail(order, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
    }
  }
}

function onKill(): void {
  killed += 1;
  if (killed % ROUND === 0) console.error(`${killed} of ${kills} kills, ${seconds()} s`);
}

function fail({ seed, flow, kills: count, pm2 }: RoundOrder, faults: readonly string[]): void {
  process.exitCode = 1;
  for (const fault of faults) console.error(`FAULT ${fault}`);
  console.error(
    `again: node test/crash/kill-9.ts --kills ${count} --seed ${seed} --flow ${flow}${pm2 ? " --pm2" : ""}`,
  );
}

function print(): void {
  const sum = (of: (report: RoundReport) => number): number => reports.reduce((total, each) => total + of(each), 0);
  const faults = reports.flatMap((report) => report.faults);
  const missed = faults.filter((fault) => /no invoice|not opened|no attempt/.test(fault)).length;
  const doubles = sum((report) => report.doubleCharges);
  const halfDone = values.pm2 ? "" : `, ${sum((report) => report.halfDone)} of them with a charge half done`;
  console.log(`kills ${sum((report) => report.kills)}${halfDone}`);
  const moments = Map.groupBy(
    reports.flatMap((report) => [...report.moments]),
    ([moment]) => moment,
  );
  for (const [moment, counts] of moments)
    console.log(`  ${counts.reduce((all, [, count]) => all + count, 0)} ${moment}`);
  console.log(`restarts ${sum((report) => report.restarts)} by ${values.pm2 ? "pm2" : "a loop"}, in ${seconds()} s`);
  console.log(`invoices ${sum((report) => report.invoices)}`);
  console.log(`charges ${sum((report) => report.paid)} paid, ${sum((report) => report.declined)} declined`);
  console.log(`decided by a person ${sum((report) => report.decided)}`);
  console.log(`double charges ${doubles}`);
  console.log(`missed ${missed}`);
  console.log(`lost ${faults.filter((fault) => !fault.startsWith("the records are kept")).length - missed - doubles}`);
}

function seconds(): number {
  return Math.round((performance.now() - beganAt) / 1000);
}
