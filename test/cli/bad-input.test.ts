/**
 * What is wrong with files, environment, database, gateway and ids: each one clear message (what, where, how to mend),
 * the designed exit code, and nothing half done.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { documentOf, type Ended } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

type Wrong = {
  readonly args: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written as the file that the last argument names. */
  readonly file?: string;
  readonly stdin?: string;
  readonly exitCode: 1 | 64 | 78;
  readonly says: string | RegExp;
};

const NOBODY = "http://127.0.0.1:9";
const NO_NEED = { CONEKTA_API_KEY: "" };
const NEW = "customers add --name Ana --email a@b.mx --phone +525512345678";
const CARD = '{"number":"4242424242424242","name":"A","exp_month":13,"exp_year":2030,"cvc":"123"}';
const plan = (lines: string) => `plans:\n  - id: plata\n    name: Plan Plata\n    interval: month\n${lines}`;
const sub = (fields: string) =>
  plansYaml([]).replace("subscriptions: []", `subscriptions:\n  - { plan: oro, ${fields} }`);

let fixture: CommandFixture;
let live: Sandbox;
let strict: Sandbox;
const ends = new Map<string, Ended>();

/** By name, so that a failing row says which. The ids of ANA, BARE and EXPIRED are known only when they exist. */
// prettier-ignore
const ROWS: Readonly<Record<string, Wrong>> = {
  // ---- the environment
  "no key":                      { args: "run", env: NO_NEED, exitCode: 78, says: "CONEKTA_API_KEY: missing, and this command talks to Conekta" },
  "a key that is none":          { args: "run", env: { CONEKTA_API_KEY: "sk live 1234" }, exitCode: 78, says: "has a character no key has; copy the private key" },
  "several wrong variables":     { args: "status", env: { LEASE_MS: "1,000", CHARGE_CONCURRENCY: "many" }, exitCode: 78, says: /CHARGE_CONCURRENCY[\s\S]*LEASE_MS/ },
  "no key, and more":            { args: "run", env: { CONEKTA_API_KEY: "", LEASE_MS: "soon" }, exitCode: 78, says: /LEASE_MS[\s\S]*CONEKTA_API_KEY: missing/ },
  "a key where none belongs":    { args: "customers show --key=key_Xy12345678", exitCode: 64, says: "unknown option '--key=key_[redacted]'" },
  "a raw card without PCI DSS":  { args: `${NEW} --card-stdin`, stdin: CARD, exitCode: 78, says: "CONEKTA_PCI_DSS_LEVEL_1" },
  "a card that is none":         { args: `${NEW} --card-stdin`, env: { CONEKTA_PCI_DSS_LEVEL_1: "true" }, stdin: CARD, exitCode: 64, says: "standard input is not a card (look at exp_month)" },
  // ---- the gateway
  "an unreachable gateway":      { args: NEW, env: { CONEKTA_BASE_URL: NOBODY }, exitCode: 1, says: "Conekta could not be reached" },
  "a key Conekta refuses":       { args: NEW, env: { CONEKTA_BASE_URL: "STRICT" }, exitCode: 78, says: "Conekta does not accept the key (status 401" },
  "the same, before charging":   { args: "run", env: { CONEKTA_BASE_URL: "STRICT" }, exitCode: 78, says: "Conekta does not accept the key (status 401" },
  "the key of the other mode":   { args: "customers add --id ELSEWHERE", env: { CONEKTA_BASE_URL: "LIVE" }, exitCode: 78, says: "is a live key, but this database holds test data" },
  "a customer nobody has":       { args: "customers add --id cus_nobody", exitCode: 1, says: "Conekta refused to read the customer cus_nobody (status 404)" },
  "a token nobody made":         { args: `${NEW} --token tok_nobody`, exitCode: 1, says: "Conekta refused to create the customer" },
  // ---- ids
  "an unknown customer":         { args: "customers show cus_1", exitCode: 1, says: "there is no customer cus_1" },
  "an unknown card":             { args: "cards default ANA src_1", exitCode: 1, says: "Conekta refused to make src_1 the default" },
  "the default card":            { args: "cards remove ANA DEFAULT --yes", exitCode: 1, says: "is the default card" },
  "an unknown subscription":     { args: "subscriptions pause nope", exitCode: 1, says: "there is no subscription nope; `npx puntual subscriptions list` shows all" },
  "an unknown invoice":          { args: "invoices retry inv_1", exitCode: 1, says: "there is no invoice inv_1; `npx puntual invoices list` shows all" },
  "an id that is taken":         { args: "subscriptions add --plan oro --customer ANA --start 2026-12-01T09:00 --id ana", exitCode: 1, says: "there is a subscription ana already" },
  "an amount under the minimum": { args: 'subscriptions add --plan oro --customer ANA --start 2026-12-01T09:00 --id x --line-item {"name":"Plan","unit_price":299}', exitCode: 64, says: "the amount would be 299 cents; Conekta charges 300 cents or more" },
  "a payment in the future":     { args: "invoices mark-paid INVOICE --reason cash --paid-at 2190-01-01 --yes", exitCode: 64, says: "is in the future" },
  // ---- dangerous acts, and nobody to ask
  "void, unasked":               { args: "invoices void INVOICE --reason x", exitCode: 64, says: /Void inv_\w+ \(open, \$200\.15 MXN, Ana\)\?.*\n.*--yes goes on/ },
  "mark-paid, unasked":          { args: "invoices mark-paid INVOICE --reason x", exitCode: 64, says: "--yes goes on" },
  "cancel --now, unasked":       { args: "subscriptions cancel ana --now", exitCode: 64, says: "Cancel ana now? Its 1 unpaid invoice will be void." },
  "removing a card, unasked":    { args: "cards remove ANA src_1", exitCode: 64, says: "Delete the card src_1" },
  "pruning, unasked":            { args: "plans apply --prune empty.yaml", file: "plans: []\n", exitCode: 64, says: /cancel subscription ana[\s\S]*--yes goes on/ },
  // ---- plans.yaml
  "a file that is not there":    { args: "plans apply nowhere.yaml", exitCode: 78, says: "nowhere.yaml: there is no such file in" },
  "a folder as the file":        { args: "plans apply .", exitCode: 78, says: "is no regular file" },
  "an unknown key":              { args: "plans apply 2.yaml", file: plan("    intervall: month\n    line_items: [{ name: Plan, unit_price: 500 }]\n"), exitCode: 78, says: "2.yaml:5:5 (plans[0].intervall): unknown key; did you mean \"interval\"?" },
  "fractional cents":            { args: "plans apply 3.yaml", file: plan("    line_items: [{ name: Plan, unit_price: 200.15 }]\n"), exitCode: 78, says: "amounts are in cents: 200.15 is written 20015" },
  "a day that does not exist":   { args: "plans apply 5.yaml", file: sub("customer: cus_1, start: 2026-02-30T09:00"), exitCode: 78, says: "there is no 2026-02-30 in the calendar" },
  "no customer":                 { args: "plans apply 6.yaml", file: sub("start: 2026-02-28T09:00"), exitCode: 78, says: "(subscriptions[0].customer): missing" },
  "nobody's customer":           { args: "plans apply 7.yaml", file: sub("customer: cus_1, start: 2026-02-28T09:00"), exitCode: 78, says: "Conekta does not know this customer" },
  "no default card":             { args: "plans apply 8.yaml", file: sub("customer: BARE, start: 2026-02-28T09:00"), exitCode: 78, says: "has no default card at Conekta, so nothing could be charged" },
  "an expired card":             { args: "plans apply 9.yaml", file: sub("customer: EXPIRED, start: 2026-02-28T09:00"), exitCode: 78, says: /the default card \(visa ending in 4242\) expired/ },
  "an edit of what is fixed":    { args: "plans apply 10.yaml", file: "FIXED", exitCode: 78, says: "interval is fixed once the plan has subscriptions: it is month, the file says week" },
  // ---- the database
  "no database":                 { args: "status", env: { DATABASE_URL: "sqlite:notes.txt" }, exitCode: 78, says: "is not an SQLite database; check DATABASE_URL" },
  "a corrupt database":          { args: "status", env: { DATABASE_URL: "sqlite:corrupt.db" }, exitCode: 78, says: "is corrupt; nobody is charged from it; restore a backup" },
  "a newer database":            { args: "status", env: { DATABASE_URL: "sqlite:newer.db" }, exitCode: 78, says: "was written by a newer Puntual" },
  "a folder as the database":    { args: "status", env: { DATABASE_URL: "sqlite:folder" }, exitCode: 78, says: "is a folder; DATABASE_URL must name a file" },
  "a folder that cannot be":     { args: "migrate", env: { DATABASE_URL: "sqlite:notes.txt/books.db" }, exitCode: 78, says: "lies below something that is no folder" },
  "a lock that cannot be":       { args: "run", env: { DATABASE_URL: "sqlite:locked.db" }, exitCode: 78, says: /the lock of the database .*locked\.db\.lock is a folder/ },
  // ---- files and folders that are not there
  "an export below a file":      { args: "export history --output notes.txt/h.csv", exitCode: 1, says: "notes.txt: a file stands there, and no folder; choose another place" },
  "the same, of documents":      { args: "export cfdi --month 2026-10 --output notes.txt/d.ndjson", exitCode: 1, says: "notes.txt: a file stands there" },
  "a backup below a file":       { args: "backup notes.txt/b.db", exitCode: 1, says: /notes\.txt\/b\.db cannot be written .*choose another path/ },
  "a backup that is not there":  { args: "restore no/b.db --yes", exitCode: 78, says: /there is no database at .*no\/b\.db/ },
  "a seed that is not there":    { args: "seed no/seed.yaml", exitCode: 64, says: "there is no file no/seed.yaml" },
  "an import that is not there": { args: "subscriptions import no/rows.csv", exitCode: 64, says: "no/rows.csv: is not there" },
  "a key file that is not there": { args: "init elsewhere --key-file no/key", exitCode: 64, says: "--key-file: no/key is not there, or is empty" },
  "a folder that is a file":     { args: "init notes.txt --offline", exitCode: 64, says: "notes.txt is a file; name a folder" },
  "a folder below a file":       { args: "init notes.txt/shop --offline", exitCode: 64, says: /notes\.txt\/shop lies below .*notes\.txt, which is a file/ },
  // ---- the machine
  "a port in use":               { args: "sandbox --port PORT", exitCode: 1, says: "is in use by another process; choose another with --port N" },
  "somebody else's address":     { args: "sandbox --host 192.0.2.1", exitCode: 1, says: "192.0.2.1 is no address of this machine" },
};

