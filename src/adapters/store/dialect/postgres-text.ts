/** A statement as PostgreSQL reads it: its own functions of JSON, and numbered parameters. */
import { type BatchColumn, unfoldBatches } from "./batch-rows.ts";

/** Of SQLite's words, those that our statements use. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\breadable\((\w+\.\w+)\)/g, "$1"],
  [/\bjson_each\(\?\)/g, "jsonb_array_elements_text(?::jsonb) as each (value)"],
  [/\bjson_each\((\w+\.\w+)\) (\w+)/g, "jsonb_array_elements($1) as $2 (value)"],
  [/\bnow_ms\(\)/g, "(extract(epoch from clock_timestamp()) * 1000)::bigint"],
  [/\bnext_of\((\w+)\.(\w+), [\w.]+\)/g, "nextval('$1_$2_seq')"],
  [/\bunlocked\(\)/g, "for no key update skip locked"],
  [/\bjson_group_array\(/g, "jsonb_agg("],
  [/\bjson_object\(/g, "jsonb_build_object("],
  [/\bjson_insert\(([\w.]+), '\$\[#\]', json\(([\w.]+)\)\)/g, "($1 || $2)"],
];

const CASTS: Readonly<Record<BatchColumn["type"], string>> = { text: "", int: "::bigint", flag: "::boolean", json: "" };

export function postgresText(sql: string): string {
  const unfolded = unfoldBatches(sql, (columns, withPlace) => {
    const selected = columns.map(
      ({ key, name, type }) => `(value ${type === "json" ? "->" : "->>"} '${key}')${CASTS[type]} as ${name}`,
    );
    return `(select ${[...(withPlace ? ["place - 1 as place"] : []), ...selected].join(", ")}
      from jsonb_array_elements(?::jsonb) with ordinality as each (value, place))`;
  });
  const said = WORDS.reduce((text, [word, ours]) => text.replaceAll(word, ours), unfolded);
  let parameters = 0;
  return said.replaceAll("?", () => `$${(parameters += 1)}`);
}
