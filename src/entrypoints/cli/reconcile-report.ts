/** What reconciling found: as a document, as tables, and as an exit code. */
import { reportOf, type RunSummary } from "../../application/settling/run-summary.ts";
import type { SweepReport, SweptOrder } from "../../application/reconcile/sweep-report.ts";
import type { Assembly } from "../../assemble.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatMoney } from "../../domain/money.ts";
import { needsPerson } from "../../domain/needs-person.ts";
import { local } from "./cells.ts";
import { bold, printError, printJson, printLine, printNote } from "./print.ts";
import { haltWords } from "./mend-words.ts";
import { printTable } from "./table.ts";
import { timeZoneHere } from "./terminal.ts";

type Options = { readonly json?: true };

export async function printInquiries(
  { store, clock }: Assembly,
  summary: RunSummary,
  { json, isAnswering }: Options & { readonly isAnswering: boolean },
): Promise<ExitCode> {
  const { paid, declined, pending, unknown, notSent, paidAgain, needsPerson: held } = reportOf(summary);
  const { unknown: waiting, nextInquiryAt } = await store.statusCounts(clock.now());
  const { failedReads: failed } = summary;
  const installation = await store.installation();
  const { haltKind, haltReason } = installation;
  if (json) {
    const looked = { paid, declined, pending, notSent, paidAgain, stillUnknown: unknown };
    const halt = { halted: haltReason !== null, because: haltWords(installation) };
    printJson({ looked, failed, unknown: waiting.count, nextInquiryAt, needsPerson: held, halt });
  } else {
    const counts = { paid, declined, pending, "not sent": notSent, "paid a second time": paidAgain, unknown };
    const parts = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
    if (parts.length > 0) printLine(`Looked: ${parts.join(", ")}.`);
    else if (failed === 0) printLine("No inquiry is due.");
    if (waiting.count > 0) printNote(`${waiting.count} outcomes are unknown; see: npx puntual unknown list`);
  }
  if (failed > 0)
    printError(
      `${failed} inquiries failed: Conekta ${isAnswering ? "does not show these orders" : "does not answer"}; they are made again ` +
        "by the next run, or by this command",
    );
  // Looks do not open it: only a sweep knows what these books lack.
  if (haltKind === "restored") printError(`nobody is charged yet: ${haltWords(installation) ?? ""}`);
  if (needsPerson({ held }) || haltKind === "restored") return EXIT.needsPerson;
  return failed > 0 ? EXIT.failed : EXIT.done;
}

export async function printSweep({ store }: Assembly, report: SweepReport, { json }: Options): Promise<ExitCode> {
  const installation = await store.installation();
  const { haltKind, haltReason } = installation;
  const { adopted, known, foreign, orphan, mismatched, missingAtGateway, unread, since, until, chargingResumed } =
    report;
  const halt = { halted: haltReason !== null, lifted: chargingResumed };
  if (json) printJson({ since, until, adopted, known, foreign, orphan, mismatched, missingAtGateway, unread, halt });
  else {
    printLine(
      `${local(since)} to ${local(until)} ${timeZoneHere()}: ${known} known, ${adopted.length} adopted, ${mismatched.length} mismatched, ` +
        `${orphan.length} orphan, ${foreign} foreign; ${missingAtGateway.length} paid in the books only.`,
    );
    await printOrders("Adopted: the books lacked this", adopted);
    await printOrders("Mismatched: needs a person", mismatched);
    await printOrders("Paid in the books, not at Conekta: needs a person", missingAtGateway);
    await printOrders("Orphan: ordered and never charged; nothing to do", orphan);
    if (chargingResumed) printLine("The halt is lifted: charging goes on.");
  }
  for (const { orderId, invoiceId, because } of unread)
    printError(`order ${orderId} of invoice ${invoiceId} cannot be read, and was not compared: ${because}`);
  if (haltKind === "restored") printError(`nobody is charged yet. ${whyClosed(report, haltWords(installation) ?? "")}`);
  return asksForPerson(report) || haltKind === "restored" ? EXIT.needsPerson : EXIT.done;
}

function whyClosed({ unmatched }: SweepReport, because: string): string {
  if (unmatched === 0) return because;
  return (
    `${unmatched} orders have no place in the books. Add what they were made for and reconcile again, before anything is ` +
    "charged. Only when nothing was added for them: name them with --set-aside ORDER_ID --reason TEXT, which books nothing " +
    "of them. What stands in the books for them is then charged a second time."
  );
}

function asksForPerson({ adopted, mismatched, missingAtGateway, unread }: SweepReport): boolean {
  const paidAgain = adopted.filter(({ outcome }) => outcome === "paid_again").length;
  const compared = { mismatched: mismatched.length, missingAtGateway: missingAtGateway.length };
  return needsPerson({ paidAgain, ...compared, unread: unread.length });
}

async function printOrders(title: string, orders: readonly SweptOrder[]): Promise<void> {
  if (orders.length === 0) return;
  printLine(`\n${bold(title)}`);
  await printTable(orders, [
    { head: "order", of: ({ orderId }) => orderId },
    { head: "made", isTime: true, of: ({ createdAt }) => (createdAt === null ? "" : local(createdAt)) },
    { head: "subscription", of: ({ subscriptionId }) => subscriptionId ?? "" },
    { head: "invoice", of: ({ invoiceId }) => invoiceId ?? "" },
    {
      head: "amount",
      of: ({ amountCents, currency }) => (amountCents === null ? "" : formatMoney(amountCents, currency ?? "")),
      align: "right",
    },
    { head: "outcome", of: ({ outcome }) => outcome ?? "" },
    { head: "because", of: ({ because }) => because ?? "" },
  ]);
}
