/**
 * Lists of words become comparisons, which say the same: SQLite fills a table with a list of three words or more each time a
 * row is held against it by a trigger or a CHECK, and a charge is held against twenty. A CHECK without a name would need its
 * table built anew, and keeps its list.
 */
import { Migration } from "@mikro-orm/migrations";

const anyOf = (column: string, words: readonly string[]): string =>
  `(${words.map((word) => `${column} = '${word}'`).join(" or ")})`;
const noneOf = (column: string, words: readonly string[]): string =>
  `(${words.map((word) => `${column} <> '${word}'`).join(" and ")})`;

const OPEN_ATTEMPT = ["claimed", "sending", "pending", "unknown"];
const CLOSED_INVOICE = ["paid", "uncollectible", "void"];

const count = (what: string, word: string, sign: string, where: string): string =>
  `insert into tally (what, word, slot, n) select '${what}', ${word}, 0, ${sign} where ${where}
   on conflict (what, word, slot) do update set n = n + excluded.n`;

/** As KeptCounts made them, but for the lists. */
function tallies(table: string, column: string, isClosed: (row: string) => string): string[] {
  const [one, other] = [`old.${column}`, `new.${column}`];
  return [
    ...["inserted", "deleted", "updated"].map((when) => `drop trigger tally_${table}_${when}`),
    `create trigger tally_${table}_inserted after insert on ${table} when ${isClosed("new")} begin
       ${count(table, other, "1", "true")}; end`,
    `create trigger tally_${table}_deleted after delete on ${table} when ${isClosed("old")} begin
       ${count(table, one, "-1", "true")}; end`,
    `create trigger tally_${table}_updated after update of ${column} on ${table}
     when ${one} <> ${other} and (${isClosed("old")} or ${isClosed("new")}) begin
       ${count(table, one, "-1", isClosed("old"))};
       ${count(table, other, "1", isClosed("new"))};
     end`,
  ];
}

/** SQLite can do that since 3.53. */
const rule = (table: string, name: string, check: string): string[] => [
  `alter table "${table}" drop constraint "${name}"`,
  `alter table "${table}" add constraint "${name}" check (${check})`,
];

const STATEMENTS = [
  ...tallies("invoice", "status", (row) => anyOf(`${row}.status`, CLOSED_INVOICE)),
  ...tallies("attempt", "state", (row) => noneOf(`${row}.state`, OPEN_ATTEMPT)),
  ...rule("attempt", "attempt_settled", `${anyOf("state", OPEN_ATTEMPT)} = (settled_at is null)`),
  ...rule("attempt", "attempt_sent", `${noneOf("state", ["sending", "pending", "declined"])} or sent_at is not null`),
  ...rule(
    "invoice",
    "invoice_reason",
    `${anyOf("status", ["void", "held", "uncollectible"])} = (status_reason is not null)`,
  ),
];

export class Migration20261129000053Comparisons extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
