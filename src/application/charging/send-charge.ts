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
import type { ChargesUnderWay } from "./charges-under-way.ts";
import { explainRefusal } from "./explain-refusal.ts";

type Needs = ReadNeeds & { readonly gateway: Gateway; readonly clock: Clock };

export type SendOptions = {
  readonly leaseMs: number;
  /** Durable once it resolves. @returns true: it may be sent */
  readonly commitSending: (item: {
    readonly attemptId: string;
    readonly orderId: string | null;
  }) => Promise<boolean | undefined>;
  readonly underWay: Pick<ChargesUnderWay, "atGateway">;
  /** Asked when its turn at the gateway has come: another's answer may have stopped it meanwhile. */
  readonly mayLeave: () => boolean;
  /** What the answer says of the gateway, before its place is another's. */
  readonly heard: (sent: Sent) => void;
};

export type Sent = {
  readonly isOurs: true;
  readonly evidence: Evidence;
  /** Its order could not be made, for whichever reason. */
  readonly isWithoutOrder: boolean;
  /** The gateway was: what it said, or did not say, tells how it is. */
  readonly wasAsked: boolean;
};

export type SentCharge =
  | Sent
  /** It may not be sent: another process has it by now, or charging was halted, or the hour is full. */
  | { readonly isOurs: false };

export async function sendCharge(
  needs: Needs,
  { attemptId, intent, flow, orderId }: ClaimedAttempt,
  { leaseMs, commitSending, underWay, mayLeave, heard }: SendOptions,
  summary: RunSummary,
): Promise<SentCharge> {
  const { gateway, clock } = needs;
  let chargedOrderId: string | null = null;
  if (wayOf({ flow }).sharesOrder) {
    const order = await underWay.atGateway(async () => {
      if (orderId !== null) return { kind: "opened", orderId } as const;
      if (!mayLeave()) return RELEASED;
      const opened = await gateway.openOrder(intent);
      if (opened.kind === "opened") return opened;
      return heardOf({ ...learned(opened), isWithoutOrder: opened.kind === "not_sent" });
    });
    if ("isOurs" in order) return order;
    chargedOrderId = order.orderId;
  }
  const waited = stopwatch(clock);
  const maySend = await commitSending({ attemptId, orderId: chargedOrderId });
  if (maySend !== true) return { isOurs: false };
  return await underWay.atGateway(async () => {
    // It was ready, its turn came, and by then nobody is charged any more: no byte of it has left.
    if (!mayLeave()) return learned(notSent("charging had stopped before its turn came"), { wasAsked: false });
    // A process that was stopped in between may have been given up: others act on its silence by now. The call itself takes
    // the other half of the lease at most, to its first byte.
    if (waited() >= leaseMs / 2)
      return learned(notSent("the lease had run out before the charge could be sent"), { wasAsked: false });
    const outcome = (await gateway.charge(intent, chargedOrderId)) satisfies Outcome;
    if (outcome.kind !== "refused") return heardOf(learned(outcome));
    const evidence = orderId === null ? outcome : await unlessOver(needs, { orderId, flow }, intent, outcome);
    return heardOf(
      learned(
        evidence.kind === "refused" ? await explainRefusal(needs, intent.customerId, evidence, summary) : evidence,
      ),
    );
  });

  function heardOf(sent: Sent): Sent {
    heard(sent);
    return sent;
  }
}

export const RELEASED: Sent = learned({ kind: "released" }, { wasAsked: false });

export const BEYOND_LIMIT: Sent = learned(
  {
    ...{ kind: "refused", failureCode: null, failureMessage: null },
    trace: {
      ...{ httpStatus: null, logId: null },
      because: "not sent: its amount alone is more than MAX_AMOUNT_CENTS_PER_RUN allows",
    },
  },
  { wasAsked: false },
);

function learned(evidence: Evidence, { wasAsked } = { wasAsked: true }): Sent {
  return { isOurs: true, evidence, isWithoutOrder: false, wasAsked };
}

function notSent(because: string): Evidence {
  return {
    ...{ kind: "not_sent", unauthorized: false },
    trace: { httpStatus: null, logId: null, because: `not sent: ${because}` },
  };
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

/** Of two clocks, whichever ran further: one may have been set, and the other stands still while the machine sleeps. */
function stopwatch(clock: Clock): () => number {
  const [wallMs, monotonicMs] = [clock.now().getTime(), clock.monotonicMs()];
  return () => Math.max(clock.now().getTime() - wallMs, clock.monotonicMs() - monotonicMs);
}
