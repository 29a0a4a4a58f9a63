/**
 * Crashes at every point there is, and writes what came of it as the table of docs/exactly-once.md:
 *
 *   node test/crash/print-matrix.ts
 */
import { CHARGE_FLOWS } from "../../src/domain/attempt.ts";
import { crash, differentCrashes, numberPoints, type Row } from "./matrix.ts";
import { buildStage } from "./scene.ts";

const MEANING: readonly (readonly [RegExp, string])[] = [
  [/^attempt\.released$/, "releases it; the invoice is due at once"],
  [/^attempt\.unknown, invoice\.paid$/, "unknown; inquiries, sees the payment, books it"],
  [/^attempt\.unknown, invoice\.payment_failed$/, "unknown; inquiries, sees the decline, books it"],
  [/^link: attempt\.released$/, "releases it; the link is made at once"],
  [/^link: .*invoice\.payment_link_created, invoice\.paid$/, "unknown; inquiries, finds the page, tells its address"],
  [/^link: .*attempt\.not_sent$/, "unknown; two inquiries see no page; makes it again"],
  [/attempt\.unknown, attempt\.not_sent$/, "unknown; two inquiries see no charge; charges the same order"],
  [
    /invoice\.held, attempt\.not_sent, attempt\.resolved$/,
    "unknown; inquiries see nothing; held until a person decides",
  ],
];

const MOST_MOMENTS = 12;

for (const flow of CHARGE_FLOWS) {
  using stage = await buildStage(flow);
  const numbered = await numberPoints(stage);
  const rows: Row[] = [];
  for (const { point } of numbered) rows.push(await crash(stage, [point.number]));
  const faults = rows.flatMap((row) => row.faults);
  console.log(`\n### Flow \`${flow}\`\n`);
  console.log(
    `${numbered.length} points, ${differentCrashes(numbered).length} different worlds, ${faults.length} faults.\n`,
  );
  console.log("| the restart finds | and does | when the process died | points |");
  console.log("|---|---|---|---|");
  for (const [found, same] of Map.groupBy(rows, foundAndDone))
    console.log(`| ${found} | ${momentsOf(same)} | ${same.length} |`);
  for (const fault of faults) console.error(`FAULT ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function foundAndDone({ finds, does }: Row): string {
  const pairs = [
    ...new Set(
      finds.map(
        (each, index) =>
          `${each} → ${meaningOf(`${each.startsWith("a payment link") ? "link: " : ""}${does[index] ?? ""}`)}`,
      ),
    ),
  ];
  if (pairs.length === 0) return "nothing half done | goes on where the tables say";
  const [found, done] = [0, 1].map((side) => pairs.map((pair) => pair.split(" → ")[side]).join("<br>"));
  return `${found} | ${done}`;
}

function momentsOf(rows: readonly Row[]): string {
  const moments = new Set(rows.map(({ point }) => `${point.moment} \`${point.call}\``));
  return moments.size > MOST_MOMENTS ? "at every other point" : [...moments].join(", ");
}

function meaningOf(events: string): string {
  return MEANING.find(([pattern]) => pattern.test(events))?.[1] ?? events;
}
