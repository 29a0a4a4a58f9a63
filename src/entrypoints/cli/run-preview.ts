/** `run --dry-run`: what a run would open and charge now. */
import { counted } from "../../application/doctor/finding.ts";
import { previewRun } from "../../application/run/preview-run.ts";
import type { Assembly } from "../../assemble.ts";
import { formatMoney } from "../../domain/money.ts";
import { limitName, withLimitName } from "../limit-name.ts";
import { moneyTotals, local } from "./cells.ts";
import { haltWords } from "./mend-words.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { namesOf } from "./rows.ts";
import { printTable } from "./table.ts";

type Options = { readonly json?: true; readonly limit?: number };

export async function printPreview(app: Assembly, { json, limit }: Options): Promise<void> {
  const { maxChargesPerRun, maxAmountCentsPerRun, maxChargesPerCustomerPerDay } = app.config.charging;
  const preview = await previewRun(app.settling, {
    askedCharges: limit ?? null,
    maxCharges: maxChargesPerRun,
    maxAmountCents: maxAmountCentsPerRun,
    maxChargesPerCustomerPerDay,
  });
  const { wouldCharge } = preview;
  const wouldNotCharge = preview.wouldNotCharge.map((each) => ({ ...each, because: limitName(each.because) }));
  const totalCents: Record<string, number> = {};
  for (const { currency, amountCents } of wouldCharge) totalCents[currency] = (totalCents[currency] ?? 0) + amountCents;
  if (json) return printJson({ dryRun: true, ...withLimitName(preview), wouldNotCharge, totalCents });

  const names = await namesOf(app, [...wouldCharge, ...wouldNotCharge]);
  if (wouldCharge.length > 0)
    await printTable(wouldCharge, [
      { head: "customer", of: ({ customerId }) => names.get(customerId) ?? "", wraps: true },
      { head: "subscription", of: ({ subscriptionId }) => subscriptionId, wraps: true },
      { head: "cycle", of: ({ cycle }) => (cycle === null ? "" : String(cycle)), align: "right", spare: true },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
      { head: "due", isTime: true, of: ({ dueAt }) => local(dueAt) },
      { head: "invoice", of: ({ invoiceId }) => invoiceId ?? "to be opened", spare: true },
    ]);
  const total = moneyTotals(totalCents);
  const charged = `${wouldCharge.length} charged${total === "" ? "" : ` (${total})`}`;
  const inquiries =
    preview.wouldInquire === 0 ? "" : `, ${counted(preview.wouldInquire, "uncertain charge")} asked about first`;
  printLine(`Would be: ${preview.wouldOpen.length} opened, ${charged}${inquiries}. Nothing was changed.`);
  if (wouldNotCharge.length > 0) {
    printLine("\nDue, and not charged by this run:");
    await printTable(wouldNotCharge, [
      { head: "customer", of: ({ customerId }) => names.get(customerId) ?? "", wraps: true },
      { head: "subscription", of: ({ subscriptionId }) => subscriptionId, wraps: true },
      { head: "cycle", of: ({ cycle }) => (cycle === null ? "" : String(cycle)), align: "right", spare: true },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
      { head: "because", of: ({ because }) => because },
      { head: "until", isTime: true, of: ({ until }) => (until === null ? "" : local(until)), spare: true },
    ]);
  }
  const halt = haltWords(await app.store.installation());
  if (halt !== null) printNote(`Nobody is charged until this is mended: ${halt}`);
  if (preview.setAside.length > 0) printNote(`Cannot be understood: ${preview.setAside.join(", ")}`);
}
