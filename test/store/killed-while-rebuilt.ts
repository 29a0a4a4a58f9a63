/** Brings a database up to date and dies by SIGKILL at a statement: `node killed-while-rebuilt.ts FILE before|after START-OF-STATEMENT`. */
import Database from "better-sqlite3";
import { runMigrations } from "../../src/adapters/store/dialect/migrate.ts";
import { openDatabase } from "../../src/adapters/store/dialect/open-database.ts";
import { REBUILT } from "./rebuilt-books.ts";

const [file = "", when = "", start = ""] = process.argv.slice(2);
const prototype = Object.getPrototypeOf(new Database(":memory:").prepare("select 1")) as Record<string, unknown>;
for (const name of ["all", "run"]) {
  const original = prototype[name] as (...given: unknown[]) => unknown;
  prototype[name] = function (this: Database.Statement, ...given: unknown[]): unknown {
    const isIt = this.source.toLowerCase().startsWith(start.toLowerCase());
    if (isIt && when === "before") process.kill(process.pid, "SIGKILL");
    const answer = original.apply(this, given);
    if (isIt) process.kill(process.pid, "SIGKILL");
    return answer;
  };
}
const connection = openDatabase(file, "write");
await runMigrations(connection, REBUILT);
await connection.close();
