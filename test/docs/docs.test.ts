/** The documentation is held to the program: its columns, queries, commands, links and variables. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { ATTEMPT_MOVES, isOpen, type AttemptState } from "../../src/domain/attempt.ts";
import { EVENT_TYPES } from "../../src/domain/event-types.ts";
import { HALT_KINDS } from "../../src/domain/halt.ts";
import { INVOICE_MOVES, INVOICE_STATUSES, STATUS_REASONS } from "../../src/domain/invoice.ts";
import { statusAfter, type StatusInvoice, SUBSCRIPTION_STATUSES } from "../../src/domain/subscription.ts";
import { createProgram } from "../../src/entrypoints/cli/program.ts";
import { wordsTaken } from "../store/rules.ts";
import { fillDatabase } from "./documented-records.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const VIEWS = [
  "billing_history",
  "subscription_overview",
  "dunning_queue",
  "needs_attention",
  "revenue_by_day",
  "invoice_taxes",
];

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const HISTORY = read("docs/billing-history.md");
const ARCHITECTURE = read("ARCHITECTURE.md");
const STATES = read("docs/states.md");
const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });

let folder = "";
let books: Database.Database;
let payingCustomerId = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-docs-"));
  const databasePath = path.join(folder, "puntual.db");
  payingCustomerId = await fillDatabase(databasePath);
  books = new Database(databasePath, { readonly: true });
});

afterAll(() => {
  books.close();
  rmSync(folder, { recursive: true });
});

describe("docs/billing-history.md", () => {
  test.each(VIEWS)("documents the columns of %s, in their order, and no other", (view) => {
    const columns = books.pragma(`table_info(${view})`) as { name: string }[];
    expect(columns.length).toBeGreaterThan(0);
    expect(documentedColumns(view)).toEqual(columns.map(({ name }) => name));
  });

  test("documents every view", () => {
    const views = books.prepare("select name from sqlite_master where type = 'view' order by name").pluck().all();
    expect(views).toEqual(VIEWS.toSorted());
  });

  test("has ten ready queries or more", () => {
    expect(readyQueries().length).toBeGreaterThanOrEqual(10);
  });

  test.each(readyQueries())("its query answers, and finds what these books hold: %s", (_title, sql) => {
    const ours = sql.replace(/cus_\w+/, payingCustomerId);
    expect(books.prepare(ours).all()).not.toEqual([]);
  });

  test("a query with a column that does not exist would be noticed", () => {
    expect(() => books.prepare("select no_such_column from billing_history")).toThrow("no_such_column");
  });

  test.each(["outcome", "decline_class"])("explains every value of %s", (column) => {
    const table = books.prepare("select sql from sqlite_master where name = 'attempt'").pluck().get() as string;
    const name = column === "outcome" ? "state" : column;
    const words = wordsTaken("attempt", table).find((taken) => taken.column === name)?.words ?? [];
    expect(words.length).toBeGreaterThan(5);
    expect(words.filter((word) => !section("billing_history").includes(`\`${word}\``))).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  test("names only indexes and checks that exist", () => {
    const schema = books.prepare("select group_concat(sql, ' ') from sqlite_master").pluck().get() as string;
    const named = [...ARCHITECTURE.matchAll(/(?:UNIQUE|CHECK) `(\w+)`/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !schema.includes(`"${name}"`))).toEqual([]);
  });

  test("is read in ten minutes", () => {
    expect(Buffer.byteLength(ARCHITECTURE)).toBeLessThanOrEqual(12_000);
  });
});

describe("docs/states.md", () => {
  test("its table of attempts is ATTEMPT_MOVES, and says which states are open", () => {
    expect(documentedMoves("Attempts")).toEqual(ATTEMPT_MOVES);
    const open = rowsOf(statesOf("Attempts"), "from").filter(([, , isOpenCell]) => isOpenCell === "yes");
    const named = open.map(([from = ""]) => from.replaceAll("`", ""));
    expect(named).toEqual(Object.keys(ATTEMPT_MOVES).filter((state) => isOpen(state as AttemptState)));
  });

  test("its table of invoices is INVOICE_MOVES, staying left out", () => {
    expect(documentedMoves("Invoices")).toEqual(withoutStaying(INVOICE_MOVES));
  });

  test("its table of subscriptions is what statusAfter makes of invoices", () => {
    expect(documentedMoves("Subscriptions")).toEqual(derivedMoves());
  });

  test.each([
    ["Attempts", ATTEMPT_MOVES],
    ["Invoices", INVOICE_MOVES],
  ])("its diagram of %s draws every state, and no move that does not exist", (heading, moves: Moves) => {
    const drawn = drawnMoves(heading);
    expect(drawn.filter(([from, to]) => to !== "[*]" && from !== "[*]" && !moves[from]?.includes(to))).toEqual([]);
    expect(Object.keys(moves).filter((state) => !drawn.flat().includes(state))).toEqual([]);
  });

  test("its diagram of subscriptions draws every status, and beside derived moves only those of people", () => {
    const drawn = drawnMoves("Subscriptions");
    const between = drawn.filter((arrow) => !arrow.includes("[*]"));
    const derived = derivedMoves();
    expect(between.filter(([from, to]) => !derived[from]?.includes(to) && !byPeople(from).includes(to))).toEqual([]);
    expect(SUBSCRIPTION_STATUSES.filter((status) => !drawn.flat().includes(status))).toEqual([]);
  });
});

type Moves = Readonly<Record<string, readonly string[]>>;

const ANY_INVOICE: readonly StatusInvoice[] = [
  { status: "open", dunningStep: null, firstDeclinedAt: null, reopenedFrom: null },
  { status: "open", dunningStep: "retry", firstDeclinedAt: new Date(0), reopenedFrom: null },
  { status: "held", dunningStep: null, firstDeclinedAt: null, reopenedFrom: null },
  { status: "uncollectible", dunningStep: null, firstDeclinedAt: new Date(0), reopenedFrom: null },
];

/** Everything that `statusAfter` can make of any invoice, from each status; staying left out. */
function derivedMoves(): Record<string, string[]> {
  const moves = SUBSCRIPTION_STATUSES.map((status): [string, string[]] => {
    const reached = new Set<string>();
    for (const nextBillingAt of [null, new Date(0)])
      for (const nextCycle of [0, 1])
        for (const invoices of [[], ...ANY_INVOICE.map((each) => [each])])
          reached.add(statusAfter({ status, nextBillingAt, firstCycle: 0, nextCycle }, invoices));
    return [status, SUBSCRIPTION_STATUSES.filter((to) => to !== status && reached.has(to))];
  });
  return Object.fromEntries(moves);
}

