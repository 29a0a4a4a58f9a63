/**
 * Crashes at every point there is, and writes what came of it as the table of docs/exactly-once.md:
 *
 *   node test/crash/print-matrix.ts [--postgres]
 */
import { CHARGE_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { crash, differentCrashes, numberPoints, type Row } from "./matrix.ts";
import { buildTemplate } from "./crash-fixture.ts";

const MEANING: readonly (readonly [RegExp, string])[] = [
  [/^attempt\.released$/, "releases it; the invoice is due at once"],
  [/^attempt\.unknown, invoice\.paid$/, "unknown; an inquiry sees the payment, books it"],
  [/^attempt\.unknown, invoice\.payment_failed$/, "unknown; an inquiry sees the decline, books it"],
  [/^link: attempt\.released$/, "releases it; the link is made at once"],
  [/^link: .*invoice\.payment_link_created, invoice\.paid$/, "unknown; an inquiry finds the page and its address"],
  [/^link: .*attempt\.not_sent$/, "unknown; two inquiries see no page; makes it again"],
  [
    /attempt\.unknown, (attempt\.inquiry_made, )?attempt\.not_sent$/,
    "unknown; two inquiries see no charge; charges the same order",
  ],
  [
    /invoice\.held, attempt\.not_sent, attempt\.resolved$/,
    "unknown; inquiries see nothing; held until a person decides",
  ],
];

const MOST_MOMENTS = 12;

await using server = process.argv.includes("--postgres") ? await startPostgres() : null;

for (const flow of CHARGE_FLOWS) {
  using template = await buildTemplate(flow, server);
  const numbered = await numberPoints(template);
  const rows: Row[] = [];
  for (const { point } of numbered) rows.push(await crash(template, [point.number]));
  const faults = rows.flatMap((row) => row.faults);
  console.log(`\n### Flow \`${flow}\`\n`);
  console.log(
    `${numbered.length} points, ${differentCrashes(numbered).length} different states, ${faults.length} faults found.\n`,
  );
  const groups = [...Map.groupBy(rows, foundAndDone)];
  console.log("| the restart finds | and does |");
  console.log("|---|---|");
  for (const [found] of groups) for (const line of linesOf(found)) console.log(line);
  console.log("\nWhen the process died, in the same order:\n");
  for (const [found, same] of groups) console.log(`- ${foundOf(found)}: ${momentsOf(same)}.`);
  for (const fault of faults) console.error(`FAULT ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

/** "claimed → releases it": one line for each attempt that the dead process left behind. */
function foundAndDone({ finds, does }: Row): string {
  const pairs = finds.map(
    (each, index) =>
      `${each} → ${meaningOf(`${each.startsWith("a payment link") ? "link: " : ""}${does[index] ?? ""}`)}`,
  );
  return pairs.length === 0 ? "nothing half done → goes on where the tables say" : [...new Set(pairs)].join("\n");
}

function linesOf(pairs: string): readonly string[] {
  return pairs.split("\n").map((pair, index) => {
    const [found = "", done = ""] = pair.split(" → ");
    return `| ${index === 0 ? "" : "and "}${found} | ${done} |`;
  });
}

function foundOf(lines: string): string {
  return lines
    .split("\n")
    .map((pair) => pair.split(" → ")[0])
    .join(" and ");
}

function momentsOf(rows: readonly Row[]): string {
  const moments = new Set(rows.map(({ point }) => `${point.moment} \`${point.call}\``));
  return moments.size > MOST_MOMENTS ? "at every other point" : [...moments].join(", ");
}

function meaningOf(events: string): string {
  return MEANING.find(([pattern]) => pattern.test(events))?.[1] ?? events;
}
