/** PostgreSQL does what SQLite does: the same suites on a real server. */
import { postgresStores } from "./postgres-stores.ts";
import { everySuite } from "./suites.ts";

everySuite("PostgreSQL", postgresStores());
