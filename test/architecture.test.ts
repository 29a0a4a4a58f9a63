/**
 * Who may import whom, and which words have one home: the rules of the house as tables, each with its reason.
 *
 * A simple reader of import statements is enough, since there is one formatter and one style. Each rule is shown to
 * bite on a line that breaks it.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ATTEMPT_STATES } from "../src/domain/attempt.ts";
import { CFDI_STATUSES } from "../src/domain/cfdi/cfdi.ts";
import { DELIVERY_STATES } from "../src/domain/delivery.ts";
import { DISPUTE_OUTCOMES } from "../src/domain/dispute.ts";
import { INVOICE_STATUSES } from "../src/domain/invoice.ts";
import { REFUND_STATES } from "../src/domain/refund.ts";
import { SUBSCRIPTION_STATUSES } from "../src/domain/subscription.ts";
import { WEBHOOK_STATES } from "../src/domain/webhook-event.ts";

const ROOT = path.join(import.meta.dirname, "..");
const FILES = globSync(["src/**/*.{ts,js}", "migrations/**/*.ts"], { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts"))
  .toSorted((a, b) => a.localeCompare(b));

// ---------------------------------------------------------------- the rules

/** Each layer, the layers it may import besides itself, and why. */
const LAYERS: readonly (readonly [string, readonly string[], string])[] = [
  ["domain", [], "decisions about money are made where nothing can be read, sent or waited for"],
  [
    "explain",
    ["domain"],
    "decisions told in sentences are a presentation: nothing that decides may depend on their words",
  ],
  ["application", ["domain", "explain"], "what the program can be asked to do, told without saying by which means"],
  ["adapters/bank-holidays", ["application", "domain"], "adapters do not know each other"],
  ["adapters/clock", ["application", "domain"], "adapters do not know each other: one is replaced without the others"],
  ["adapters/conekta", ["application", "domain"], "only it knows Conekta's JSON, and it knows nothing of our tables"],
  ["adapters/files", ["application", "domain"], "a file is read the same, whatever it is for"],
  ["adapters/heartbeat", ["application", "domain"], "adapters do not know each other"],
  ["adapters/log", ["application", "domain"], "adapters do not know each other; redaction is part of the log"],
  ["adapters/machine", ["application", "domain"], "adapters do not know each other"],
  [
    "adapters/notifier",
    ["application", "domain"],
    "what is sent is made of the books; how it travels is its own affair",
  ],
  ["adapters/random", ["application", "domain"], "adapters do not know each other"],
  [
    "adapters/store",
    ["application", "explain", "domain", "migrations"],
    "only it knows our tables, and nothing of Conekta; it brings the facts that are explained",
  ],
  ["migrations", [], "written once and never edited: it may not change because something else did"],
  ["config", ["adapters", "domain"], "what the environment says, before anything is built from it"],
  [
    "assemble",
    ["config", "adapters", "application", "domain"],
    "the one place that knows which adapter fills which port",
  ],
  ["sandbox", [], "Conekta's side: it must not know how we would like Conekta to be"],
  [
    "entrypoints",
    ["assemble", "config", "adapters", "application", "explain", "domain", "sandbox"],
    "outermost: a way in imports everything, and nothing imports a way in",
  ],
];

