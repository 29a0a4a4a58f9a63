/** `dunning preview`: the whole schedule of a policy, in words and as data, without books, key or network. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { documentOf, type Ended, puntual } from "../support/command.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-dunning-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DECLINED = "--declined-at 2026-12-03T09:00";

function preview(args: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return puntual(["dunning", "preview", ...args.split(" ")], { cwd: folder, env });
}

describe("`dunning preview`", () => {
  test("tells every step with its rule, up to the final action", async () => {
    const { exitCode, stdout, stderr } = await preview(`standard ${DECLINED} --code insufficient_funds --brand visa`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "Policy standard; every try is declined with insufficient_funds (retry_later: the same card may pay later). Times of America/Mexico_City.",
        "insufficient_funds: The card has insufficient funds.",
        "",
        "Thu 3 Dec 2026 09:00   Decline 1. The card is tried again on Tuesday 15 December 2026, 09:00: retry 1 of 3, moved from Friday 4 December 2026 to payday, because the card lacked funds.",
        "Tue 15 Dec 2026 09:00  Decline 2. The card is tried again on Friday 18 December 2026, 09:00: retry 2 of 3, on payday, because the card lacked funds.",
        "Fri 18 Dec 2026 09:00  Decline 3. The card is tried again on Thursday 31 December 2026, 09:00: retry 3 of 3, moved from Wednesday 23 December 2026 to payday, because the card lacked funds.",
        "Thu 31 Dec 2026 09:00  Decline 4. Another card is waited for until Thursday 7 January 2027, 09:00: the 3 retries are used up.",
        "Thu 7 Jan 2027 09:00   The wait is over. The invoice is written off, as the retries are used up; the subscription is kept, but no longer collected: no other card came within 7 days.",
        "",
        "It ends after 35 days; by this policy after 38 at the latest.",
        "Visa: 3 of 15 reattempts within 30 days.",
        "",
      ].join("\n"),
    );
  });

  test("tells it in Spanish, when asked or when the terminal is Spanish", async () => {
    const asked = await preview(`with_cash ${DECLINED} --code expired_card --lang es`);
    expect(asked.stdout).toContain("jue 3 dic 2026 09:00   Rechazo 1. Sigue una liga de pago");
    expect(asked.stdout).toContain("Corre el plazo de gracia hasta el jueves 10 de diciembre de 2026, 09:00");
    expect(asked.stdout).toContain("la suscripción se cancela");
    const spanish = await preview(`with_cash ${DECLINED} --code expired_card`, { LANG: "es_MX.UTF-8" });
    expect(spanish.stdout).toBe(asked.stdout);
  });

  test("gives a script instants, rules and both texts", async () => {
    const ended = await preview(`with_cash ${DECLINED} --code conekta.errors.processing.bank.pick_up_card --json`);
    const { steps, ...head } = documentOf(ended) as { steps: readonly Record<string, unknown>[] };
    expect(head).toMatchObject({ policy: "with_cash", declineClass: "never_again", horizonDays: 39, network: null });
    expect(steps.map(({ at, after, do: next }) => [at, after, next])).toEqual([
      ["2026-12-03T15:00:00.000Z", "decline", "payment_link"],
      ["2026-12-08T15:00:00.000Z", "payment_link", "grace"],
      ["2026-12-10T15:00:00.000Z", "grace", "write_off"],
    ]);
    expect(steps.at(-1)).toMatchObject({
      ...{ because: "link_not_paid", finalAction: "cancel", rule: { name: "grace_over", days: 2 } },
      text: { es: expect.stringContaining("incobrable"), en: expect.stringContaining("written off") },
    });
  });

  test.each<[args: string, said: string, because: string]>([
    ["--code never_heard_of", "an unknown code is tried once more, 1 day later", "one retry"],
    [
      "--code timeout",
      "The bank gave no clear answer. Money may have moved: the order is read first",
      "no decline yet",
    ],
    ["--code card_expired", "The card has expired. It is seen before the charge", "a check of our own"],
    ["--code invalid_merchant", "The invoice is held until a person decides", "our fault"],
    ["--code processing.tokenization.used", "Conekta tried no charge", "refused"],
    ["--code authentication.missing_key", "Nobody is charged until Conekta accepts the key", "the whole run stops"],
    ["--code insufficient_funds --declines 4", "Decline 4. Another card is waited for", "the last of them"],
    ["--code insufficient_funds --time-zone America/Tijuana", "Times of America/Tijuana", "there"],
    ["--code timeout --brand carnet", "2 of 10 reattempts within 24 hours", "an unknown network is the strictest"],
  ])("with %s says: %s (%s)", async (args, said, _because) => {
    const { exitCode, stdout } = await preview(`standard ${DECLINED} ${args}`);
    expect(stdout).toContain(said);
    expect(exitCode).toBe(0);
  });

  test.each<[args: string, exitCode: number, message: string, because: string]>([
    [`standrad ${DECLINED} --code timeout`, 1, 'did you mean "standard"?', "a near miss"],
    [
      "standard --declined-at 2026-02-30T09:00 --code timeout",
      64,
      "there is no 2026-02-30 in the calendar",
      "no such day",
    ],
    [`standard ${DECLINED} --code timeout --time-zone Mars`, 64, "--time-zone", "no such zone"],
    [`standard ${DECLINED}`, 64, "required option '--code <code>' not specified", "what of?"],
    [`standard ${DECLINED} --code timeout --declines 0`, 64, "Expected a whole number from 1 to 100", "no decline"],
    [`standard ${DECLINED} --code timeout --lang fr`, 64, "Allowed choices are es, en", "nobody wrote it"],
  ])("%s ends with %i: %s (%s)", async (args, exitCode, message, _because) => {
    const ended = await preview(args);
    expect({ exitCode: ended.exitCode, stdout: ended.stdout }).toEqual({ exitCode, stdout: "" });
    expect(ended.stderr).toContain(message);
  });

  test("opens no books", () => {
    expect(existsSync(path.join(folder, "data"))).toBe(false);
  });
});

describe("with a dunning.yaml of the merchant's own", () => {
  function write(text: string): void {
    mkdirSync(path.join(folder, "config"), { recursive: true });
    writeFileSync(path.join(folder, "config", "dunning.yaml"), text);
  }
  afterAll(() => rmSync(path.join(folder, "config"), { recursive: true, force: true }));

  test("that is the one which counts, and its bank holidays with it", async () => {
    write("bank_holidays: [2026-12-15]\npolicies:\n  mine: { retry_after_days: [1], payday: true }\n");
    const { stdout } = await preview(`mine ${DECLINED} --code insufficient_funds`);
    expect(stdout).toContain("The card is tried again on Monday 14 December 2026, 09:00: retry 1 of 1");
  });

  test("a fault of it is told with its place, and exit code 78", async () => {
    write("policies:\n  mine: { retry_after_days: [20, 20], window_days: 30 }\n");
    const { exitCode, stderr } = await preview(`mine ${DECLINED} --code insufficient_funds`);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("config/dunning.yaml:2:34 (policies.mine.retry_after_days[1]): comes 40 days after");
  });
});