beforeAll(async () => {
  const names = await prepare();
  const filled = (text: string) => text.replaceAll(/[A-Z]{3,}\b/g, (word) => names[word] ?? word);
  // One after the other: in one thread, one that waits for a lock would keep the other from giving it back.
  for (const [name, { args, env = {}, file, stdin }] of Object.entries(ROWS)) {
    const given = filled(args).split(" ");
    if (file !== undefined) fixture.write(given.at(-1) ?? "", filled(file));
    const envGiven = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, filled(value)]));
    ends.set(name, await fixture.run(given, { env: envGiven, ...(stdin !== undefined && { stdin }) }));
  }
});

/** @returns what the words in capitals stand for */
async function prepare(): Promise<Readonly<Record<string, string>>> {
  fixture = await newCommandFixture();
  [live, strict] = await Promise.all([startSandbox({ livemode: true }), startSandbox({ apiKey: "key_other" })]);
  const ana = await customerAt(fixture.sandbox.url, "Ana", "tok_test_card_declined");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  const [bare, expired, elsewhere] = await Promise.all([
    customerAt(fixture.sandbox.url, "Bare"),
    customerAt(fixture.sandbox.url, "Expired", "tok_sandbox_expired_card"),
    customerAt(live.url, "Ana"),
  ]);
  const { invoices } = documentOf(await fixture.run(["invoices", "list", "--json"])) as {
    invoices: { invoiceId: string }[];
  };
  const { customer } = documentOf(await fixture.run(["customers", "show", ana, "--json"])) as {
    customer: { paymentSourceId: string };
  };
  spoilDatabases();
  return {
    ANA: ana,
    BARE: bare,
    EXPIRED: expired,
    ELSEWHERE: elsewhere,
    DEFAULT: customer.paymentSourceId,
    LIVE: live.url,
    STRICT: strict.url,
    PORT: String(fixture.sandbox.port),
    INVOICE: invoices[0]?.invoiceId ?? "",
    FIXED: plansYaml([{ id: "ana", customer: ana }]).replace("interval: month", "interval: week"),
  };
}

