/** What the doctor looks at of a server: the settings that keep what was committed. */
import type { SqlEntityManager } from "@mikro-orm/sql";
import type { DatabaseHealth } from "../../../../application/ports/doctor.ts";
import { text } from "../codec.ts";
import { all } from "../sql.ts";

const SETTINGS = ["server_version", "fsync", "full_page_writes", "synchronous_commit", "default_transaction_isolation"];

export async function serverHealth(em: SqlEntityManager): Promise<DatabaseHealth> {
  const rows = await all(
    em,
    "select name, current_setting(name) as setting from pg_settings where name in (select value from json_each(?))",
    [JSON.stringify(SETTINGS)],
  );
  return {
    engine: "postgres",
    pragmas: Object.fromEntries(rows.map((row) => [text(row, "name"), text(row, "setting")])),
    isInMemory: false,
    // The server checks its own pages; its foreign keys cannot be turned off by our user.
    integrityFaults: [],
    foreignKeyFaults: [],
  };
}
