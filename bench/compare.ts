/**
 * Puntual and what else one could charge with, beside the limit, in rounds that take turns: `npm run bench`.
 *
 *   node bench/compare.ts [--only single,script] [--postgres] [--charges 2000] [--rounds 3] [--concurrency 64] [--json FILE]
 *     [--svg FILE]
 *
 * `--postgres` adds the contests that bring a server with them. Each round starts every program anew, with a database and a
 * gateway of its own. Printed is each figure of `measuring.ts`, of the limit, of the contender, and their ratio in the same
 * round: median and (lowest to highest). Calls of fsync are counted in one more run of each, since that is done from outside;
 * in another one Puntual is asked meanwhile whether it lives.
 * Where a burst begins with a few calls until the gateway is proven, more are charged: `times`. Measured, never asserted.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { fsyncsOf } from "./fsyncs.ts";
import type { Figures } from "./measuring.ts";
import { plotOf, type Result, type Spread } from "./plot.ts";
import { whyNoRedis } from "./redis.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    postgres: { type: "boolean", default: false },
    charges: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "64" },
    json: { type: "string" },
    svg: { type: "string" },
  },
});
const charges = Number(values.charges);

type Program = { readonly file: string; readonly options: readonly string[] };
type Contest = Program & {
  readonly key: string;
  readonly name: string;
  readonly who: string;
  readonly gatewayMs: number;
  /** So many times the charges that are asked for. */
  readonly times: number;
  /** What the limit is told, too. */
  readonly same: readonly string[];
  readonly needsServer: boolean;
};
type Round = { readonly limit: Figures; readonly contender: Figures };
type Compared = {
  readonly what: string;
  readonly digits: number;
  readonly rounds: readonly { readonly limit: number; readonly contender: number }[];
};
const CONTESTS: readonly Contest[] = [
  puntual("single", "single", 0, 1),
  puntual("single-of-many", "single", 0, 5, ["--of", String(50 * charges)]),
  puntual("order_first", "order_first", 0, 1),
  puntual("single-50", "single", 50, 5),
  puntual("single-300", "single", 300, 1.5),
  script("script", "one after another", "1"),
  script("script-at-once", `${values.concurrency} at once`, values.concurrency),
  ...["pg-boss", "graphile-worker", "bullmq"].map(queue),
  ...[1, 2, 4].map(daemons),
];

/** As the daemon is started (`ecosystem.config.js`), and so the limit, too. */
const NODE_FLAGS = ["--max-semi-space-size=16"];
/** Enough to count calls, which does not need the whole burst. */
const MOST_COUNTED = 2000;

const FIGURES: readonly {
  readonly what: string;
  readonly digits: number;
  readonly of: Exclude<keyof Figures, "healthz">;
}[] = [
  { what: "charges a second", digits: 0, of: "perSecond" },
  { what: "µs CPU a charge", digits: 0, of: "cpuUs" },
  { what: "commits a charge", digits: 3, of: "commits" },
  { what: "late by p50, ms", digits: 0, of: "lateP50Ms" },
  { what: "late by p99, ms", digits: 0, of: "lateP99Ms" },
  { what: "peak memory, MiB", digits: 0, of: "memoryMiB" },
  { what: "event loop p99, ms", digits: 0, of: "loopP99Ms" },
  { what: "event loop max, ms", digits: 0, of: "loopMaxMs" },
];

const keys = values.only?.split(",") ?? null;
const unknown = keys?.filter((key) => !CONTESTS.some((contest) => contest.key === key)) ?? [];
if (unknown.length > 0) {
  throw new Error(`no contest ${unknown.join(", ")}: there are ${CONTESTS.map(({ key }) => key).join(", ")}`);
}
const wanted = CONTESTS.filter(({ key, needsServer }) => keys?.includes(key) ?? (values.postgres || !needsServer));
const withoutRedis = whyNoRedis();
const chosen = wanted.filter(({ key }) => key !== "bullmq" || withoutRedis === null);

