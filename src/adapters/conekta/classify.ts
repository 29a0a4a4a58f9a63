/**
 * What the answer to a charge means: one row a case, the first that fits decides.
 *
 * Codes count before the status. Money that is seen wins over everything; a decline needs a known code or a declined
 * charge; "surely not done" needs a refusal that Conekta itself gave before it acted. Whatever no row explains is
 * `unknown`: a silence, a proxy's page or an odd body never frees an invoice for another charge.
 */
import assert from "node:assert/strict";
import type { Outcome } from "../../domain/attempt.ts";
import { answerOf, type Answer, type Asked } from "./charge-answer.ts";
import { cardOf } from "./charge-evidence.ts";
import { declineOf, rowOf, saysHasCharge } from "./declines.ts";
import type { Reply } from "./transport.ts";
import type { WireErrorDetail } from "./wire.ts";

type Verdict = Outcome extends infer Each ? (Each extends Outcome ? Omit<Each, "trace"> : never) : never;

type Row = {
  readonly name: string;
  readonly when: (answer: Answer) => boolean;
  readonly verdict: (answer: Answer) => Verdict;
  readonly because: (answer: Answer) => string;
  readonly source: string;
};

const ROWS: readonly Row[] = [
  {
    name: "the order has a charge already",
    when: ({ codes }) => codes.some(saysHasCharge),
    verdict: unknown,
    because: ({ status }) =>
      `status ${status}: Conekta says the order already has a charge; money may have moved, read the order now`,
    source: "428 in the specification; 422 in woocommerce 6.2.3, conekta_plugin.php",
  },
  {
    name: "the server failed",
    when: ({ status }) => status >= 500,
    verdict: unknown,
    because: ({ status }) => `status ${status}: the server failed, and may have acted before it did`,
    source: "conekta-node#36: 504 while Conekta's log said 200",
  },
  {
    name: "money is seen",
    when: ({ evidence }) => evidence.shows === "paid",
    verdict: ({ evidence }) => {
      assert(evidence.shows === "paid");
      return { kind: "paid", payment: evidence.payment };
    },
    because: ({ status }) => `status ${status} with a paid order`,
    source: "woocommerce e2e checkout-helpers.js: payment_status and charges disagree, so either counts",
  },
  {
    name: "the bank did not say",
    when: ({ codes }) => codes.some((code) => rowOf(code)?.treatment === "inquire"),
    verdict: unknown,
    because: (answer) => `status ${answer.status}: the bank gave no clear answer (${codeOf(answer)})`,
    source: "codes timeout, communication_error, general_error of the hosted checkout's front end",
  },
  {
    name: "the charge waits",
    when: ({ evidence }) => evidence.shows === "pending",
    verdict: ({ evidence, orderId }) => {
      assert(evidence.shows === "pending" && orderId !== null);
      return { kind: "pending", orderId, chargeId: evidence.chargeId, ...(evidence.page && { link: evidence.page }) };
    },
    because: ({ status }) => `status ${status}: the charge is pending, under review, or waits for the customer`,
    source: "captured answers: pending_payment with next_action and charges null",
  },
  {
    name: "our charge was declined",
    when: ({ evidence }) => evidence.shows === "declined",
    verdict: declined,
    because: (answer) => `status ${answer.status} with a declined charge (${codeOf(answer)})`,
    source: "error.data, developers.conekta.com/reference/errores; conekta-go charge_test.go",
  },
  {
    name: "a known code of the card",
    when: ({ status, meaning }) => isRefusal(status) && meaning?.treatment === "decline",
    verdict: declined,
    because: (answer) => `status ${answer.status}: the card was declined (${codeOf(answer)})`,
    source: "declines.ts, a source per code",
  },
  {
    name: "a known code of our data",
    when: ({ status, meaning }) => isRefusal(status) && meaning?.treatment === "refuse",
    verdict: refused,
    because: (answer) => `status ${answer.status}: our request was refused (${codeOf(answer)})`,
    source: "declines.ts, a source per code; processing.tokenization.used comes as 402",
  },
  {
    name: "the key is not accepted",
    when: ({ status }) => status === 401 || status === 403,
    verdict: () => ({ kind: "not_sent", unauthorized: true }),
    because: ({ status }) => `status ${status}: Conekta does not accept the key`,
    source: "authentication.missing_key, forbidden.authentication.* in the specification",
  },
  {
    name: "too many calls",
    when: ({ status, error }) => status === 429 && error !== null,
    verdict: ({ retryAfterMs }) => ({
      kind: "not_sent",
      unauthorized: false,
      ...(retryAfterMs !== null && { retryAfterMs }),
    }),
    because: () => "status 429 with Conekta's error body: too many calls, this one was not processed",
    source: "undocumented; a proxy's 429 is not Conekta's word",
  },
  {
    name: "our data is wrong",
    when: ({ status, error }) => error !== null && [400, 404, 409, 422].includes(status),
    verdict: refused,
    because: (answer) => `status ${answer.status}: our request was refused (${codeOf(answer)})`,
    source: "parameter_validation_error, resource_not_found_error, malformed_request_error, conflict_error",
  },
  {
    name: "anything else",
    when: () => true,
    verdict: unknown,
    because: (answer) => `status ${answer.status}: ${whyUnclear(answer)}`,
    source: "the default: what is not understood may have moved money",
  },
];

