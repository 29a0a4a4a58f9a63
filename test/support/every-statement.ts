/** Sends what the tests of the plans explain: the statements of a tick that charges, of `status`, and of each listing. */
import { assemble } from "../../src/assemble.ts";
import { type Config, envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { ScriptedGateway } from "./scripted-gateway.ts";

export function plansConfig(cwd: string, databaseUrl: string): Config {
  const variables = { CONEKTA_API_KEY: "key_x", CONEKTA_BASE_URL: "http://127.0.0.1:9", DATABASE_URL: databaseUrl };
  return envToConfig(
    readEnv(variables, null, () => ""),
    { cwd, isTerminal: false },
  );
}

/** @throws nothing was charged, so that the statements of a charge were not sent */
export async function sendEveryStatement(config: Config, cwd: string): Promise<void> {
  const gateway = new ScriptedGateway();
  gateway.now = () => new Date();
  // Of the same clock as the program's: an answer that seems ten minutes old is none.
  gateway.monotonicMs = () => performance.now();
  const options = { cwd, charging: true, database: "write", writeLog: () => {} } as const;
  await using app = await assemble(config, options, { gateway });
  const biller = await app.biller();
  const { summary } = await biller.tick(new AbortController().signal);
  if (summary.outcomes.paid === 0)
    throw new Error("nothing was charged, so that the statements of a charge are not seen");
  const now = app.clock.now();
  await app.store.statusCounts(now);
  for (const name of [
    "history",
    "attention",
    "dunning",
    "invoices",
    "subscriptions",
    "attempts",
    "events",
    "audit",
  ] as const)
    await app.store.page(name, { limit: 10 });
  await app.store.list("attempts", { where: { state: "unknown" } });
  await app.store.page("revenue", { limit: 10 });
  await app.store.page("invoices", { where: { status: "held" }, limit: 10 });
  await app.store.explaining.outlooksOf(["sub1", "sub2"], now);
  await app.store.explaining.planned(null, 10);
}