/** Each library, where it may be imported, and why not elsewhere. */
const LIBRARIES: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/^(ky|p-retry)$/, ["src/adapters/conekta/"], "HTTP and its retries have one home, where it is known what was sent"],
  [
    /^undici$/,
    ["src/adapters/conekta/", "src/adapters/notifier/"],
    "whoever calls often has sockets and look-ups of its own: a receiver that hangs delays no charge",
  ],
  [/^(@mikro-orm\/|better-sqlite3$)/, ["src/adapters/store/", "migrations/"], "SQL has one home"],
  [
    /^kysely$/,
    [
      "src/adapters/store/dialect/raw-query.ts",
      "src/adapters/store/dialect/mapper-on-file.ts",
      "src/adapters/store/dialect/postgres/",
    ],
    "it is MikroORM's part: its version is MikroORM's to say",
  ],
  [/^date-holidays$/, ["src/adapters/bank-holidays.ts"], "large, and loaded only where a policy waits for paydays"],
  [/^standardwebhooks$/, ["src/adapters/notifier/"], "who is told, and signed how, has one home"],
  [/^winston$/, ["src/adapters/log.ts"], "whatever is logged passes the redaction"],
  [
    /^node-cron$/,
    ["src/entrypoints/daemon.ts", "src/config/cron-expression.ts"],
    "cron only wakes; the tables decide; its word on an expression is asked at the start",
  ],
  [/^(commander|cli-table3|cli-progress|string-width)$/, ["src/entrypoints/cli/"], "only commands talk to a terminal"],
  [/^fastify$/, ["src/entrypoints/http/", "src/sandbox/"], "servers are ways in"],
  [/^csv-(parse|stringify)(\/sync)?$/, ["src/adapters/files/"], "a file's rows are read and written in one way"],
  [/^yaml$/, ["src/adapters/files/"], "a file's faults are told with line and column in one way"],
  [
    /^zod$/,
    ["src/adapters/", "src/config", "src/sandbox/", "src/entrypoints/"],
    "what comes from outside is checked at the border, once, and trusted behind it",
  ],
  [/^p-queue$/, ["src/application/"], "how many at once is a decision of the use case"],
  [/^ulid$/, ["src/adapters/random.ts"], "ids are chance, and chance has one home"],
  [/^prom-client$/, ["src/entrypoints/http/"], "metrics are one way to look at the books"],
  [/^luxon$/, ["src/"], "its values may travel anywhere"],
  [/^node:assert\/strict$/, ["src/", "migrations/"], "a bug stops where it is, in production too"],
  [
    /^node:/,
    ["src/adapters/", "src/config", "src/assemble.ts", "src/sandbox/", "src/entrypoints/"],
    "files, sockets and processes are outside of what domain and application can know",
  ],
];

