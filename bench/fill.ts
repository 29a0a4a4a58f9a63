/**
 * Fills a database, in a process of its own: what that takes is no part of what is measured (`charging.ts`).
 *
 *   node bench/fill.ts --database FILE --subscriptions 100000 --due 10000
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { envToConfig } from "../src/config.ts";
import { readEnv } from "../src/config/environment.ts";
import { fillDatabase } from "./filled-database.ts";

const { values } = parseArgs({
  options: {
    database: { type: "string", default: "bench.db" },
    subscriptions: { type: "string", default: "5000" },
    due: { type: "string", default: "5000" },
  },
});
const cwd = path.dirname(path.resolve(values.database));
const variables = { CONEKTA_API_KEY: "key_bench", DATABASE_URL: `sqlite:${values.database}` };
const config = envToConfig(
  readEnv(variables, null, () => ""),
  { cwd, isTerminal: false },
);
await fillDatabase(config, cwd, { subscriptions: Number(values.subscriptions), cycles: 0, due: Number(values.due) });