/** As the last column says: what people and the final action do on top. */
function byPeople(from: string): readonly string[] {
  const row = rowsOf(statesOf("Subscriptions"), "from").find(([name]) => name === `\`${from}\``);
  return (row?.[2] ?? "").split(", ").flatMap((word) => (word === "resumed" ? ["active", "trialing"] : [word]));
}

describe.each(["README.md", "README.es.md"])("%s", (page) => {
  test.each(["npm ci && npm run demo", "npm ci && npm test"])("shows %s as a command of its own", (command) => {
    expect(read(page)).toMatch(new RegExp(`^\`\`\`sh\n${command}\n\`\`\`$`, "m"));
  });

  test("is read in five minutes", () => {
    expect(read(page).split("\n").length).toBeLessThan(150);
  });
});

describe("docs/words.md", () => {
  const page = read("docs/words.md");
  const firstCells = [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, cell = ""]) => cell.split(", "));
  const intro = /## Tables\n([^|]*)\|/.exec(page)?.[1] ?? "";
  const known = new Set([...firstCells, ...(intro.match(/`\w+`/g) ?? [])].map(asWord));

  test.each<[string, () => readonly string[]]>([
    ["states of attempts", () => Object.keys(ATTEMPT_MOVES)],
    ["statuses of invoices", () => INVOICE_STATUSES],
    ["reasons of invoices", () => STATUS_REASONS],
    ["statuses of subscriptions", () => SUBSCRIPTION_STATUSES],
    ["kinds of halts", () => HALT_KINDS],
    ["what events are of", () => [...new Set(EVENT_TYPES.map((type) => type.split(".")[0] ?? ""))]],
    ["nouns of commands", () => commandNames().flatMap((name) => /^(\w+?)s? /.exec(name)?.[1] ?? [])],
    ["tables", () => tablesOf(books)],
  ])("has all %s", (_what, words) => {
    expect(words().length).toBeGreaterThan(4);
    expect(words().filter((word) => !known.has(asWord(word)))).toEqual([]);
  });

  test("names no table that is not there", () => {
    const [, tables = ""] = page.split("## Tables");
    const named = [...intro.matchAll(/`(\w+)`/g), ...tables.matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name);
    expect(named.toSorted()).toEqual(tablesOf(books).toSorted());
  });
});