const results = chosen.map((contest): Result => {
  const limit = { file: "limit.ts", options: ["--concurrency", values.concurrency, ...contest.same] };
  const count = Math.round(charges * contest.times);
  const rounds = Array.from({ length: Number(values.rounds) }, (_, at): Round => {
    const take = (program: Program) => figuresOf(argsOf(program, contest.gatewayMs, count));
    // Whoever comes second finds a warmer machine: they take turns in that, too.
    if (at % 2 === 0) return { limit: take(limit), contender: take(contest) };
    const contender = take(contest);
    return { limit: take(limit), contender };
  });
  const compared = [...FIGURES.flatMap((figure) => comparedBy(figure, rounds)), ...withServer(rounds)];
  const fsyncs = [limit, contest].map((program) =>
    fsyncsOf(argsOf(program, contest.gatewayMs, Math.min(count, MOST_COUNTED))),
  );
  const [ofLimit, ofContender] = fsyncs;
  if (ofLimit && typeof ofContender === "number")
    compared.push({ what: "fsyncs a charge", digits: 3, rounds: [{ limit: ofLimit, contender: ofContender }] });
  const { key, name, who, gatewayMs } = contest;
  process.stdout.write(`${name}, ${count} charges\n`);
  const figures = compared.map(({ what, digits, rounds: taken }) => {
    const figure = {
      what,
      limit: spreadOf(taken.map((round) => round.limit)),
      contender: spreadOf(taken.map((round) => round.contender)),
      ratio: spreadOf(taken.map((round) => round.contender / round.limit)),
    };
    const [ofLimits, ofContenders] = [figure.limit, figure.contender].map(({ median }) =>
      median.toFixed(digits).padStart(7),
    );
    process.stdout.write(
      `  ${what.padEnd(18)} limit ${ofLimits}, ${who} ${ofContenders}, ratio ${inWords(figure.ratio)}\n`,
    );
    return figure;
  });
  if (contest.file === "charging.ts") {
    const { healthz } = figuresOf([...argsOf(contest, gatewayMs, count), "--healthz"]);
    const [p50, p99, late] = [healthz?.p50Ms, healthz?.p99Ms, healthz?.lateP99Ms].map((ms) => ms?.toFixed(1));
    process.stdout.write(`  /healthz meanwhile, ms: p50 ${p50}, p99 ${p99}; asked late by p99 ${late}\n`);
  }
  if (gatewayMs > 0 && !contest.needsServer) {
    const bound = (Number(inFlightOf(contest)) * 1000) / gatewayMs;
    const { median } = figures.find(({ what }) => what === "charges a second")!.contender;
    process.stdout.write(
      `  ${(median / bound).toFixed(2)} of ${bound.toFixed(0)} a second, which so many in flight allow\n`,
    );
  }
  return { key, name, who, gatewayMs, charges: count, figures };
});
const [one, ...more] = results.filter(({ key }) => key.startsWith("daemons-"));
for (const { who, figures } of one === undefined ? [] : more) {
  const ratio = figures[0]!.contender.median / one!.figures[0]!.contender.median;
  process.stdout.write(`${who}: ${ratio.toFixed(2)} of the charges a second of ${one!.who}\n`);
}
for (const { name } of wanted.filter((contest) => !chosen.includes(contest)))
  process.stdout.write(`${name}\n  ${withoutRedis}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, plotOf(results));

function puntual(
  key: string,
  flow: "single" | "order_first",
  gatewayMs: number,
  times: number,
  among: readonly string[] = [],
): Contest {
  const of = among.length > 0 ? `, of ${among[1]} subscriptions` : "";
  return {
    ...{ key, name: `${flow}, ${gatewayOf(gatewayMs)}${of}`, who: "Puntual", gatewayMs, times, needsServer: false },
    same: ["--flow", flow],
    file: "charging.ts",
    options: ["--concurrency", values.concurrency, "--flow", flow, "--json", "--ticks", "20", ...among],
  };
}

function script(key: string, how: string, concurrency: string): Contest {
  return {
    ...{ key, name: `a script, ${how}`, who: "script", gatewayMs: 0, times: 1, needsServer: false, same: [] },
    file: "script.ts",
    options: ["--concurrency", concurrency],
  };
}

function queue(key: string): Contest {
  return {
    ...{ key, name: `a job a charge on ${key}`, who: "queue", gatewayMs: 0, times: 1, needsServer: true, same: [] },
    file: "queue.ts",
    options: ["--concurrency", values.concurrency, "--queue", key],
  };
}

/** So few in flight that it is not the cores which decide: the limit has as many, in one process. */
function daemons(count: number): Contest {
  const inFlight = ["--concurrency", "16"];
  return {
    ...{ key: `daemons-${count}`, name: `PostgreSQL, daemons: ${count}, ${gatewayOf(50)}`, who: `${count} of Puntual` },
    ...{ gatewayMs: 50, times: 1, same: inFlight, needsServer: true },
    file: "nodes.ts",
    options: [...inFlight, "--daemons", String(count), "--json"],
  };
}

function gatewayOf(ms: number): string {
  return ms === 0 ? "a gateway that answers at once" : `a gateway that takes ${ms} ms`;
}

function inFlightOf({ options }: Program): string {
  return options[options.indexOf("--concurrency") + 1] ?? "";
}

function argsOf({ file, options }: Program, gatewayMs: number, count: number): string[] {
  const given = ["--charges", String(count), "--gateway-ms", String(gatewayMs), ...options];
  return [...NODE_FLAGS, path.join(import.meta.dirname, file), ...given];
}

function figuresOf(args: readonly string[]): Figures {
  const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Figures;
}

/** Nothing, where one of the two has no such figure. */
function comparedBy({ what, digits, of }: (typeof FIGURES)[number], rounds: readonly Round[]): Compared[] {
  const taken = rounds.flatMap(({ limit, contender }) => {
    const [ofLimit, ofContender] = [limit[of] ?? null, contender[of] ?? null];
    return ofLimit === null || ofContender === null ? [] : [{ limit: ofLimit, contender: ofContender }];
  });
  return taken.length === 0 ? [] : [{ what, digits, rounds: taken }];
}

function withServer(rounds: readonly Round[]): Compared[] {
  const taken = rounds.flatMap(({ limit, contender: { cpuUs, serverCpuUs } }) =>
    serverCpuUs === undefined ? [] : [{ limit: limit.cpuUs, contender: cpuUs + serverCpuUs }],
  );
  return taken.length === 0 ? [] : [{ what: "… with the server", digits: 0, rounds: taken }];
}

function inWords({ lowest, median, highest }: Spread): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}

function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return { lowest: sorted[0]!, median: sorted[Math.floor(sorted.length / 2)]!, highest: sorted.at(-1)! };
}
