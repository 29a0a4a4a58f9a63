/**
 * Progress of a run, read off its own log: a bar on standard error where that is a terminal, nothing elsewhere.
 */
import type { Log } from "../../application/ports/runtime.ts";
import type { LogOptions } from "../../adapters/log.ts";
import { terminal } from "./terminal.ts";

export type Progress = {
  /** To be handed to the run. */
  readonly log: Log;
  /** @param due invoices that wait already; those that the run opens are added */
  readonly begin: (due: number) => void;
  readonly end: () => void;
};

/** One of these ends each charge. */
const CHARGE_ENDED =
  /^(invoice\.(paid|payment_failed|uncollectible|held|voided)|attempt\.(pending|unknown|not_sent|released|paid_again))$/;

export async function progressLog(options: LogOptions): Promise<Progress> {
  const { createLog } = await import("../../adapters/log.ts");
  const { stderr } = terminal();
  let bar: { increment(): void; setTotal(total: number): void; getTotal(): number; stop(): void } | null = null;
  const begun = stderr.isTTY ? (await import("cli-progress")).default : null;

  const written = createLog({
    ...options,
    write: (line) => {
      // A line would end up in the middle of the bar.
      if (bar !== null) stderr.write("\r\u001b[2K");
      options.write(line);
    },
  });
  const watched =
    (level: keyof Log): Log[keyof Log] =>
    (event, fields) => {
      if (event === "invoices.opened") bar?.setTotal(bar.getTotal() + Number(fields?.["count"] ?? 0));
      if (CHARGE_ENDED.test(event)) bar?.increment();
      written[level](event, fields);
    };

  return {
    log: { debug: watched("debug"), info: watched("info"), warn: watched("warn"), error: watched("error") },
    begin(due) {
      if (begun === null) return;
      const single = new begun.SingleBar({
        format: "charging {bar} {value}/{total}",
        stream: stderr,
        hideCursor: true,
        clearOnComplete: true,
      });
      single.start(due, 0);
      bar = single;
    },
    end() {
      bar?.stop();
      bar = null;
    },
  };
}
