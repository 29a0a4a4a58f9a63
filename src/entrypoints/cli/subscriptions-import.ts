/** `subscriptions import`: reads the file row by row, asks about what looks doubtful, and says what became of the rows. */
import path from "node:path";
import { doOnceConfirmed } from "./confirm.ts";
import { EXIT } from "./exit-codes.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { rowProgress } from "./row-progress.ts";
import { readConfig, withStore } from "./session.ts";
import { leaveWith, terminal } from "./terminal.ts";
import { inEnglish } from "../../domain/refusals.ts";

type Options = {
  readonly dryRun?: true;
  readonly skipInvalid?: true;
  readonly rejects?: string;
  readonly offline?: true;
  readonly yes?: true;
  readonly json?: true;
};

export async function importFile(fileName: string, options: Options): Promise<void> {
  const { cwd } = terminal();
  const { readSubscriptionRows } = await import("../../adapters/files/subscription-rows.ts");
  const { rejectFile } = await import("../../adapters/files/reject-file.ts");
  const { importSubscriptions } = await import("../../application/subscriptions/import-subscriptions.ts");
  const config = await readConfig();
  const file = { path: path.resolve(cwd, fileName), fileName, timeZone: config.billing.timeZone };
  const rejects = options.rejects ?? `${fileName}.rejected`;
  const dryRun = options.dryRun ?? false;
  const skipInvalid = options.skipInvalid ?? false;
  await withStore(
    async (app) => {
      const imported = await doOnceConfirmed(async (confirmed) => {
        const { format, rows } = await readSubscriptionRows(file);
        const rejected = skipInvalid ? rejectFile(path.resolve(cwd, rejects), rejects, format) : null;
        const progress = rowProgress();
        try {
          return await importSubscriptions(
            {
              ...app,
              minChargeCents: config.charging.minChargeCents,
              gateway: async () => (options.offline ? null : await app.gateway()),
            },
            rows,
            {
              ...{ fileName, dryRun, skipInvalid, confirmed },
              reject: (row, because) => rejected?.add(row, because),
              progress: (phase, count) => progress.at(phase, count),
            },
          );
        } finally {
          progress.end();
          rejected?.close();
        }
      }, options);
      const isRejecting = skipInvalid && imported.rejected > 0;
      if (imported.rejected + imported.doubts > 0) leaveWith(EXIT.needsPerson);
      if (options.json) return printJson({ ...imported, dryRun, rejects: isRejecting ? rejects : null });
      for (const { where, what } of imported.faults) printNote(`${where}: ${inEnglish(what)}`);
      const { rows, added, unchanged, rejected, doubts } = imported;
      const parts = [`${added} added`, `${unchanged} unchanged`];
      if (rejected > 0) parts.push(`${rejected} with faults`);
      if (doubts > 0) parts.push(`${doubts} in doubt (--yes lets them through)`);
      const summary = `${rows} row${rows === 1 ? "" : "s"}: ${parts.join(", ")}`;
      printLine(dryRun ? `Would be: ${summary}. Nothing was changed.` : `${summary}.`);
      if (isRejecting) printLine(`What was not added is in ${rejects}, each row with why.`);
    },
    { config },
  );
}
