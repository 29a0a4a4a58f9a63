/**
 * What is written wrongly on the command line: exit code 64, one message that says what was expected, and nothing done.
 *
 * None of these commands opens a database.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import PQueue from "p-queue";
import { documentOf, type Ended, puntual } from "../support/command.ts";

type Row = readonly [args: string, message: string];

const ADD = "subscriptions add --plan oro --customer cus_1 --start 2026-12-01T09:00";
const SCHEDULE = "schedule --interval month --start 2026-01-31T09:00";

// prettier-ignore
const WRONG: readonly Row[] = [
  ["rum",                                                      "Did you mean run?"],
  ["run --dryrun",                                             "Did you mean --dry-run?"],
  ["run --limit 0",                                            "Expected a whole number from 1 (charges)."],
  ["run --limit -1",                                           "Expected a whole number from 1 (charges)."],
  ["run --limit 1.5",                                          "Expected a whole number from 1 (charges)."],
  ["plans show",                                               "missing required argument 'plan'"],
  ["plans",                                                    "Usage: puntual plans"],
  ["schedule --interval month --start 2026-02-30T09:00",       "--start: \"2026-02-30T09:00\" given; there is no 2026-02-30 in the calendar"],
  ["schedule --interval month --start 2026-01-31",             "the time of day is missing; write 2026-01-31T09:00"],
  ["schedule --interval month --start 2026-01-31T25:00",       "there is no such time of day"],
  ["schedule --interval month --start 2026-01-31T09:00-06:00", "expected the local time alone, its zone stands in time_zone"],
  ["schedule --interval month --start 31/01/2026",             "expected a local date and time, like 2026-12-01T09:00"],
  ["schedule --interval moth --start 2026-01-31T09:00",        "did you mean \"month\"?"],
  ["schedule --interval quincena --start 2026-01-31T09:00",    "write half_month"],
  [`${SCHEDULE} --time-zone America/Mexico_Cty`,               "did you mean \"America/Mexico_City\"?"],
  [`${SCHEDULE} --time-zone -06:00`,                           "--time-zone"],
  [`${SCHEDULE} --count 0`,                                    "Expected a whole number from 1 to 10000 (dates)."],
  [`${SCHEDULE} --frequency -2`,                               "Expected a whole number from 1 to 10000 (intervals)."],
  ["schedule --interval month",                                "required option '--start <local time>' not specified"],
  ["history --since 2026-02-30",                               "Expected a date that exists"],
  ["history --since yesterday",                                "Expected a date that exists"],
  ["history --outcome payed",                                  "Allowed choices are"],
  ["events list --type invoice.payed",                         "No event has this type. Did you mean invoice.paid?"],
  ["events list --type nosuch",                                "No event has this type."],
  ["dunning preview standard --declined-at 2026-12-03T09:00 --code=", "Expected a code, not an empty text."],
  ["invoices list --status unpaid",                            "Allowed choices are open, paid, uncollectible, void, held"],
  ["sandbox --port 70000",                                     "Expected a whole number from 0 to 65535 (port)."],
  ["sandbox --fault reset",                                    "\"reset\" is no kind of fault"],
  ["customers add --name Ana",                                 "--email, --phone missing"],
  ["customers add --id ana",                                   "expected the id Conekta gave the customer"],
  ["customers add --id cus_1 --name Ana",                      "leave out --name"],
  ["customers add --name A --email a@b.mx --phone 1 --token 4242", "--token: expected a token made by Conekta's tokenizer"],
  ["cards add cus_1",                                          "give the card with --token"],
  ["subscriptions add --plan oro",                             "required option '--customer <cus_…>' not specified"],
  ["subscriptions add --plan oro --customer ana --start 2026-12-01", "--customer: \"ana\" given"],
  [`${ADD} --time-zone Mexico/Nowhere`,                        "--time-zone: \"Mexico/Nowhere\" given; expected a zone of the IANA database"],
  [`${ADD} --quantity 0`,                                      "Expected a whole number from 1 to 10000 (pieces)."],
  [`${ADD} --discount-percent 101`,                            "--discount-percent: 101 given, expected at most 100"],
  [`${ADD} --discount-percent 10 --discount-cents 5`,          "cannot be used with option"],
  [`${ADD} --line-item oro`,                                   "--line-item 1: \"oro\" is not JSON"],
  [`${ADD} --line-item {"name":"ab","unit_price":1.5}`,        "--line-item 1 (name): \"ab\" has 2 characters, expected at least 3"],
  [`${ADD} --line-item {"name":"Plan","unit_prize":100}`,      "--line-item 1 (unit_prize): unknown key; did you mean \"unit_price\"?"],
  ["invoices void inv_1",                                      "required option '--reason <text>' not specified"],
];

let folder: string;
const ends = new Map<string, Ended>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-usage-"));
  const queue = new PQueue({ concurrency: 4 });
  await queue.addAll(
    WRONG.map(
      ([args]) =>
        async () =>
          void ends.set(args, await puntual(args.split(" "), { cwd: folder })),
    ),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a wrong command line ends with 64 and says what was expected", () => {
  test.each(WRONG)("puntual %s: %s", (args, message) => {
    const { exitCode, stdout, stderr } = ends.get(args)!;
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test("leaves nothing behind", () => {
    expect(existsSync(path.join(folder, "data"))).toBe(false);
  });

  test("several faults are told at once", async () => {
    const args = ["schedule", "--interval", "mensual", "--start", "2026-02-30T09:00", "--time-zone", "Mars"];
    const { stderr } = await puntual(args, { cwd: folder });
    for (const option of ["--interval:", "--start:", "--time-zone:"]) expect(stderr).toContain(option);
  });
});

describe("what needs neither database nor key", () => {
  test("`schedule --json` prints exactly the dates, without milliseconds", async () => {
    const args = ["schedule", "--interval", "month", "--start", "2026-01-31T09:00", "--count", "3", "--json"];
    expect(JSON.parse((await puntual(args, { cwd: folder })).stdout)).toEqual({
      dates: ["2026-01-31T15:00:00Z", "2026-02-28T15:00:00Z", "2026-03-31T15:00:00Z"],
    });
  });

  test("`schedule` counts a trial in local days, over a change of the clocks", async () => {
    const zone = ["--time-zone", "America/Tijuana", "--trial-days", "14"];
    const args = ["schedule", "--interval", "week", "--start", "2026-03-01T09:00", ...zone, "--count", "1", "--json"];
    expect(documentOf(await puntual(args, { cwd: folder }))).toEqual({ dates: ["2026-03-15T16:00:00Z"] });
  });

  test("every command has help with an example, on standard output", async () => {
    const commands = ["run", "start", "demo", "migrate", "plans apply", "customers add", "cards add", "cards remove"];
    const more = ["subscriptions add", "subscriptions cancel", "invoices mark-paid", "history", "schedule", "status"];
    const queue = new PQueue({ concurrency: 4 });
    await queue.addAll(
      [...commands, ...more, "sandbox"].map((command) => async () => {
        const help = await puntual([...command.split(" "), "--help"], { cwd: folder });
        expect(help).toMatchObject({ exitCode: 0, stderr: "" });
        expect(help.stdout).toContain(`$ npx puntual ${command}`);
      }),
    );
  });

  test("`--version` prints the version of package.json", async () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as unknown;
    const { stdout } = await puntual(["--version"], { cwd: folder });
    expect(manifest).toMatchObject({ version: stdout.trim() });
  });
});