/** Each reserved word, where it may stand, and why not elsewhere. */
const WORDS: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/\bprocess\.env\b/, ["src/config.ts"], "configuration is read and judged once, every fault at the same time"],
  [
    /\bnew Date\(\)|\bDate\.now\(|\bDateTime\.(now|local|utc)\(\)/,
    ["src/adapters/clock.ts", "src/sandbox/server.ts"],
    "time comes in as a value, so that a year can be played through in a second; the sandbox has Conekta's own clock",
  ],
  [
    /\bMath\.random\b|\brandom(Bytes|UUID|Int|FillSync|Values)\b|\bgetRandomValues\b/,
    ["src/adapters/random.ts"],
    "chance has one home, or a failure could not be played again from its seed",
  ],
  [
    /\bupdate "?invoice"?\s+set\b(?:(?!\b(?:where|from)\b)[^`])*?\bstatus\s*=/,
    ["src/adapters/store/billing/invoice-changes.ts", "migrations/"],
    "a status comes out of `transition` in the domain, and one statement writes what it decided",
  ],
  [
    /\bObject\.assign\((\w*[iI])nvoice, (?!transition\()|\bnativeUpdate\(InvoiceEntity\b/,
    [],
    "an invoice that a person changes has its status from `transition`, too: assigning it does not compile, and this goes round the compiler",
  ],
  [
    /'(claimed|sending|unknown|declined|released|lapsed)'|\bstate\s*(=|<>|(not )?in \()\s*'(paid|paid_again|not_sent|refused)'/,
    ["src/adapters/store/billing/attempt-states.ts", "migrations/sqlite/", "migrations/postgres/"],
    "which states of an attempt are open, in flight or paid is said in the domain; statements get its lists from one place",
  ],
  [
    /\bstatus (not )?in \(\s*'/,
    ["src/adapters/store/entities/", "migrations/"],
    "which invoices are owed, unsettled or lost is said in the domain; statements get its lists from one place",
  ],
  [
    /\b(decline_class|payment_source_id|card_last4|card_cleared_at) *(=|<>|in)(?! (\$|j\.|excluded\.|\?|\(select value))[^`]*\bas (is|has|may)_/,
    [],
    "whether a card may be charged, or was tried, is said in the domain: a statement brings its tries",
  ],
  [
    /[fF]low\??\s*[!=]==\s*"(link|single|order_first)"|\bflow\s*(=|<>|in)\s*\(?\s*'(link|single|order_first)'/,
    ["src/explain/", "src/entrypoints/", "migrations/sqlite/", "migrations/postgres/"],
    "in what the ways to pay differ is one row each in `ways-to-pay.ts`; only what is shown names them",
  ],
  [
    /\bpuntual (plans|customers|cards|subscriptions|invoices|unknown|reconcile|webhooks|events|migrate|run|start|doctor|history|go|halt|status|explain)\b/,
    ["src/entrypoints/", "src/explain/", "src/config"],
    "what a person can do is data inside; each door words it in its own way",
  ],
  [
    /\b(from|join) "?event"? (?!and\b)|\b(from|join) event\)/,
    [
      "src/adapters/store/records/notification-outbox.ts",
      "src/adapters/store/records/due-deliveries.ts",
      "src/adapters/store/records/archived-rows.ts",
      "src/adapters/store/records/archived-beside.ts",
      "src/adapters/store/records/old-invoices.ts",
      "src/adapters/store/dialect/move-database.ts",
      "src/adapters/store/reports/",
      "migrations/",
    ],
    "events are told, shown and counted; what they changed stands in a column, and is read there",
  ],
  [
    /(?<![-\w])--[a-z]/,
    ["src/entrypoints/", "src/explain/", "src/config", "src/sandbox/"],
    "an option is the command line's word: inside it is a field, and another door has no options",
  ],
  [
    /\b(60_000|3_600_000|86_400_000|24 \* 60 \* 60)\b/,
    [
      "src/domain/duration.ts",
      "src/config/variables.ts",
      "src/sandbox/",
      "src/adapters/store/dialect/postgres/open-server.ts",
      "migrations/",
    ],
    "how long a minute, an hour or a day is, is said once; the sandbox shares no code with the rest",
  ],
  [
    /"es" ?[|,] ?"en"|"en" ?[|,] ?"es"|\bes: string; (readonly )?en: string/,
    ["src/domain/language.ts", "src/sandbox/"],
    "which languages there are is said once; the sandbox shares no code with the rest",
  ],
  [/\bconsole\./, ["src/entrypoints/cli/"], "output is a command's, everything else is logged, redacted"],
  [/\bprocess\.exit\(/, ["src/entrypoints/"], "nobody inside may decide that the process ends"],
  [/\b(jest|fast-check|@jest)\b/, [], "what ships knows nothing of its tests"],
];

/** In the domain, whatever waits is out of place. */
const WAITING = /\b(async|await|Promise|setTimeout|setImmediate|queueMicrotask)\b/;

const NAMELESS = /^(utils?|helpers?|common|shared|misc|lib|types|interfaces|constants|index)\.(ts|js)$/;

// ---------------------------------------------------------------- what they say of a file

function faultsOf(file: string, source: string): string[] {
  const code = withoutComments(source);
  const faults = importsOf(code).flatMap((specifier) => faultsOfImport(file, specifier));
  for (const [word, homes, because] of WORDS) {
    const found = word.exec(code);
    if (found !== null && !isAt(file, homes))
      faults.push(`${found[0]} belongs to ${homes.join(", ") || "nobody"}: ${because}`);
  }
  const waiting = file.startsWith("src/domain/") ? WAITING.exec(code) : null;
  if (waiting !== null) faults.push(`${waiting[0]} has no place in the domain: it is synchronous`);
  if (NAMELESS.test(path.basename(file)))
    faults.push(`${path.basename(file)} says nothing: a thing lives with its noun`);
  return faults.map((fault) => `${file}: ${fault}`);
}

function faultsOfImport(file: string, specifier: string): string[] {
  if (!specifier.startsWith(".")) {
    const rule = LIBRARIES.find(([library]) => library.test(specifier));
    if (rule === undefined) return [`${specifier} has no home yet: give it one in this test, with a reason`];
    const [, homes, because] = rule;
    return isAt(file, homes) ? [] : [`imports ${specifier}, whose home is ${homes.join(", ")}: ${because}`];
  }
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === to) return [];
  const layer = LAYERS.find(([name]) => name === from);
  if (layer === undefined) return [`is in no layer: give ${from} a row in this test, with a reason`];
  const [, mayImport, because] = layer;
  if (mayImport.some((each) => to === each || to.startsWith(`${each}/`))) return [];
  return [`${from} may not import ${to} (${specifier}): ${because}`];
}

function layerOf(file: string): string {
  const [top = "", second = "", third = ""] = file.split("/");
  if (top !== "src") return top;
  const name = second.replace(/\.ts$/, "");
  if (name !== "adapters") return name;
  const adapter = third.replace(/\.ts$/, "");
  return `adapters/${adapter === "redact" ? "log" : adapter}`;
}

function isAt(file: string, homes: readonly string[]): boolean {
  return homes.some((home) => file.startsWith(home));
}

function importsOf(code: string): string[] {
  const statements = /^(?:import|export)\s(?:[\w*{},\s]*\sfrom\s)?\s*["']([^"']+)["']/gm;
  const calls = /\bimport\(\s*["']([^"']+)["']\s*\)/g;
  return [statements, calls].flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

// ---------------------------------------------------------------- the tests

describe("the rules of the house", () => {
  test("there is something to hold them against", () => {
    expect(FILES.length).toBeGreaterThan(100);
    const imports = FILES.flatMap((file) => importsOf(withoutComments(sourceOf(file))));
    expect(imports.length).toBeGreaterThan(500);
  });

  test.each(LAYERS)("%s imports itself and, of ours, only %j: %s", (layer) => {
    expect(faultsIn(FILES.filter((file) => layerOf(file) === layer))).toEqual([]);
  });

  test("every file has a layer, and every layer files", () => {
    const layers = new Set(FILES.map(layerOf));
    expect([...layers].toSorted((a, b) => a.localeCompare(b))).toEqual(
      LAYERS.map(([name]) => name).toSorted((a, b) => a.localeCompare(b)),
    );
  });
});

test("a file that is longer than 300 lines is two files", () => {
  const long = FILES.filter((file) => file.startsWith("src/")).filter(
    (file) => sourceOf(file).split("\n").length > 301,
  );
  expect(long).toEqual([]);
});

describe("the words that statements compare with are the domain's", () => {
  const WORDS_OF: Readonly<Record<string, readonly string[]>> = {
    status: [...INVOICE_STATUSES, ...SUBSCRIPTION_STATUSES, ...CFDI_STATUSES],
    state: [...ATTEMPT_STATES, ...REFUND_STATES, ...DELIVERY_STATES, ...WEBHOOK_STATES],
    outcome: [...DISPUTE_OUTCOMES, ...ATTEMPT_STATES],
  };
  const COMPARED = /\b(status|state|outcome)"?\s*(?:=|<>|(?:not )?in)\s*\(?((?:'\w*'(?:, )?)+)/g;
  const strangers = (sql: string): string[] =>
    [...sql.matchAll(COMPARED)].flatMap(([, column = "", list = ""]) =>
      [...list.matchAll(/'(\w*)'/g)].flatMap(([, word = ""]) => (WORDS_OF[column]?.includes(word) ? [] : [word])),
    );

  test("in the store and in the views", () => {
    const files = [...FILES.filter((file) => file.startsWith("src/adapters/store/")), "migrations/views.ts"];
    expect(files.flatMap((file) => [...sourceOf(file).matchAll(COMPARED)]).length).toBeGreaterThan(40);
    expect(files.flatMap((file) => strangers(sourceOf(file)).map((word) => `${file}: ${word}`))).toEqual([]);
  });

  test.each([
    ["where i.status = 'opened'", ["opened"]],
    ["where a.state not in ('paid', 'sent')", ["sent"]],
    ["where i.status in ('open', 'held')", []],
  ])("control: %s names %j by mistake", (sql, expected) => {
    expect(strangers(sql)).toEqual(expected);
  });
});

describe("one way to charge", () => {
  const CHARGES =
    /^import (?!type )[^;]*run\/bill-due\.ts"|^import (?!type )[^;]*"\.\/bill-due\.ts"|import\([^)]*bill-due\.ts"\)/m;

  test("only the biller runs a run, and the test beside it: it owns the order of what must be known before", () => {
    // This file quotes such an import.
    const files = globSync(["{src,test,bench,docs}/**/*.ts"], { cwd: ROOT }).filter(
      (file) => !import.meta.filename.endsWith(file),
    );
    expect(files.filter((file) => CHARGES.test(sourceOf(file)))).toEqual([
      ...["src/application/run/bill-due.test.ts", "src/application/run/biller.ts"],
    ]);
  });

  test.each([
    ['import { openAndInquire } from "../../src/application/run/bill-due.ts";', true],
    ['const { collectAll } = await import("../application/run/bill-due.ts");', true],
    ['import type { BillLimits } from "../../src/application/run/bill-due.ts";', false],
  ])("control: %s charges: %p", (source, charges) => {
    expect(CHARGES.test(source)).toBe(charges);
  });
});

describe("a file that a comment names", () => {
  const NAMED = /(?<![\w./-])(?:[\w-]+\/)*[\w-]+\.ts\b/g;
  const files = globSync("{src,test,migrations,bench,docs}/**/*.ts", { cwd: ROOT });
  const commentsOf = (source: string): string => source.match(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm)?.join("\n") ?? "";
  const gone = (source: string): string[] =>
    (commentsOf(source).match(NAMED) ?? []).filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)));

  test("is there", () => {
    expect(FILES.flatMap((file) => gone(sourceOf(file)).map((name) => `${file}: ${name}`))).toEqual([]);
  });

  test("control: one that was moved is found out", () => {
    expect(gone("/** As `domain/money.ts` and `domain/charging-rules.ts` say. */")).toEqual([
      "domain/charging-rules.ts",
    ]);
  });
});

