/** `run --dry-run`: what a run would open and charge now. */
import { previewRun } from "../../application/preview-run.ts";
import type { Assembly } from "../../assemble.ts";
import { formatMoney } from "../../domain/money.ts";
import { moneyTotals, textOf, utc } from "./cells.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { printTable } from "./table.ts";

type Options = { readonly json?: true; readonly limit?: number };

export async function printPreview(app: Assembly, { json, limit }: Options): Promise<void> {
  const preview = await previewRun(app);
  const wouldCharge = preview.wouldCharge.slice(0, limit);
  const totalCents: Record<string, number> = {};
  for (const { currency, amountCents } of wouldCharge) totalCents[currency] = (totalCents[currency] ?? 0) + amountCents;
  if (json) return printJson({ dryRun: true, ...preview, wouldCharge, totalCents });

  const names = new Map((await app.store.list("customers", {})).map((row) => [row["customerId"], textOf(row, "name")]));
  if (wouldCharge.length > 0)
    await printTable(wouldCharge, [
      { head: "customer", of: ({ customerId }) => names.get(customerId) ?? customerId, wraps: true },
      { head: "subscription", of: ({ subscriptionId }) => subscriptionId, wraps: true },
      { head: "cycle", of: ({ cycle }) => String(cycle), align: "right", spare: true },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
      { head: "due (UTC)", of: ({ dueAt }) => utc(dueAt) },
      { head: "invoice", of: ({ invoiceId }) => invoiceId ?? "to be opened", spare: true },
    ]);
  const total = moneyTotals(totalCents);
  const charged = `${wouldCharge.length} charged${total === "" ? "" : ` (${total})`}`;
  const looks = preview.wouldLookAt === 0 ? "" : `, ${preview.wouldLookAt} uncertain ones looked at first`;
  printLine(`Would be: ${preview.wouldOpen.length} opened, ${charged}${looks}. Nothing was changed.`);
  if (preview.gateClosed !== null) printNote(`Nobody is charged until this is mended: ${preview.gateClosed}`);
  if (preview.setAside.length > 0) printNote(`Cannot be understood: ${preview.setAside.join(", ")}`);
}