function asWord(text: string): string {
  return text.replaceAll("`", "").replaceAll("_", " ").trim().toLowerCase();
}

function tablesOf(db: Database.Database): string[] {
  const query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
  return (db.prepare(query).pluck().all() as string[]).filter((name) => name !== "mikro_orm_migrations");
}

describe("docs/commands.md", () => {
  test("its table has every command, and no other", () => {
    const cells = [...read("docs/commands.md").matchAll(/^\| `([a-z]+)(?: ([a-z\\|-]+))?` /gm)];
    const named = cells.flatMap(([, name = "", parts]) =>
      parts === undefined ? [name] : parts.split("\\|").map((part) => `${name} ${part}`),
    );
    expect(named.toSorted()).toEqual(commandNames().toSorted());
  });
});

test.each(["README.md", "docs/configuration.md"])(
  "%s names no environment variable that config/example.env does not list",
  (page) => {
    const listed = new Set(names(read("config/example.env")));
    const named = names(read(page).replaceAll(/\b([A-Z_]+)_FILE\b/g, "$1"));
    expect(named).toContain("CONEKTA_API_KEY");
    expect(named.filter((name) => !listed.has(name) && !NO_VARIABLES.has(name))).toEqual([]);
  },
);

/** Words of README that only look like variables of ours. */
const NO_VARIABLES = new Set(["NO_COLOR"]);