describe("help is there at once", () => {
  /** What is loaded before a command acts: imports of values, followed. */
  function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    if (!file.startsWith("src/")) return seen;
    const statements = /^(?:import|export)\s(?!type\s)(?:[\w*{},\s]*\sfrom\s)?\s*["']([^"']+)["']/gm;
    for (const [, specifier = ""] of withoutComments(sourceOf(file)).matchAll(statements))
      loadedBy(specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file), specifier) : specifier, seen);
    return seen;
  }
  const loaded = loadedBy("src/entrypoints/cli/program.ts");

  test("declaring the commands loads no library but these: the mapper alone takes a second", () => {
    const libraries = [...loaded].filter((name) => !name.startsWith("src/") && !name.startsWith("node:"));
    expect(libraries.toSorted()).toEqual(["commander", "luxon", "string-width"]);
  });

  test("who only looks into a file, or charges from it, loads no mapper: it is half of what `status` would cost, and a tenth of a daemon's memory", () => {
    const libraries = [...loadedBy("src/adapters/store/sqlite-store.ts")].filter(
      (name) => !/^(src|node:|migrations)/.test(name),
    );
    expect(libraries.toSorted()).toEqual(["better-sqlite3", "luxon", "zod"]);
  });

  test("control: it follows imports", () => {
    expect(loadedBy("src/adapters/store/dialect/mapper-on-file.ts")).toContain("@mikro-orm/sqlite");
  });
});

