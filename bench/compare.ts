/**
 * Puntual beside the limit, in rounds that take turns: `npm run bench`.
 *
 *   node bench/compare.ts [--charges 3000] [--rounds 3] [--concurrency 64] [--json FILE] [--svg FILE]
 *
 * Each round starts every program anew, with a database and a gateway of its own. Printed: charges a second, CPU of a charge,
 * and both as ratios to the limit of the same round, as median and (lowest to highest). Measured, never asserted.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    charges: { type: "string", default: "3000" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "64" },
    json: { type: "string" },
    svg: { type: "string" },
  },
});

type Flow = "single" | "order_first";
type Contest = { readonly name: string; readonly flow: Flow; readonly gatewayMs: number };
type Figures = { readonly perSecond: number; readonly cpuUs: number };
type Round = { readonly limit: Figures; readonly puntual: Figures };

const CONTESTS: readonly Contest[] = [
  { name: "single, a gateway that answers at once", flow: "single", gatewayMs: 0 },
  { name: "order_first, a gateway that answers at once", flow: "order_first", gatewayMs: 0 },
  { name: "single, a gateway that takes 50 ms", flow: "single", gatewayMs: 50 },
];

const results = CONTESTS.map((contest) => ({
  ...contest,
  rounds: Array.from({ length: Number(values.rounds) }, (_, at): Round => {
    // Whoever comes second finds a warmer machine: they take turns in that, too.
    const [first, second] = at % 2 === 0 ? (["limit", "charging"] as const) : (["charging", "limit"] as const);
    const taken = { [first]: figuresOf(first, contest), [second]: figuresOf(second, contest) };
    return { limit: taken["limit"]!, puntual: taken["charging"]! };
  }),
}));

for (const { name, rounds } of results) {
  process.stdout.write(`${name}\n`);
  line("charges a second", rounds, ({ perSecond }) => perSecond);
  line("µs CPU a charge", rounds, ({ cpuUs }) => cpuUs);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, plotOf());

function figuresOf(program: "limit" | "charging", { flow, gatewayMs }: Contest): Figures {
  const { charges, concurrency } = values;
  const file = path.join(import.meta.dirname, `${program}.ts`);
  const options = ["--charges", charges, "--concurrency", concurrency, "--flow", flow, "--gateway-ms", `${gatewayMs}`];
  const more = program === "charging" ? ["--json", "--ticks", "20"] : [];
  const printed = execFileSync(process.execPath, [file, ...options, ...more], { encoding: "utf8" });
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Figures;
}

function line(what: string, rounds: readonly Round[], of: (figures: Figures) => number): void {
  const limit = spreadOf(rounds.map((round) => of(round.limit)));
  const puntual = spreadOf(rounds.map((round) => of(round.puntual)));
  const ratio = spreadOf(rounds.map((round) => of(round.puntual) / of(round.limit)));
  const whole = ({ median }: Spread): string => String(Math.round(median)).padStart(6);
  const text = `${ratio.median.toFixed(2)} (${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)})`;
  process.stdout.write(`  ${what.padEnd(17)} limit ${whole(limit)}, Puntual ${whole(puntual)}, ratio ${text}\n`);
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
      rounds.map((round) => round.puntual.perSecond / round.limit.perSecond),
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
