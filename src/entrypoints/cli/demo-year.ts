/**
 * A year in a minute: the whole program against the sandbox, over real HTTP, with the clock turned by hand.
 *
 * Nothing of the program is simulated but the time and the gateway's far side. At the end the books are compared with
 * the sandbox's own ledger, charge by charge: a difference fails the demo.
 */
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { applyPlans } from "../../application/plans/apply-plans.ts";
import { addCard, changeDefaultCard, createCustomer } from "../../application/customers/customers.ts";
import type { Gateway } from "../../application/ports/gateway.ts";
import type { HistoryRow } from "../../application/ports/listings/billing-views.ts";
import { handClock } from "../../adapters/clock.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { packageFolder } from "../../adapters/files/package-folder.ts";
import { parsePlansFile } from "../../adapters/files/plans-file.ts";
import { seededRandom } from "../../adapters/random.ts";
import { assemble, type Assembly } from "../../assemble.ts";
import { type Config, envToConfig } from "../../config.ts";
import { readEnv } from "../../config/environment.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatMoney } from "../../domain/money.ts";
import { beginChanges, tellChanges } from "./demo-changes.ts";
import { enrollFailing, MEXICO_CITY, tellRecoveries } from "./demo-recovery.ts";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import type { OutputStream } from "./terminal.ts";

const STARTS_AT = new Date("2026-01-01T06:00:00Z");
const ENDS_AT = new Date("2027-01-01T06:00:00Z");
const SEED = 2026;
const PLANS_FILE = "config/plans.yaml";

/** The charge, counted from the start of the year, whose answer never arrives. */
const LOST_ANSWER = 9;

export type DemoOptions = {
  readonly out: NodeJS.WritableStream;
  /** Receives the progress bar; nothing is drawn where it is no terminal. */
  readonly progress: OutputStream;
  readonly cwd: string;
};

