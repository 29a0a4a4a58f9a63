/** `report recovery` on books that the real application wrote: who was recovered, by what, and that nobody is missing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { liveDunningStory } from "../support/dunning-story.ts";
import { documentOf, puntual, type Ended } from "../support/command.ts";

type Row = Readonly<Record<string, unknown>> & { readonly by: Readonly<Record<string, number>> };
type Report = { readonly rows: readonly Row[]; readonly totals: readonly Row[] };

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-report-"));
  const app = await liveDunningStory(path.join(folder, "books.db"));
  await app[Symbol.asyncDispose]();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(...args: readonly string[]): Promise<Ended> {
  return puntual(["report", "recovery", ...args], { cwd: folder, env: { DATABASE_URL: "sqlite:books.db" } });
}

/** "2 of 3 card_retry,person 13d" */
function wordsOf({ recovered, invoices, reached, open, lost, by, medianDays, meanDays }: Row): string {
  const ways = Object.entries(by).flatMap(([way, count]) => (count === 0 ? [] : [`${way} ${count}`]));
  expect(meanDays).toBe(medianDays);
  return `${String(recovered)}/${String(invoices)} reached ${String(reached)} open ${String(open)} lost ${String(lost)} [${ways.join(", ")}] ${String(medianDays)}`;
}

describe("recovery", () => {
  test("each invoice that failed is in one row, that of its first decline and its retries", async () => {
    const { rows } = documentOf(await report("--json")) as Report;
    const told = rows.map((row) => [row["declineClass"], row["failureCode"], row["retry"], wordsOf(row)]);
    // class, code, retry, recovered/invoices …                                               because
    expect(told).toEqual([
      ["customer_action", "call_issuer", 0, "0/1 reached 1 open 0 lost 1 [] null"], //         dario, written off
      ["never_again", "stolen_card", 0, "1/1 reached 1 open 0 lost 0 [link_cash 1] 2"], //     caro, in cash
      ["new_card", "expired_card", 1, "1/1 reached 1 open 0 lost 0 [new_card 1] 1.3"], //      beto
      ["new_card", "no_default_card", 0, "0/1 reached 1 open 1 lost 0 [] null"], //            fito, never charged
      ["retry_later", "insufficient_funds", 0, "1/1 reached 2 open 0 lost 0 [person 1] 2"], // eva
      ["retry_later", "insufficient_funds", 1, "1/1 reached 1 open 0 lost 0 [card_retry 1] 13"], // ana, on payday
    ]);
  });

  test("the rows add up to the totals, and those to the invoices that failed", async () => {
    const { rows, totals } = documentOf(await report("--json")) as Report;
    const sum = (key: string): number => rows.reduce((total, row) => total + Number(row[key]), 0);
    expect(totals).toMatchObject([
      {
        currency: "MXN",
        invoices: 6,
        recovered: 4,
        open: 1,
        lost: 1,
        amountCents: 6 * 20015,
        recoveredCents: 4 * 20015,
      },
    ]);
    for (const key of ["invoices", "recovered", "open", "lost", "amountCents", "recoveredCents"])
      expect(sum(key)).toBe(totals[0]?.[key]);
    const ways = Object.values(totals[0]?.by ?? {}).reduce((total, count) => total + count, 0);
    expect(ways).toBe(totals[0]?.["recovered"]);
  });

  test.each([
    ["--plan plata", 1, "the other plan has the one without a card"],
    ["--since 2026-02-01", 0, "all failed first on 31 January"],
    ["--until 2026-01-31", 0, "nobody had failed by then"],
    ["--since 2026-01-31 --until 2026-02-01", 6, "that day has all of them"],
  ])("%s counts %i: %s", async (args, count, _because) => {
    const { rows } = documentOf(await report("--json", ...args.split(" "))) as Report;
    expect(rows.reduce((total, { invoices }) => total + Number(invoices), 0)).toBe(count);
  });

  test("is a table for people, with a line that adds it up", async () => {
    const { stdout } = await report();
    expect(stdout).toMatch(
      /^retry_later +insufficient_funds +1 +1 +1 +1 +100% +\$200\.15 MXN +13\.0 +13\.0 +card retry 1$/m,
    );
    expect(stdout).toContain("MXN: 4 of 6 recovered (67%), $800.60 MXN of $1,200.90 MXN; 1 still open, 1 lost.");
    expect((await report("--until", "2026-01-01")).stdout).toBe("No invoice failed.\n");
  });

  test("a plan that does not exist is no empty report", async () => {
    expect(await report("--plan", "gold")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("gold") });
  });
});