export function classify(reply: Reply, asked: Asked): Outcome {
  if (reply.kind === "not-sent")
    return { kind: "not_sent", unauthorized: false, trace: { httpStatus: null, logId: null, because: reply.because } };
  if (reply.kind === "no-answer")
    return {
      kind: "unknown",
      orderId: asked.orderId,
      trace: { httpStatus: reply.status, logId: null, because: reply.because },
    };
  const answer = answerOf(reply, asked);
  const row = ROWS.find((candidate) => candidate.when(answer)) as Row;
  return {
    ...row.verdict(answer),
    trace: { httpStatus: answer.status, logId: answer.error?.logId ?? null, because: row.because(answer) },
  };
}

function unknown({ orderId }: Answer): Verdict {
  return { kind: "unknown", orderId };
}

function declined(answer: Answer): Verdict {
  const charge = answer.evidence.shows === "declined" ? answer.evidence.charge : null;
  return {
    kind: "declined",
    decline: declineOf(answer.meaning, charge, firstDetail(answer)),
    orderId: answer.orderId,
    chargeId: charge?.id ?? null,
    ...(charge && { card: cardOf(charge) }),
  };
}

function refused(answer: Answer): Verdict {
  const detail = firstDetail(answer);
  return { kind: "refused", failureCode: detail?.code ?? null, failureMessage: detail?.message ?? null };
}

function firstDetail({ error }: Answer): WireErrorDetail | null {
  return error?.details.find(({ code }) => code !== null && rowOf(code) !== null) ?? error?.details[0] ?? null;
}

function codeOf({ codes, meaning }: Answer): string {
  const code = codes.find((candidate) => rowOf(candidate) === meaning);
  if (code === undefined) return "no code";
  return /^[\w.]{1,120}$/.test(code) ? code : "an unreadable code";
}

function whyUnclear({ body, evidence, codes }: Answer): string {
  if (body.kind === "unreadable") return body.because;
  if (evidence.shows === "unclear") return evidence.because;
  if (evidence.shows === "ended") return `the charge is already ${evidence.status}`;
  if (evidence.shows === "lapsed") return `the payment page is already ${evidence.status}`;
  if (body.kind === "error") return codes.length === 0 ? "an error without a code" : "an error that we do not know";
  return "an order or charge that shows nothing of our attempt";
}

/** A server that failed has its own row, above. */
function isRefusal(status: number): boolean {
  return status >= 400;
}