function spoilDatabases(): void {
  const file = (name: string) => path.join(fixture.folder, name);
  fixture.write(
    "notes.txt",
    "This is a shopping list, and longer than the header of a database would be.\n".repeat(20),
  );
  mkdirSync(file("folder"));
  mkdirSync(file("locked.db.lock"));
  const books = new Database(file("books.db"));
  books.pragma("wal_checkpoint(truncate)");
  books.close();

  copyFileSync(file("books.db"), file("newer.db"));
  const newer = new Database(file("newer.db"));
  newer.exec("insert into mikro_orm_migrations (name) values ('Migration29991231000001Later')");
  newer.close();

  copyFileSync(file("books.db"), file("locked.db"));
  const pages = readFileSync(file("books.db"));
  writeFileSync(file("corrupt.db"), pages.fill(0xa5, 1024));
}

function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
}

afterAll(async () => {
  await Promise.all([fixture.close(), live.close(), strict.close()]);
});

describe("bad input ends with one clear message", () => {
  test.each(Object.entries(ROWS))("%s", (name, { exitCode, says }) => {
    const end = ends.get(name)!;
    expect(end.stderr).toMatch(says instanceof RegExp ? says : literally(says));
    expect({ exitCode: end.exitCode, stdout: end.stdout }).toEqual({ exitCode, stdout: "" });
    // A message, not a stack; and never a secret or a card.
    expect(end.stderr).not.toMatch(/\n {4}at |sk live 1234|key_test|4242424242424242/);
  });

  test("and nothing was half done", async () => {
    const document = documentOf(await fixture.run(["status", "--json"])) as object;
    expect(document).toMatchObject({
      subscriptions: { past_due: 1 },
      invoices: { open: 1 },
      attempts: { declined: 1 },
    });
    const { plans } = documentOf(await fixture.run(["plans", "list", "--json"])) as {
      plans: { planId: string; interval: string }[];
    };
    expect(plans.map(({ planId, interval }) => `${planId} ${interval}`)).toEqual(["oro month"]);
    expect(fixture.sandbox.ledger()).toHaveLength(1);
  });
});
