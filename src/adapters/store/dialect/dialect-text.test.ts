/** One statement, as each dialect reads it. */
import { expect, test } from "@jest/globals";
import { postgresText } from "./postgres-text.ts";
import { sqliteText } from "./sqlite-text.ts";

const STATEMENT =
  "update invoice set next_attempt_at = j.at from rows(?: place, invoiceId text, at int, data json) j where id = ?";

test("rows of a batch have typed columns in both", () => {
  expect(sqliteText(STATEMENT).replaceAll(/\s+/g, " ")).toBe(
    "update invoice set next_attempt_at = j.at from " +
      "(with entries as materialized (select key as place, jsonb(value) as entry from json_each(?)) " +
      "select place, entry ->> 'invoiceId' as invoice_id, entry ->> 'at' as at, entry -> 'data' as data from entries) j where id = ?",
  );
  expect(postgresText(STATEMENT).replaceAll(/\s+/g, " ")).toBe(
    "update invoice set next_attempt_at = j.at from " +
      "(select place - 1 as place, (value ->> 'invoiceId') as invoice_id, (value ->> 'at')::bigint as at, (value -> 'data') as data " +
      "from jsonb_array_elements($1::jsonb) with ordinality as each (value, place)) j where id = $2",
  );
});

test("rows without a place have none", () => {
  const statement = "select id from rows(?: id text) j";
  expect(sqliteText(statement).replaceAll(/\s+/g, " ")).toBe(
    "select id from (with entries as materialized (select key as place, jsonb(value) as entry from json_each(?)) " +
      "select entry ->> 'id' as id from entries) j",
  );
  expect(postgresText(statement).replaceAll(/\s+/g, " ")).toBe(
    "select id from (select (value ->> 'id') as id from jsonb_array_elements($1::jsonb) with ordinality as each (value, place)) j",
  );
});

test("a list of ids, and the functions of JSON", () => {
  const statement =
    "select json_group_array(json_object('id', id)) from plan where id in (select value from json_each(?)) and name = ?";
  expect(sqliteText(statement)).toBe(statement);
  expect(postgresText(statement)).toBe(
    "select jsonb_agg(jsonb_build_object('id', id)) from plan where id in (select value from jsonb_array_elements_text($1::jsonb) as each (value)) and name = $2",
  );
  expect(postgresText("json_insert(attempt.evidence, '$[#]', json(j.evidence))")).toBe(
    "(attempt.evidence || j.evidence)",
  );
});

test.each<[said: string, onSqlite: string, onPostgres: string, because: string]>([
  [
    "next_of(event.sequence, j.place)",
    "(select coalesce(max(sequence), 0) from event) + 1 + j.place",
    "nextval('event_sequence_seq')",
    "a number that nobody else takes",
  ],
  [
    "until > now_ms()",
    "until > cast(unixepoch('subsec') * 1000 as integer)",
    "until > (extract(epoch from clock_timestamp()) * 1000)::bigint",
    "the clock of the database",
  ],
  ["limit 5 unlocked()", "limit 5 ", "limit 5 for no key update skip locked", "one file has one writer"],
  [
    "readable(i.taxes) is null",
    "iif(json_valid(i.taxes), i.taxes, null) is null",
    "i.taxes is null",
    "JSON is checked",
  ],
  [
    "json_each(p.plan_ids) each",
    "json_each(p.plan_ids) each",
    "jsonb_array_elements(p.plan_ids) as each (value)",
    "a list",
  ],
])("%s is %s on SQLite and %s on PostgreSQL (%s)", (said, onSqlite, onPostgres) => {
  expect([sqliteText(said), postgresText(said)]).toEqual([onSqlite, onPostgres]);
});

test("a column of no known type is a fault of the statement", () => {
  expect(() => sqliteText("select * from rows(?: at instant) j")).toThrow('"at instant" is no column of a batch');
});
