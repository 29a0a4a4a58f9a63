/** What a simulated process says: the program reports its own bugs in its log, and goes on with the rest. */
import type { Log } from "../../src/application/ports/runtime.ts";
import { BillingError, RowUnreadable } from "../../src/domain/errors.ts";
import type { Report } from "./checks/violation.ts";

/** @param isPoisoned the row of this id was made unreadable: that is no bug */
export function listeningLog(report: Report, isPoisoned: (id: string) => boolean = () => false): Log {
  const nothing = (): void => {};
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (event, fields) => {
      const error = fields?.["error"];
      if (error instanceof RowUnreadable && isPoisoned(error.id)) return;
      if (error !== undefined && !(error instanceof BillingError))
        report("bug", `${event}: ${describe(error)} (${JSON.stringify(fields?.["evidence"])})`);
      if (event === "webhook.failed" && String(fields?.["because"]).startsWith("a bug"))
        report("bug", String(fields?.["because"]));
    },
  };
}

/** The stack follows in lines of its own, where one is kept at all: `--trace` keeps them. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
}
