/**
 * The HTTP API alone, beside any number of daemons: it changes the books, and charges nobody.
 *
 * What it puts up is charged by whoever charges from the same database. It holds no right to charge, and takes none.
 */
import { assemble } from "../assemble.ts";
import type { Config } from "../config.ts";
import { ConfigurationInvalid } from "../domain/errors.ts";
import { EXIT, type ExitCode } from "./cli/exit-codes.ts";
import { serveApi } from "./http/server.ts";
import { onStop } from "./stop-signals.ts";

/** Runs until a signal stops it. @throws {BillingError} it could not start */
export async function runServer(config: Config, { cwd }: { readonly cwd: string }): Promise<ExitCode> {
  if (config.http === null)
    throw new ConfigurationInvalid("The environment is not valid", [
      { where: "HTTP_PORT", what: "empty, so the API would listen nowhere; write a port" },
    ]);
  const stopping = new AbortController();
  await using app = await assemble(config, {
    cwd,
    stopping: stopping.signal,
    charging: false,
    database: "write",
    writeLog: (line) => void process.stdout.write(line),
  });
  const { log } = app;
  for (const danger of config.dangers) log.warn("configuration.dangerous", { because: danger.en });
  await using http = await serveApi(app, config.http);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<string>();
  const unhook = onStop(stop);
  log.info("server.ready", { pid: process.pid, database: config.database.name, http: http.url });
  process.send?.("ready");
  const signal = await stopped;
  stopping.abort();
  unhook();
  log.info("server.stopped", { signal });
  return EXIT.done;
}
