/**
 * Puntual and what else one could charge with, beside the limit, in rounds that take turns: `npm run bench`.
 *
 *   node bench/compare.ts [--only single,script] [--postgres] [--charges 3000] [--rounds 3] [--concurrency 64] [--json FILE]
 *     [--svg FILE]
 *
 * `--postgres` adds the contests that bring a server with them. Each round starts every program anew, with a database and a
 * gateway of its own. Printed: charges a second, CPU of a charge, and both as ratios to the limit of the same round, as
 * median and (lowest to highest). Measured, never asserted.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    postgres: { type: "boolean", default: false },
    charges: { type: "string", default: "3000" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "64" },
    json: { type: "string" },
    svg: { type: "string" },
  },
});

type Program = { readonly file: string; readonly options: readonly string[] };
type Contest = Program & {
  readonly key: string;
  readonly name: string;
  readonly who: string;
  readonly gatewayMs: number;
  /** What the limit is told, too. */
  readonly same: readonly string[];
  readonly needsServer: boolean;
};
type Figures = { readonly perSecond: number; readonly cpuUs: number; readonly serverCpuUs?: number };
type Round = { readonly limit: Figures; readonly contender: Figures };

const CONTESTS: readonly Contest[] = [
  puntual("single", "single", 0),
  puntual("order_first", "order_first", 0),
  puntual("single-50", "single", 50),
  script("script", "one after another", "1"),
  script("script-at-once", `${values.concurrency} at once`, values.concurrency),
  ...["pg-boss", "graphile-worker"].map(queue),
  ...[1, 2, 4].map(daemons),
];
const NO_SERVER = ["bullmq"];

const keys = values.only?.split(",") ?? null;
const unknown = keys?.filter((key) => ![...CONTESTS.map((contest) => contest.key), ...NO_SERVER].includes(key)) ?? [];
if (unknown.length > 0) {
  throw new Error(`no contest ${unknown.join(", ")}: there are ${CONTESTS.map(({ key }) => key).join(", ")}`);
}
const chosen = CONTESTS.filter(({ key, needsServer }) => keys?.includes(key) ?? (values.postgres || !needsServer));

const results = chosen.map((contest) => {
  const programs = {
    limit: { file: "limit.ts", options: ["--concurrency", values.concurrency, ...contest.same] },
    contender: contest,
  };
  const rounds = Array.from({ length: Number(values.rounds) }, (_, at): Round => {
    // Whoever comes second finds a warmer machine: they take turns in that, too.
    const [first, second] = at % 2 === 0 ? (["limit", "contender"] as const) : (["contender", "limit"] as const);
    const taken = {
      [first]: figuresOf(programs[first], contest.gatewayMs),
      [second]: figuresOf(programs[second], contest.gatewayMs),
    };
    return { limit: taken["limit"]!, contender: taken["contender"]! };
  });
  const { key, name, who, gatewayMs } = contest;
  process.stdout.write(`${name}\n`);
  line("charges a second", who, rounds, ({ perSecond }) => perSecond);
  line("µs CPU a charge", who, rounds, ({ cpuUs }) => cpuUs);
  if (rounds.every(({ contender }) => contender.serverCpuUs !== undefined)) {
    line("… with the server", who, rounds, ({ cpuUs, serverCpuUs = 0 }) => cpuUs + serverCpuUs);
  }
  return { key, name, who, gatewayMs, rounds };
});
const [one, ...more] = results.filter(({ key }) => key.startsWith("daemons-"));
for (const { who, rounds } of one === undefined ? [] : more) {
  const ratio = medianPerSecond(rounds) / medianPerSecond(one!.rounds);
  process.stdout.write(`${who}: ${ratio.toFixed(2)} of the charges a second of ${one!.who}\n`);
}
if (keys?.includes("bullmq") ?? values.postgres) {
  process.stdout.write("a job a charge on BullMQ\n  no server: it wants a Redis, which comes with no package of npm\n");
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, plotOf());