describe("control: each rule bites", () => {
  test.each<[string, string, string]>([
    // file, source, what is said of it
    [
      "src/domain/x.ts",
      `import type { Store } from "../application/ports/store.ts";`,
      "domain may not import application",
    ],
    ["src/domain/x.ts", `export { x } from "../adapters/clock.ts";`, "domain may not import adapters/clock"],
    ["src/domain/x.ts", `import {\n  a,\n  b,\n} from "../assemble.ts";`, "domain may not import assemble"],
    ["src/domain/x.ts", `import { readFileSync } from "node:fs";`, "imports node:fs"],
    ["src/domain/x.ts", `import { z } from "zod";`, "imports zod"],
    ["src/domain/x.ts", `export async function x() {}`, "async has no place in the domain"],
    ["src/domain/x.ts", `export const x = (p: Promise<void>) => p;`, "Promise has no place in the domain"],
    ["src/application/x.ts", `throw new Refused("see: puntual invoices list");`, "puntual invoices belongs to"],
    ["src/application/x.ts", `throw new Refused("gone; --prune ends it");`, "--p belongs to"],
    [
      "src/adapters/store/billing/x.ts",
      "all(em, `select max(e.at) from event e where e.type = 'invoice.paid'`)",
      "belongs to src/adapters/store/records/notification-outbox.ts",
    ],
    [
      "src/application/x.ts",
      `import { x } from "../adapters/store/sql.ts";`,
      "application may not import adapters/store",
    ],
    [
      "src/application/x.ts",
      `const x = await import("../adapters/clock.ts");`,
      "application may not import adapters/clock",
    ],
    ["src/application/x.ts", `import { x } from "../config.ts";`, "application may not import config"],
    ["src/application/x.ts", `import { readFile } from "node:fs/promises";`, "imports node:fs/promises"],
    [
      "src/adapters/store/x.ts",
      `import { x } from "../conekta/wire.ts";`,
      "adapters/store may not import adapters/conekta",
    ],
    ["src/adapters/clock.ts", `import { x } from "./random.ts";`, "adapters/clock may not import adapters/random"],
    ["src/adapters/log.ts", `import { x } from "../config.ts";`, "adapters/log may not import config"],
    ["src/adapters/new.ts", `import { x } from "../domain/money.ts";`, "is in no layer"],
    ["src/assemble.ts", `import { x } from "./entrypoints/daemon.ts";`, "assemble may not import entrypoints"],
    ["src/assemble.ts", `import { x } from "./sandbox/server.ts";`, "assemble may not import sandbox"],
    ["src/config.ts", `import { x } from "./application/ports/store.ts";`, "config may not import application"],
    ["src/sandbox/x.ts", `import { x } from "../domain/money.ts";`, "sandbox may not import domain"],
    ["migrations/sqlite/x.ts", `import { x } from "../../src/domain/attempt.ts";`, "migrations may not import domain"],
    ["src/application/x.ts", `import ky from "ky";`, "imports ky"],
    ["src/adapters/heartbeat.ts", `import ky from "ky";`, "imports ky"],
    ["src/adapters/heartbeat.ts", `import { Agent } from "undici";`, "imports undici"],
    ["src/application/x.ts", `import pRetry from "p-retry";`, "imports p-retry"],
    ["src/entrypoints/cli/x.ts", `import { MikroORM } from "@mikro-orm/sqlite";`, "imports @mikro-orm/sqlite"],
    ["src/entrypoints/cli/x.ts", `import Database from "better-sqlite3";`, "imports better-sqlite3"],
    ["src/adapters/conekta/x.ts", `import { sql } from "kysely";`, "imports kysely"],
    ["src/application/x.ts", `import { Webhook } from "standardwebhooks";`, "imports standardwebhooks"],
    ["src/adapters/notifier/x.ts", `import ky from "ky";`, "imports ky"],
    ["src/entrypoints/http/x.ts", `import { createTransport } from "nodemailer";`, "nodemailer has no home yet"],
    ["src/application/x.ts", `import winston from "winston";`, "imports winston"],
    ["src/entrypoints/http/x.ts", `import cron from "node-cron";`, "imports node-cron"],
    ["src/entrypoints/daemon.ts", `import { Command } from "commander";`, "imports commander"],
    ["src/entrypoints/http/x.ts", `import Table from "cli-table3";`, "imports cli-table3"],
    ["src/entrypoints/daemon.ts", `import bar from "cli-progress";`, "imports cli-progress"],
    ["src/entrypoints/daemon.ts", `import fastify from "fastify";`, "imports fastify"],
    ["src/entrypoints/cli/x.ts", `import { parse } from "yaml";`, "imports yaml"],
    ["src/adapters/conekta/x.ts", `import PQueue from "p-queue";`, "imports p-queue"],
    ["src/application/x.ts", `import { ulid } from "ulid";`, "imports ulid"],
    ["src/entrypoints/cli/x.ts", `import chalk from "chalk";`, "chalk has no home yet"],
    ["src/adapters/log.ts", `const level = process.env["LOG_LEVEL"];`, "process.env belongs to src/config.ts"],
    ["src/application/x.ts", `const now = new Date();`, "new Date() belongs to src/adapters/clock.ts"],
    ["src/entrypoints/daemon.ts", `const now = Date.now();`, "Date.now( belongs to src/adapters/clock.ts"],
    ["src/domain/x.ts", `const now = DateTime.now();`, "DateTime.now() belongs to src/adapters/clock.ts"],
    ["src/adapters/conekta/x.ts", `const wait = Math.random() * 10;`, "Math.random belongs to src/adapters/random.ts"],
    ["src/adapters/store/x.ts", `const id = crypto.randomUUID();`, "randomUUID belongs to src/adapters/random.ts"],
    [
      "src/adapters/store/x.ts",
      "run(em, `update invoice\n  set order_id = null, status = 'void' where id = ?`)",
      "belongs to src/adapters/store/billing/invoice-changes.ts",
    ],
    [
      "src/adapters/store/x.ts",
      "run(em, `update attempt set claimed_until = ? where state in ('claimed', 'sending')`)",
      "belongs to src/adapters/store/billing/attempt-states.ts",
    ],
    [
      "src/adapters/store/x.ts",
      "all(em, `select 1 from attempt a where a.state = 'paid'`)",
      "belongs to src/adapters/store/billing/attempt-states.ts",
    ],
    [
      "src/application/x.ts",
      'Object.assign(invoice, { status: "void", statusReason: "canceled" });',
      "has its status from `transition`",
    ],
    [
      "src/adapters/store/x.ts",
      'em.nativeUpdate(InvoiceEntity, { id }, { status: "void" })',
      "has its status from `transition`",
    ],
    [
      "src/adapters/store/x.ts",
      "all(em, `select id from invoice where status in ('open', 'held')`)",
      "which invoices are owed, unsettled or lost is said in the domain",
    ],
    [
      "src/adapters/store/x.ts",
      "all(em, `select not exists (select 1 from attempt o where o.card_last4 = c.card_last4) as is_other_card from customer c`)",
      "whether a card may be charged, or was tried, is said in the domain",
    ],
    ["src/domain/x.ts", `if (attempt.flow === "link") return null;`, "belongs to src/explain/"],
    ["src/domain/x.ts", `if (attemptFlow === "order_first") return null;`, "belongs to src/explain/"],
    ["src/config.ts", `function languageOf(): "es" | "en" {}`, "belongs to src/domain/language.ts"],
    ["src/explain/x.ts", `const LANGUAGES = ["es", "en"] as const;`, "belongs to src/domain/language.ts"],
    ["src/application/x.ts", `console.log("hi");`, "console. belongs to src/entrypoints/cli/"],
    ["src/application/x.ts", `process.exit(1);`, "process.exit( belongs to src/entrypoints/"],
    ["src/application/x.ts", `import { jest } from "@jest/globals";`, "jest belongs to nobody"],
    ["src/domain/utils.ts", ``, "utils.ts says nothing"],
    ["src/application/types.ts", ``, "types.ts says nothing"],
    ["src/adapters/store/index.ts", ``, "index.ts says nothing"],
  ])("%s with %j: %s", (file, source, message) => {
    expect(faultsOf(file, source).join("\n")).toContain(message);
  });

  test("what a comment says is no fault", () => {
    const source = `/** Like new Date(), but process.env says when. */\n// import x from "ky";\nexport const x = 1; // Math.random\n`;
    expect(faultsOf("src/domain/x.ts", source)).toEqual([]);
  });
});