describe("every page", () => {
  test.each(PAGES)("%s links to files and headings that exist", (page) => {
    expect(linksOf(page).filter(({ isThere }) => !isThere)).toEqual([]);
  });

  test.each(PAGES)("%s names only files of this repository that exist", (page) => {
    const named = [...read(page).matchAll(/`((?:src|test|config|migrations|docs|bench)\/[\w./-]+)`/g)];
    expect(named.map(([, file = ""]) => file).filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  test.each(PAGES)("%s has no line over 160 characters, in a table or outside", (page) => {
    const lines = read(page).split("\n");
    expect(lines.filter((line) => line.length > 160)).toEqual([]);
  });

  test.each(PAGES)("%s writes only commands and options that exist", (page) => {
    expect(commandsIn(read(page)).flatMap(faultOf)).toEqual([]);
  });
});

describe("control: a command of the documentation", () => {
  test.each([
    ["`npx puntual unknown list`", []],
    ["```sh\nnpx puntual run --dry-run   # what would be charged\n```", []],
    ["`puntual invoices retry | void`", []],
    ["`puntual foresee --until 2027`", ["puntual foresee --until 2027: there is no such command"]],
    ["`puntual unknown forget`", ["puntual unknown forget: there is no such command"]],
    ["`puntual reconcile --everything`", ["puntual reconcile --everything: there is no --everything"]],
  ])("%s", (text, faults) => {
    expect(commandsIn(text).flatMap(faultOf)).toEqual(faults);
  });
});

/** As somebody would write them: `plans apply`. */
function commandNames(): string[] {
  return createProgram(process).commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((part) => `${command.name()} ${part.name()}`),
  );
}

/** What is written as code and calls the program, without a comment behind it. */
function commandsIn(text: string): string[] {
  const code = [...text.matchAll(/```.*?```|`[^`]+`/gs)].flatMap(([piece]) => piece.split("\n"));
  return code.flatMap((line) =>
    [...line.matchAll(/(?<![\w/-])puntual [a-z][^`#]*/g)].map(([command]) => command.trim()),
  );
}

/** @returns one sentence, or none */
function faultOf(text: string): string[] {
  const [, name = "", part = ""] = text.split(/\s+/);
  const program = createProgram(process);
  const outer = program.commands.find((each) => each.name() === name);
  const isGroup = outer !== undefined && outer.commands.length > 0 && /^[a-z-]+$/.test(part) && !part.startsWith("-");
  const command = isGroup ? outer.commands.find((each) => each.name() === part) : outer;
  if (command === undefined) return [`${text}: there is no such command`];
  const known = new Set(["--help", ...command.options.map(({ long }) => long)]);
  const unknown = [...text.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option).filter((each) => !known.has(each));
  return unknown.length > 0 ? [`${text}: there is no ${unknown.join(", ")}`] : [];
}

function section(view: string): string {
  const [, after = ""] = HISTORY.split(`\n## ${view}\n`);
  return after.split("\n## ")[0] ?? "";
}

/** The first table of a view's section: its first column. */
function documentedColumns(view: string): string[] {
  return rowsOf(section(view), "column").map(([column = ""]) => column.replaceAll("`", ""));
}

/** The cells of the first table whose first head is `head`. */
function rowsOf(text: string, head: string): string[][] {
  const [, table = ""] = text.split(new RegExp(`\\n(?=\\| ${head} )`));
  const lines = table.split("\n").slice(2);
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

function statesOf(heading: string): string {
  const [, after = ""] = STATES.split(`\n## ${heading}\n`);
  return after.split("\n## ")[0] ?? "";
}

/** From the table under a heading of docs/states.md: each state and where it leads. */
function documentedMoves(heading: string): Record<string, string[]> {
  return Object.fromEntries(
    rowsOf(statesOf(heading), "from").map(([from = "", to = ""]) => [
      from.replaceAll("`", ""),
      [...to.matchAll(/`(\w+)`/g)].map(([, word = ""]) => word),
    ]),
  );
}

/** The arrows of the diagram under a heading of docs/states.md. */
function drawnMoves(heading: string): [from: string, to: string][] {
  const [, diagram = ""] = statesOf(heading).split("```");
  return [...diagram.matchAll(/^ *(\S+) --> ([^\s:]+)/gm)].map(([, from = "", to = ""]) => [from, to]);
}

function withoutStaying(moves: Record<string, readonly string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(moves).map(([from, to]) => [from, to.filter((state) => state !== from)]));
}

function readyQueries(): [title: string, sql: string][] {
  return [...HISTORY.matchAll(/```sql\n(.*?)```/gs)].map((match) => {
    const title =
      HISTORY.slice(0, match.index)
        .match(/^#+ .*$/gm)
        ?.at(-1) ?? "";
    return [title, match[1] ?? ""];
  });
}

/** Upper case, with an underscore: what a variable of ours looks like. */
function names(text: string): string[] {
  return [...new Set(text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g))];
}

function linksOf(page: string): { readonly link: string; readonly isThere: boolean }[] {
  const prose = read(page).replaceAll(/```.*?```/gs, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = "", heading] = link.split("#");
      const target = file === "" ? path.join(ROOT, page) : path.join(ROOT, path.dirname(page), file);
      return { link, isThere: existsSync(target) && (heading === undefined || headingsOf(target).has(heading)) };
    });
}

/** As GitHub makes them: lower case, without punctuation, blanks as dashes. */
function headingsOf(file: string): ReadonlySet<string> {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