function puntual(key: string, flow: "single" | "order_first", gatewayMs: number): Contest {
  return {
    ...{ key, name: `${flow}, ${gatewayOf(gatewayMs)}`, who: "Puntual", gatewayMs, needsServer: false },
    same: ["--flow", flow],
    file: "charging.ts",
    options: ["--concurrency", values.concurrency, "--flow", flow, "--json", "--ticks", "20"],
  };
}

function script(key: string, how: string, concurrency: string): Contest {
  return {
    ...{ key, name: `a script, ${how}`, who: "script", gatewayMs: 0, needsServer: false, same: [] },
    file: "script.ts",
    options: ["--concurrency", concurrency],
  };
}

function queue(key: string): Contest {
  return {
    ...{ key, name: `a job a charge on ${key}`, who: "queue", gatewayMs: 0, needsServer: true, same: [] },
    file: "queue.ts",
    options: ["--concurrency", values.concurrency, "--queue", key],
  };
}

/** So few in flight that it is not the cores which decide: the limit has as many, in one process. */
function daemons(count: number): Contest {
  const inFlight = ["--concurrency", "16"];
  return {
    ...{ key: `daemons-${count}`, name: `PostgreSQL, daemons: ${count}, ${gatewayOf(50)}`, who: `${count} of Puntual` },
    ...{ gatewayMs: 50, same: inFlight, needsServer: true },
    file: "nodes.ts",
    options: [...inFlight, "--daemons", String(count), "--json"],
  };
}

function gatewayOf(ms: number): string {
  return ms === 0 ? "a gateway that answers at once" : `a gateway that takes ${ms} ms`;
}

function figuresOf({ file, options }: Program, gatewayMs: number): Figures {
  const args = [path.join(import.meta.dirname, file), "--charges", values.charges, "--gateway-ms", String(gatewayMs)];
  const printed = execFileSync(process.execPath, [...args, ...options], { encoding: "utf8" });
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Figures;
}

function line(what: string, who: string, rounds: readonly Round[], of: (figures: Figures) => number): void {
  const limit = spreadOf(rounds.map((round) => of(round.limit)));
  const contender = spreadOf(rounds.map((round) => of(round.contender)));
  const ratio = spreadOf(rounds.map((round) => of(round.contender) / of(round.limit)));
  const whole = ({ median }: Spread): string => String(Math.round(median)).padStart(6);
  const text = `${ratio.median.toFixed(2)} (${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)})`;
  process.stdout.write(`  ${what.padEnd(17)} limit ${whole(limit)}, ${who} ${whole(contender)}, ratio ${text}\n`);
}

function medianPerSecond(rounds: readonly Round[]): number {
  return spreadOf(rounds.map(({ contender }) => contender.perSecond)).median;
}

type Spread = { readonly lowest: number; readonly median: number; readonly highest: number };

function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return { lowest: sorted[0]!, median: sorted[Math.floor(sorted.length / 2)]!, highest: sorted.at(-1)! };
}

/** Bars of the ratio in charges a second, the limit being 1, with the spread as a line. */
function plotOf(): string {
  const [width, rowHeight, left] = [640, 44, 290];
  const x = (ratio: number): number => left + Math.min(1, ratio) * (width - left - 60);
  const rows = results.map(({ name, rounds }, at) => {
    const { lowest, median, highest } = spreadOf(
      rounds.map((round) => round.contender.perSecond / round.limit.perSecond),
    );
    const y = 34 + at * rowHeight;
    return [
      `<text x="10" y="${y + 15}">${name}</text>`,
      `<rect x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="20" fill="#3b6ea5"/>`,
      `<line x1="${x(lowest).toFixed(1)}" x2="${x(highest).toFixed(1)}" y1="${y + 10}" y2="${y + 10}" stroke="#111"/>`,
      `<text x="${(x(highest) + 8).toFixed(1)}" y="${y + 15}">${median.toFixed(2)}</text>`,
    ].join("\n");
  });
  const height = 44 + results.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20">Charges a second, as a part of the limit (1 is a program written by hand for nothing else)</text>
<line x1="${x(1)}" x2="${x(1)}" y1="28" y2="${height - 10}" stroke="#999" stroke-dasharray="4 3"/>
${rows.join("\n")}
</svg>
`;
}
