/**
 * Send one charge that was claimed: make its order if it has none, commit `sending`, and ask the gateway, once.
 *
 * No transaction is open while the gateway is asked. A crash before the commit leaves a claim that is released; after it, an
 * attempt that `inquireDue` settles.
 */
import type { Evidence, Outcome, Trace } from "../../domain/attempt.ts";
import { type AttemptFlow, wayOf } from "../../domain/ways-to-pay.ts";
import type { ReadNeeds } from "../customers/read-customers.ts";
import type { ClaimedAttempt } from "../ports/charging.ts";
import type { ChargeIntent, Gateway } from "../ports/gateway.ts";
import type { Clock } from "../ports/runtime.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import { explainRefusal } from "./explain-refusal.ts";

type Needs = ReadNeeds & { readonly gateway: Gateway; readonly clock: Clock };

export type SendOptions = {
  readonly leaseMs: number;
  /** Durable once it resolves. @returns true: it may be sent */
  readonly commitSending: (item: {
    readonly attemptId: string;
    readonly orderId: string | null;
  }) => Promise<boolean | undefined>;
};

export type SentCharge =
  /** `isWithoutOrder`: its order could not be made, for whichever reason. */
  | { readonly isOurs: true; readonly evidence: Evidence; readonly isWithoutOrder: boolean }
  /** It may not be sent: another process has it by now, or charging was halted, or the hour is full. */
  | { readonly isOurs: false };

export async function sendCharge(
  needs: Needs,
  { attemptId, intent, flow, orderId }: ClaimedAttempt,
  { leaseMs, commitSending }: SendOptions,
  summary: RunSummary,
): Promise<SentCharge> {
  const { gateway, clock } = needs;
  let chargedOrderId: string | null = null;
  if (wayOf({ flow }).sharesOrder) {
    const order = orderId === null ? await gateway.openOrder(intent) : ({ kind: "opened", orderId } as const);
    if (order.kind !== "opened") return { isOurs: true, evidence: order, isWithoutOrder: order.kind === "not_sent" };
    chargedOrderId = order.orderId;
  }
  const waited = stopwatch(clock);
  const maySend = await commitSending({ attemptId, orderId: chargedOrderId });
  if (maySend !== true) return { isOurs: false };
  // A process that was stopped in between may have been given up: others act on its silence by now. The call itself takes
  // the other half of the lease at most, to its first byte.
  if (waited() >= leaseMs / 2) return learned({ kind: "not_sent", unauthorized: false, trace: TOO_LATE });
  const outcome = (await gateway.charge(intent, chargedOrderId)) satisfies Outcome;
  if (outcome.kind !== "refused") return learned(outcome);
  const evidence = orderId === null ? outcome : await unlessOver(needs, { orderId, flow }, intent, outcome);
  return learned(
    evidence.kind === "refused" ? await explainRefusal(needs, intent.customerId, evidence, summary) : evidence,
  );
}

function learned(evidence: Evidence): SentCharge {
  return { isOurs: true, evidence, isWithoutOrder: false };
}

/**
 * An order of an earlier try may have expired or been cancelled meanwhile; which refusal says so is written nowhere, so
 * the order is read. Where it cannot be read, the refusal stands, and a person decides.
 */
async function unlessOver(
  { gateway, log }: Needs,
  { orderId, flow }: { readonly orderId: string; readonly flow: AttemptFlow },
  intent: ChargeIntent,
  refused: Outcome,
): Promise<Evidence> {
  try {
    const inquiryAnswer = await gateway.readCharge(orderId, intent.reference, intent.amountCents, flow);
    if (inquiryAnswer.kind === "paid") return inquiryAnswer;
    if (inquiryAnswer.kind !== "declined" || !inquiryAnswer.orderIsOver) return refused;
    return { kind: "not_sent", unauthorized: false, orderIsOver: true, trace: ORDER_IS_OVER };
  } catch (error) {
    log.warn("order.not_read", { orderId, invoiceId: intent.invoiceId, error });
    return refused;
  }
}

const ORDER_IS_OVER: Trace = {
  httpStatus: null,
  logId: null,
  because: "refused, and the order, read again, is over: nothing was charged, and the next try makes another order",
};

const TOO_LATE: Trace = {
  httpStatus: null,
  logId: null,
  because: "not sent: the lease had run out before the charge could be sent",
};

/** Of two clocks, whichever ran further: one may have been set, and the other stands still while the machine sleeps. */
function stopwatch(clock: Clock): () => number {
  const [wallMs, monotonicMs] = [clock.now().getTime(), clock.monotonicMs()];
  return () => Math.max(clock.now().getTime() - wallMs, clock.monotonicMs() - monotonicMs);
}
