/** What a run did: as a document, as a few lines, and as an exit code. */
import { reportOf, type RunReport, type RunSummary } from "../../application/settling/run-summary.ts";
import type { Assembly } from "../../assemble.ts";
import { haltNeedsPerson } from "../../domain/halt.ts";
import { needsPerson } from "../../domain/needs-person.ts";
import { limitName, withLimitName } from "../limit-name.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { moneyTotals, local } from "./cells.ts";
import { haltWords } from "./mend-words.ts";
import { printError, printJson, printLine, printNote } from "./print.ts";
import { timeZoneHere } from "./terminal.ts";
import { MINUTE_MS } from "../../domain/duration.ts";

export type Ending = {
  readonly json?: true;
  /** A signal ended it early. */
  readonly interrupted: boolean;
};

export async function printReport({ store, clock }: Assembly, summary: RunSummary, ending: Ending): Promise<ExitCode> {
  const report = reportOf(summary);
  const { dueInvoices: stillDue, nextAttemptAt } = await store.statusCounts(clock.now());
  const { interrupted } = ending;

  if (ending.json) printJson({ ...withLimitName(report), interrupted, stillDue, nextAttemptAt });
  else printLine(sentenceOf(report));

  const {
    haltReason,
    setAside,
    notRecorded,
    needsPerson: needing,
    stoppedAt,
    clockSkewMs,
    unreadable,
    failedReads,
  } = report;
  const again = nextAttemptAt === null ? "" : ` Due again from ${local(nextAttemptAt)} ${timeZoneHere()} on.`;
  const installation = await store.installation();
  if (haltReason !== null)
    printError(`nobody is charged until this is mended: ${haltWords(installation) ?? haltReason}`);
  else if (isNothingSent(report))
    printError(`nothing was charged: Conekta could not be reached, or took no charge.${again}`);
  if (clockSkewMs !== null)
    printError(
      `this machine's clock is ${Math.round(Math.abs(clockSkewMs) / MINUTE_MS)} minutes ${clockSkewMs > 0 ? "ahead of" : "behind"} ` +
        "Conekta's, so no invoice was opened; compare it with another machine's, set the one that is wrong (NTP), and run again",
    );
  if (report.clock === "not_asked")
    printError("Conekta did not answer, so this machine's clock could not be checked, and no invoice was opened");
  if (report.clock === "not_checked")
    printNote("Conekta's answers tell no date, so this machine's clock was believed without a check.");
  if (report.clock === "gateway_wrong")
    printNote("Conekta's date differs from this machine's clock, which agreed with it before and was not set since.");
  if (notRecorded > 0)
    printError(
      `${notRecorded} outcomes could not be recorded: the log has them (attempt.not_recorded); see: npx puntual doctor`,
    );
  if (setAside.length > 0)
    printError(`subscriptions and invoices that cannot be understood were set aside: ${setAside.join(", ")}`);
  if (needing > 0) printError(`${needing} of these need a person; see: npx puntual invoices list --status held`);
  if (unreadable > 0)
    printError(
      `${unreadable} customers or orders cannot be read or charged at Conekta, and what they owe waits; see: npx puntual doctor`,
    );
  if (failedReads > 0)
    printError(
      `${failedReads === 1 ? "1 read of an order or a customer" : `${failedReads} reads of orders or customers`} failed at Conekta, ` +
        "for an inquiry, a webhook, a link, a dispute or a card; a later run makes what failed again",
    );
  if (stoppedAt !== null && stillDue > 0) printNote(`Stopped at ${limitName(stoppedAt)}; ${stillDue} more are due.`);
  if (isLeft({ report, stillDue, interrupted }))
    printError(
      `${stillDue} more are due and were not tried, because Conekta gave too few clear answers; run again later`,
    );
  if (interrupted) printError(`stopped by a signal; ${stillDue} more are due, and left for the next run.`);
  // The configuration is right there; what is missing is a person.
  const { haltKind } = installation;
  if (haltNeedsPerson(haltKind)) return EXIT.needsPerson;
  const code = exitCodeOf(report, ending);
  return code === EXIT.done && isLeft({ report, stillDue, interrupted }) ? EXIT.failed : code;
}

/** Due, and neither tried nor put off: the breaker ended the run. */
function isLeft(end: {
  readonly report: RunReport;
  readonly stillDue: number;
  readonly interrupted: boolean;
}): boolean {
  return end.stillDue > 0 && !end.interrupted && end.report.stoppedAt === null && end.report.haltReason === null;
}

function sentenceOf(report: RunReport): string {
  const { opened, paid, declined, pending, unknown, refused, notSent, released, paidAgain, paidCents } = report;
  const counts = { opened, paid, declined, pending, unknown, refused, released };
  const parts = Object.entries({ ...counts, "not sent": notSent, "paid a second time": paidAgain })
    .filter(([word, count]) => count > 0 || word === "paid")
    .map(([word, count]) => `${count} ${word}`);
  const total = moneyTotals(paidCents);
  return `${parts.join(", ")}${total === "" ? "" : `; collected ${total}`}.`;
}

function exitCodeOf(report: RunReport, { interrupted }: Ending): ExitCode {
  if (report.haltReason !== null) return EXIT.configuration;
  if (isNothingSent(report) || report.clock === "wrong" || report.clock === "not_asked") return EXIT.failed;
  const isAlarmed = report.stoppedAt !== null && report.stoppedAt !== "asked_charges";
  const { needsPerson: held, unreadable, notRecorded, setAside, failedReads } = report;
  if (needsPerson({ held, unreadable, notRecorded, setAside: setAside.length }) || isAlarmed) return EXIT.needsPerson;
  return interrupted || failedReads > 0 ? EXIT.failed : EXIT.done;
}

/** Charges were due, and not one reached the gateway. */
function isNothingSent({ notSent, paid, paidAgain, declined, pending, refused, unknown }: RunReport): boolean {
  return notSent > 0 && paid + paidAgain + declined + pending + refused + unknown === 0;
}