describe("a forgotten await", () => {
  test("is the bug of this program, and the lint finds every one of them", () => {
    const config = JSON.parse(sourceOf(".oxlintrc.json")) as { ignorePatterns: string[] };
    const planted = "test/support/planted/forgotten-await.ts";
    expect(config.ignorePatterns).toContain("test/support/planted");
    const folder = mkdtempSync(path.join(tmpdir(), "puntual-lint-"));
    const configPath = path.join(folder, "oxlintrc.json");
    writeFileSync(configPath, JSON.stringify({ ...config, ignorePatterns: [] }));
    const { stdout, status } = spawnSync(
      process.execPath,
      ["node_modules/oxlint/bin/oxlint", "--type-aware", "--config", configPath, "--format", "json", planted],
      { cwd: ROOT, encoding: "utf8" },
    );
    rmSync(folder, { recursive: true });
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; labels: { span: { line: number } }[] }[];
    };
    const found = diagnostics.filter(({ code }) => /no-(floating|misused)-promises/.test(code));
    const lines = found.map(({ labels }) => labels[0]?.span.line ?? 0).toSorted((a, b) => a - b);
    const bodyFrom =
      sourceOf(planted)
        .split("\n")
        .findIndex((line) => line.includes("store.resumeCharging")) + 1;
    expect(lines).toEqual([0, 1, 2, 3, 4, 5].map((offset) => bodyFrom + offset));
    expect(status).toBe(1);
  });
});

function faultsIn(files: readonly string[]): string[] {
  return files.flatMap((file) => faultsOf(file, sourceOf(file)));
}

function sourceOf(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}