export async function runDemo({ out, progress, cwd }: DemoOptions): Promise<ExitCode> {
  const say = (text = ""): void => void out.write(`${text}\n`);
  const databasePath = path.join(cwd, "data", "demo.db");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${databasePath}${suffix}`, { force: true });

  const clock = handClock(STARTS_AT);
  await using sandbox = await startSandbox({ now: () => clock.now(), seed: SEED });
  await using app = await assemble(
    demoConfig(sandbox.url, databasePath, cwd),
    // What the log would say is told below, in order.
    { cwd: packageFolder(), charging: true, database: "make", writeLog: () => {} },
    { clock, random: seededRandom(SEED) },
  );
  const gateway = await app.gateway();

  say(`A Conekta on this desk:  ${sandbox.url}`);
  say(`The books:               ${path.relative(cwd, databasePath)}`);
  say("\n1. Customers, registered the way Conekta's guide to charges on demand does");
  const customers = await registerCustomers(app, gateway, say);
  say(`\n2. ${PLANS_FILE}, applied`);
  const plansApplied = await applyPlansFile(app, gateway, customers);
  for (const line of plansApplied) say(`   ${line}`);
  const changes = await beginChanges(app, say);
  const recovery = await enrollFailing(app, gateway, sandbox, say);
  say("\n3. The year 2026, billed");
  sandbox.inject({ kind: "reset_after", call: "POST /orders", nth: LOST_ANSWER });
  const runs = await billTheYear(app, clock, progress, [recovery, changes]);
  say(`   ${runs} runs, each at the moment something fell due, over real HTTP`);

  const history = (await app.store.list("history", {})).toReversed();
  say("\n4. What happened (January to March; times in Mexico City)\n");
  say(historyTable(history.filter((row) => row.attemptedAt < "2026-04-01")));
  say(`   … and ${history.filter((row) => row.attemptedAt >= "2026-04-01").length} more until December.`);
  await tellLostAnswer(app, say);
  say("\n5. Charges that failed, and what became of them");
  await tellRecoveries(app, databasePath, say);
  say("\n6. IVA, a coupon, an extra, and more of a plan in the middle of a month");
  await tellChanges(app, say);
  say("\n7. Totals by outcome\n");
  say(totalsTable(history));
  return compareWithLedger(history, sandbox, path.relative(cwd, databasePath), say);
}

/** As if from an empty environment: the demo must not find the merchant's own key or database. */
function demoConfig(sandboxUrl: string, databasePath: string, cwd: string): Config {
  const variables = {
    CONEKTA_API_KEY: "key_demo",
    CONEKTA_BASE_URL: sandboxUrl,
    DATABASE_URL: `sqlite:${databasePath}`,
    BILLING_TIME_ZONE: MEXICO_CITY,
    HTTP_PORT: "",
  };
  return envToConfig(
    readEnv(variables, null, () => ""),
    { cwd, isTerminal: false },
  );
}

/** @returns the sandbox's customer for each customer that the plans file names */
async function registerCustomers(
  app: Assembly,
  gateway: Gateway,
  say: (text: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const needs = { ...app, gateway };
  const ids = new Map<string, string>();
  const person = (name: string, email: string) => ({ name, email: `${email}@example.com`, phone: "+525512345678" });
  const oneStep = async (inFile: string, name: string, email: string, tokenId: string): Promise<void> => {
    const { id, cardBrand, cardLast4 } = await createCustomer(
      needs,
      { ...person(name, email), card: { tokenId } },
      { request: email },
    );
    ids.set(inFile, id);
    say(`   ${id}  ${name}: customer and card (${cardBrand} ${cardLast4}) in one step`);
  };

  await oneStep("cus_2tTU5GdkwZvBmS3fN", "Jorge Martínez", "jorge", "tok_test_visa_4242");

  const lucia = await createCustomer(needs, person("Lucía Peña", "lucia"), { request: "lucia" });
  const card = await addCard(needs, lucia.id, { tokenId: "tok_test_mastercard_4444" });
  ids.set("cus_2tTU9LuciaPena3xK", lucia.id);
  say(`   ${lucia.id}  Lucía Peña: first the customer, then the card (${card.brand} ${card.last4})`);

  const munoz = await createCustomer(
    needs,
    {
      ...person("Cafetería Muñoz", "munoz"),
      card: { tokenId: "tok_test_card_declined" },
    },
    { request: "munoz" },
  );
  const second = await addCard(needs, munoz.id, { tokenId: "tok_test_visa_1881" });
  await changeDefaultCard(needs, munoz.id, second.id);
  ids.set("cus_2tTUCafeMunoz7hQp", munoz.id);
  say(`   ${munoz.id}  Cafetería Muñoz: a second card (${second.brand} ${second.last4}), made the default`);

  await oneStep("cus_2tTUFamIbanez4rWz", "Familia Ibáñez", "ibanez", "tok_sandbox_insufficient_funds_1_then_pays");
  await oneStep("cus_2tTUSofiaNunez8bD", "Sofía Núñez", "sofia", "tok_test_amex_0005");
  await oneStep("cus_2tTUKRiosYCia5mVt", "Ríos y Compañía", "rios", "tok_sandbox_pays_3_then_declines");
  return ids;
}

async function applyPlansFile(
  app: Assembly,
  gateway: Gateway,
  customers: ReadonlyMap<string, string>,
): Promise<string[]> {
  let text = readFileSync(path.join(packageFolder(), PLANS_FILE), "utf8");
  for (const [inFile, inSandbox] of customers) text = text.replaceAll(inFile, inSandbox);
  const input = parsePlansFile(text, {
    fileName: PLANS_FILE,
    minChargeCents: app.config.charging.minChargeCents,
    dunningPolicies: new Set(app.policies.keys()),
    timeZone: app.config.billing.timeZone,
    // No amount changes by it: it says what of the price is IVA.
    tax: { rate: 16, included: true },
    today: localDateTextOf(app.clock.now(), app.config.billing.timeZone),
  });
  const { changes } = await applyPlans({ ...app, gateway }, input, {
    fileName: PLANS_FILE,
    dryRun: false,
    prune: false,
    confirmed: true,
  });
  return changes.map(({ kind, id, details }) => `+ ${kind} ${id}: ${details.join("; ")}`);
}

/** Turns the clock to each moment at which something is due. @returns the number of runs */
async function billTheYear(
  app: Assembly,
  clock: ReturnType<typeof handClock>,
  progress: OutputStream,
  people: readonly { act(): Promise<Date | null> }[],
): Promise<number> {
  const bar = new SingleBar({
    format: "   {bar} {percentage}%  {day}",
    stream: progress,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(ENDS_AT.getTime() - STARTS_AT.getTime(), 0, { day: "" });
  const biller = await app.biller();
  let runs = 0;
  for (;;) {
    const acts: (Date | null)[] = [];
    for (const each of people) acts.push(await each.act());
    const { nextOpeningAt, nextAttemptAt, nextInquiryAt, nextStepAt } = await app.store.statusCounts(clock.now());
    const moments = [nextOpeningAt, nextAttemptAt, nextInquiryAt, nextStepAt, ...acts].flatMap((at) =>
      at === null ? [] : [at.getTime()],
    );
    const next = Math.min(...moments);
    if (next >= ENDS_AT.getTime()) break;
    clock.set(new Date(Math.max(next, clock.now().getTime())));
    await biller.tick(new AbortController().signal);
    runs += 1;
    bar.update(next - STARTS_AT.getTime(), { day: clock.now().toISOString().slice(0, 10) });
  }
  bar.stop();
  return runs;
}

function historyTable(rows: readonly HistoryRow[]): string {
  const table = new Table({
    head: ["when", "customer", "plan", "cycle/try", "amount", "card", "outcome"],
    colAligns: ["left", "left", "left", "right", "right", "left", "left"],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows)
    table.push([
      localTime(row.attemptedAt),
      row.customerName,
      row.planId,
      `${row.cycle ?? "once"}/${row.attempt}`,
      formatMoney(row.amountCents, row.currency),
      `${row.cardBrand} ${row.cardLast4}`,
      typeof row.failureCode === "string" ? `${row.outcome}: ${row.failureCode}` : row.outcome,
    ]);
  return table.toString();
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE", { timeZone: MEXICO_CITY, dateStyle: "short", timeStyle: "short" });
}

async function tellLostAnswer(app: Assembly, say: (text: string) => void): Promise<void> {
  for (const { reference, flow, evidence: steps } of await app.store.list("attempts", {})) {
    // A payment link is looked at while it is open, and nothing was lost.
    if (steps.length < 2 || flow === "link") continue;
    say(`\n   One answer was lost (${reference}):`);
    for (const { at, because } of steps) say(`     ${at}  ${because}`);
  }
}

function totalsTable(history: readonly HistoryRow[]): string {
  const totals = new Map<string, { attempts: number; cents: number }>();
  for (const row of history) {
    const key = row.outcome;
    const total = totals.get(key) ?? { attempts: 0, cents: 0 };
    totals.set(key, { attempts: total.attempts + 1, cents: total.cents + row.amountCents });
  }
  const table = new Table({
    head: ["outcome", "attempts", "amount"],
    colAligns: ["left", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [outcome, { attempts, cents }] of totals) table.push([outcome, attempts, formatMoney(cents, "MXN")]);
  return table.toString();
}

function compareWithLedger(
  history: readonly HistoryRow[],
  sandbox: Sandbox,
  databasePath: string,
  say: (text?: string) => void,
): ExitCode {
  const line = (charge: string, order: string, status: string, cents: number) =>
    `${charge} ${order} ${status} ${cents}`;
  const ours = new Set(
    history.map((row) => line(String(row.chargeId), String(row.orderId), row.outcome, row.amountCents)),
  );
  const theirs = new Set(
    sandbox.ledger().map(({ chargeId, orderId, status, amountCents }) => line(chargeId, orderId, status, amountCents)),
  );
  const onlyOurs = [...ours].filter((each) => !theirs.has(each));
  const onlyTheirs = [...theirs].filter((each) => !ours.has(each));
  const isEqual = onlyOurs.length === 0 && onlyTheirs.length === 0 && ours.size === history.length;

  say("\n8. The books against the gateway's own ledger");
  say(`   ${ours.size} charges in the books, ${theirs.size} at the gateway: ${isEqual ? "equal" : "DIFFERENT"}`);
  for (const each of onlyOurs) say(`   only in the books:    ${each}`);
  for (const each of onlyTheirs) say(`   only at the gateway:  ${each}`);
  say(
    `\nLook for yourself:\n   sqlite3 ${databasePath} "select substr(attempted_at, 1, 7) as month, outcome, count(*), sum(amount) from billing_history group by 1, 2"`,
  );
  return isEqual ? EXIT.done : EXIT.failed;
}
