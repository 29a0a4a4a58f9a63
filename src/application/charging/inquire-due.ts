/**
 * Inquire: ask the gateway about attempts whose outcome we do not know, when their next inquiry is due.
 *
 * Reads only, except that an order which stayed pending for too long is cancelled and read again; one that refuses, and
 * shows nothing of its attempt, is a person's to judge. A crash at any point leaves the attempt uncertain and due for
 * the same look. A read that failed is no inquiry.
 */
import { HOUR_MS, MINUTE_MS } from "../../domain/duration.ts";
import { type AttemptState, isPaid, type Evidence } from "../../domain/attempt.ts";
import { wayOf } from "../../domain/ways-to-pay.ts";
import { LOST_AFTER_MS } from "../../domain/settle/settle-pending.ts";
import { isGivenUp, type ReadFailure } from "../../domain/backoff.ts";
import { BillingError, GatewayRefused, messageOf } from "../../domain/errors.ts";
import { putAside } from "../settling/failed-reads.ts";
import type { Gateway, InquiryAnswer } from "../ports/gateway.ts";
import type { DueInquiry, Settled, SettleItem } from "../ports/charging.ts";
import { runAll } from "../concurrency/run-all.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { putChargesAside, type ChargesAsideNeeds } from "./charges-aside.ts";
import { countSettled, emptyRunSummary, type RunSummary } from "../settling/run-summary.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";

export type InquiryNeeds = SettleNeeds & ChargesAsideNeeds & { readonly gateway: Gateway };

export type InquiryLimits = {
  readonly concurrency: number;
  /** The longest a call may take: an order may be created that long after it was sent. */
  readonly timeoutMs: number;
  readonly pendingMaxHours: number;
};

const BATCH = 500;
/** Sent within this of each other: one listing serves both. */
const WINDOW_GAP_MS = 10 * MINUTE_MS;

export async function inquireDue(
  needs: InquiryNeeds,
  limits: InquiryLimits,
  summary: RunSummary,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock } = needs;
  const looked = new Set<string>();
  while (!signal.aborted) {
    const due = (await store.dueInquiries(clock.now(), BATCH)).filter(({ attemptId }) => !looked.has(attemptId));
    if (due.length === 0) return;
    for (const { attemptId } of due) looked.add(attemptId);
    const asked = new Map(due.map((each) => [each.attemptId, each]));
    const settled = await settleAttempts(needs, await inquireAll(needs, due, limits, summary, signal));
    const ofCards: OfCard[] = [];
    for (const each of settled) {
      const inquiry = asked.get(each.attemptId)!;
      const { settlement } = each;
      countSettled(summary, each, inquiry.intent);
      if (settlement !== null && wayOf(inquiry).chargesStoredCard) ofCards.push({ settlement, inquiry });
    }
    await noteWhetherTaken(needs, ofCards, summary);
  }
}

type OfCard = { readonly settlement: NonNullable<Settled["settlement"]>; readonly inquiry: DueInquiry };

/** One answer that is lost is a storm's; from the second in a row on it is this customer whose charges do not arrive. */
const LOST_IN_A_ROW = 2;

async function noteWhetherTaken(needs: InquiryNeeds, ofCards: readonly OfCard[], summary: RunSummary): Promise<void> {
  const taken = ofCards.filter(({ settlement }) => isTaken(settlement.attempt.state));
  if (taken.length > 0) await needs.store.forgetReadFailures(taken.map(({ inquiry }) => inquiry.intent.customerId));
  const because = "each answer is lost, and no charge is found at Conekta";
  const lost = ofCards.filter(({ settlement }) => isLostAgain(settlement));
  await runAll(
    1,
    lost.map(
      ({ inquiry: { intent, sentAt: triedAt } }) =>
        async () =>
          await putChargesAside(needs, intent, { triedAt, because }, summary),
    ),
  );
}

function isTaken(state: AttemptState): boolean {
  return isPaid(state) || state === "declined";
}

function isLostAgain({ attempt, invoice }: OfCard["settlement"]): boolean {
  return attempt.state === "not_sent" && invoice.faults >= LOST_IN_A_ROW;
}

/** Looks at one attempt that is due to be looked at. @returns null: it is not, or nothing could be read */
export async function inquireAboutOne(
  needs: InquiryNeeds,
  limits: InquiryLimits,
  attemptId: string,
): Promise<Settled | null> {
  const due = await needs.store.dueInquiries(needs.clock.now(), ALL);
  const look = due.find((each) => each.attemptId === attemptId);
  if (look === undefined) return null;
  const [settled] = await settleAttempts(needs, await inquireAll(needs, [look], limits, emptyRunSummary(), NEVER));
  return settled ?? null;
}

const ALL = 10_000;
const NEVER = new AbortController().signal;

