/** What the doctor looks at of a server: the settings that keep what was committed, and the indexes that allow it once. */
import type { DatabaseHealth } from "../../../../application/ports/doctor.ts";
import { text } from "../codec.ts";
import { all, type Connected } from "../sql.ts";
import { lostIndexes } from "./unique-indexes.ts";

/** Where one that is wanted is another, what was committed is lost when the power goes. */
const WANTED: Readonly<Record<string, string | null>> = {
  ...{ fsync: "on", full_page_writes: "on" },
  ...{ server_version: null, synchronous_commit: null },
};

export async function serverHealth(em: Connected): Promise<DatabaseHealth> {
  const rows = await all(
    em,
    "select name, current_setting(name) as setting from pg_settings where name in (select value from json_each(?))",
    [JSON.stringify(Object.keys(WANTED))],
  );
  return {
    engine: "postgres",
    settings: Object.entries(WANTED).map(([name, wanted]) => {
      const row = rows.find((each) => text(each, "name") === name);
      return { name, value: row === undefined ? "unknown" : text(row, "setting"), wanted };
    }),
    isInMemory: false,
    // The server checks its own pages; its foreign keys cannot be turned off by our user.
    integrityFaults: (await lostIndexes(em)).map((name) => `no index ${name}`),
    foreignKeyFaults: [],
    // Its columns of JSON take nothing else.
    unreadableRows: [],
  };
}