async function inquireAll(
  needs: InquiryNeeds,
  due: readonly DueInquiry[],
  limits: InquiryLimits,
  summary: RunSummary,
  signal: AbortSignal,
): Promise<SettleItem[]> {
  const found: SettleItem[] = [];
  const wasRead: string[] = [];
  const all: (() => Promise<void>)[] = [];
  const look = (inquiries: readonly DueInquiry[], read: () => Promise<ReadonlyMap<string, Evidence>>): void =>
    void all.push(async () => {
      if (signal.aborted || needs.breaker.isOpen || summary.haltReason !== null) {
        summary.failedReads += inquiries.length;
        return;
      }
      try {
        const learned = await read();
        needs.breaker.readAnswered();
        wasRead.push(...inquiries.map(({ attemptId }) => attemptId));
        for (const { attemptId, intent } of inquiries) {
          const evidence = learned.get(intent.reference);
          if (evidence !== undefined) found.push({ attemptId, evidence });
        }
      } catch (error) {
        // Whatever it is, it is no inquiry; and what is wrong with one order must not keep the others from being read.
        const level = error instanceof BillingError ? "warn" : "error";
        needs.log[level]("inquiry.failed", { attemptIds: inquiries.map(({ attemptId }) => attemptId), error });
        for (const { attemptId } of inquiries) {
          const failure = await putAside(needs, { kind: "attempt", id: attemptId }, error, summary);
          if (isGivenUp(failure, needs.clock.now())) found.push({ attemptId, evidence: unreadable(failure, error) });
        }
      }
    });

  for (const each of due.filter(({ orderId }) => orderId !== null))
    look([each], async () => new Map([[each.intent.reference, await readOne(needs, each, limits)]]));
  for (const window of windowsOf(due.filter(({ orderId }) => orderId === null)))
    look(window, async () => {
      const inquiryAnswers = await needs.gateway.findCharges(
        {
          from: new Date(Math.min(...window.map(({ sentAt }) => sentAt.getTime())) - MAX_CLOCK_SKEW_MS),
          to: new Date(
            Math.max(...window.map(({ sentAt }) => sentAt.getTime())) + limits.timeoutMs + MAX_CLOCK_SKEW_MS,
          ),
        },
        window.map(({ intent, flow }) => ({ ...intent, flow })),
      );
      return new Map([...inquiryAnswers].map(([reference, inquiryAnswer]) => [reference, evidenceOf(inquiryAnswer)]));
    });
  await runAll(limits.concurrency, all);
  if (wasRead.length > 0) await needs.store.forgetReadFailures(wasRead);
  return found;
}

/** Read for a day in vain: that counts as asked, so that the schedule ends and a person decides. */
function unreadable({ failures, failedSince }: ReadFailure, error: unknown): Evidence {
  const because = `its order could not be read ${failures} times since ${failedSince.toISOString()}: ${messageOf(error)}`;
  return { kind: "unclear", waitIsOver: true, trace: { httpStatus: null, logId: null, because } };
}

async function readOne(
  { gateway, clock, log }: InquiryNeeds,
  look: DueInquiry,
  limits: InquiryLimits,
): Promise<Evidence> {
  const orderId = look.orderId ?? "";
  const ageMs = clock.now().getTime() - look.sentAt.getTime();
  const isOnSchedule = wayOf(look).whilePending === "on_schedule" && look.state === "pending";
  const tooLongMs = isOnSchedule ? ageMs - limits.pendingMaxHours * HOUR_MS : 0;
  const isTooOld = tooLongMs > 0;
  let refusesToEnd = false;
  if (look.mustClose || isTooOld) {
    const because = look.mustClose ? "the payment link is to be closed" : "pending for too long";
    log.warn("order.cancelling", { orderId, invoiceId: look.intent.invoiceId, because });
    try {
      await gateway.cancelOrder(orderId);
    } catch (error) {
      // Over already, in whichever way: the read tells which.
      if (!(error instanceof GatewayRefused)) throw error;
      refusesToEnd = true;
      log.warn("order.not_cancelled", { orderId, invoiceId: look.intent.invoiceId, because: error.message });
    }
  }
  const { reference, amountCents } = look.intent;
  const evidence = evidenceOf(await gateway.readCharge(orderId, reference, amountCents, look.flow));
  const neverEnds = tooLongMs > LOST_AFTER_MS && evidence.kind === "pending";
  const showsNothing = refusesToEnd && isTooOld && (evidence.kind === "absent" || evidence.kind === "unclear");
  if (!neverEnds && !showsNothing) return evidence;
  const shown = evidence.trace.because;
  const because = refusesToEnd
    ? `it was pending for too long, its order refuses to be cancelled, and ${shown}`
    : `it was pending for too long, cancelling its order did not end it, and ${shown}`;
  return { ...evidence, trace: { ...evidence.trace, because }, waitIsOver: true };
}

/** An answer that was read but cannot be matched teaches as little as none, and still counts as an inquiry. */
function evidenceOf(inquiryAnswer: InquiryAnswer): Evidence {
  return inquiryAnswer.kind === "unknown" ? { kind: "unclear", trace: inquiryAnswer.trace } : inquiryAnswer;
}

/** Groups of inquiries whose sending times lie close together, so that each needs one listing. */
function windowsOf(inquiries: readonly DueInquiry[]): DueInquiry[][] {
  const windows: DueInquiry[][] = [];
  const inOrder = inquiries.toSorted((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
  for (const [index, look] of inOrder.entries()) {
    const before = inOrder[index - 1]?.sentAt.getTime() ?? -Infinity;
    if (look.sentAt.getTime() - before <= WINDOW_GAP_MS) windows.at(-1)!.push(look);
    else windows.push([look]);
  }
  return windows;
}
