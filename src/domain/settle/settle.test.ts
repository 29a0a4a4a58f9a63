import { describe, expect, test } from "@jest/globals";
import {
  ATTEMPT_MOVES,
  ATTEMPT_STATES,
  isOpen,
  type AttemptFacts,
  type AttemptState,
  type Evidence,
  type Payment,
  type Trace,
} from "../attempt.ts";
import { ATTEMPT_FLOWS, isPageFlow } from "../ways-to-pay.ts";
import { DECLINE_CLASSES, type DeclineClass } from "../decline.ts";
import { INVOICE_MOVES, INVOICE_STATUSES, STATUS_REASONS, type InvoiceStatus, type StatusReason } from "../invoice.ts";
import type { InvoiceChange } from "../invoice-transition.ts";
import { differencesFrom } from "./settle-payment.ts";
import { settle } from "./settle.ts";
import type { DunningStep } from "../dunning/dunning.ts";
import type { LinkEnd } from "../payment-link.ts";
import { eventsOf, type InvoiceFacts, type Settlement, type SettleRules } from "./settlement.ts";
import { MINUTE_MS } from "../duration.ts";

const SENT_AT = new Date("2026-01-31T15:00:00Z");
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", MINUTE_MS],
  ["s", 1000],
] as const;
const TRACE: Trace = { httpStatus: 200, logId: "log1", because: "said the test" };

const RULES: SettleRules = {
  now: SENT_AT,
  policy: {
    name: "standard",
    retryAfterDays: [1, 3],
    payday: false,
    retryAt: null,
    tryAgainAfterMinutes: [60, 60],
    unrecognizedAfterDays: 1,
    windowDays: 45,
    waitForCardDays: 14,
    paymentLink: null,
    graceDays: 0,
    finalAction: "unpaid",
    laterCycles: "collect_in_order",
    onChargeback: "hold",
    cardExpiringDays: [],
  },
  calendar: { isBankHoliday: () => false },
  inquiries: {
    offsetsMs: [15_000, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS],
    rechargeQuietMs: 900_000,
  },
  backoffMs: MINUTE_MS,
  jitter: 0,
  livemode: false,
};

const PAYMENT: Payment = {
  orderId: "ord_own",
  chargeId: "chr_own",
  amountCents: 20015,
  currency: "MXN",
  customerId: "cus_1",
  livemode: false,
  paidAt: new Date("2026-01-31T15:00:02Z"),
  feeCents: 800,
  authCode: "867667",
  cardBrand: "visa",
  cardLast4: "4242",
  paymentMethod: "card",
};

const paid = (difference: Partial<Payment> = {}): Evidence => ({
  kind: "paid",
  payment: { ...PAYMENT, ...difference },
  trace: TRACE,
});
const declined = (declineClass: DeclineClass, ids: { orderId?: string; chargeId?: string } = {}): Evidence => ({
  kind: "declined",
  decline: { declineClass, failureCode: "a_code", failureMessage: null },
  orderId: ids.orderId ?? "ord_own",
  chargeId: ids.chargeId ?? "chr_own",
  trace: TRACE,
});

/** Everything that can be learned, by the name the tables below use. */
const EVIDENCE = {
  paid: paid(),
  "paid, order only": paid({ chargeId: null, paidAt: null, customerId: null }),
  "paid 1 cent": paid({ amountCents: 1 }),
  "paid USD": paid({ currency: "USD" }),
  "paid mxn": paid({ currency: "mxn" }),
  "paid by cus_2": paid({ customerId: "cus_2" }),
  "paid live": paid({ livemode: true }),
  "paid, other's charge": paid({ chargeId: "chr_taken" }),
  "paid, other's order": paid({ orderId: "ord_taken" }),
  ...Object.fromEntries(DECLINE_CLASSES.map((each) => [each, declined(each)])),
  "decline, other's charge": declined("retry_later", { chargeId: "chr_taken" }),
  "decline, other's order": declined("never_again", { orderId: "ord_taken" }),
  over: {
    kind: "declined",
    decline: { declineClass: "customer_action", failureCode: "canceled", failureMessage: null },
    orderId: "ord_own",
    chargeId: null,
    orderIsOver: true,
    trace: TRACE,
  },
  "charge and order over": { ...declined("customer_action"), orderIsOver: true } as Evidence,
  "not_sent, order over": { kind: "not_sent", unauthorized: false, orderIsOver: true, trace: TRACE },
  pending: { kind: "pending", orderId: "ord_own", chargeId: "chr_own", trace: TRACE },
  "pending, wait over": { kind: "pending", orderId: "ord_own", chargeId: "chr_own", trace: TRACE, waitIsOver: true },
  "page open": {
    kind: "pending",
    orderId: "ord_own",
    chargeId: null,
    link: { url: "https://pay.conekta.com/checkout/1", expiresAt: new Date(SENT_AT.getTime() + 5 * 86_400_000) },
    trace: TRACE,
  },
  lapsed: { kind: "lapsed", orderId: "ord_own", trace: TRACE },
  "pending, other's order": { kind: "pending", orderId: "ord_taken", chargeId: null, trace: TRACE },
  refused: { kind: "refused", failureCode: "422", failureMessage: "name is too short", trace: TRACE },
  not_sent: { kind: "not_sent", unauthorized: false, trace: TRACE },
  "not_sent, 401": { kind: "not_sent", unauthorized: true, trace: TRACE },
  unknown: { kind: "unknown", orderId: null, trace: TRACE },
  "unknown, order seen": { kind: "unknown", orderId: "ord_own", trace: TRACE },
  "unknown, other's order": { kind: "unknown", orderId: "ord_taken", trace: TRACE },
  absent: { kind: "absent", trace: TRACE },
  unclear: { kind: "unclear", trace: TRACE },
  "absent, wait over": { kind: "absent", trace: TRACE, waitIsOver: true },
  "unclear, wait over": { kind: "unclear", trace: TRACE, waitIsOver: true },
  lease_expired: { kind: "lease_expired" },
  released: { kind: "released" },
} satisfies Record<string, Evidence>;

function evidenceOf(name: string): Evidence {
  const evidence = (EVIDENCE as Record<string, Evidence>)[name];
  if (evidence === undefined) throw new Error(`no evidence is called ${name}`);
  return evidence;
}

const LIFE = `
# attempt                     | invoice                            | evidence                | after   | attempt          | invoice                                   | next step   | event                  | because
  sending                     | open                               | paid                    | 2s      | paid             | paid                                      |             | invoice.paid           | the answer came
  sending                     | open                               | paid, order only        | 2s      | paid             | paid                                      |             | invoice.paid           | an order may say paid alone
  sending                     | open                               | paid mxn                | 2s      | paid             | paid                                      |             | invoice.paid           | codes differ in case only

# A decline: dunning decides, and counts.
  sending                     | open                               | retry_later             | 2s      | declined         | open declines=1                           | try 1d 2s   | invoice.payment_failed | a day after the first
  sending                     | open declines=1                    | retry_later             | 2s      | declined         | open declines=2                           | try 3d 2s   | invoice.payment_failed | 3 after the second
  sending                     | open declines=2                    | retry_later             | 2s      | declined         | open declines=3                           | wait_for_card 14d 2s | invoice.payment_failed | two waits were allowed
  sending                     | open faults=3                      | retry_later             | 2s      | declined         | open declines=1                           | try 1d 2s   | invoice.payment_failed | the gateway is back: its faults are forgotten
  sending                     | open                               | try_again_soon          | 2s      | declined         | open declines=1                           | try 1h 2s   | invoice.payment_failed | a bank's fault passes in an hour
  sending                     | open                               | new_card                | 2s      | declined         | open declines=1                           | wait_for_card 14d 2s | invoice.payment_failed | an expired card never pays
  sending                     | open                               | customer_action         | 2s      | declined         | open declines=1                           | wait_for_card 14d 2s | invoice.payment_failed | the customer must act first
  sending                     | open                               | never_again             | 2s      | declined         | open declines=1                           | wait_for_card 14d 2s | invoice.payment_failed | a stolen card is not tried twice
  sending                     | open                               | our_fault               | 2s      | declined         | held our_fault declines=1                 |             | invoice.held           | the customer is not to blame
  sending                     | open                               | unrecognized            | 2s      | declined         | open declines=1                           | try 1d 2s   | invoice.payment_failed | a code nobody has seen may pass
  sending                     | open declines=1                    | unrecognized            | 2s      | declined         | open declines=2                           | wait_for_card 14d 2s | invoice.payment_failed | once only

# Nothing left, or nothing that could be accepted.
  sending                     | open                               | not_sent                | 0s      | not_sent         | open faults=1                             | try 30s     | attempt.not_sent       | half the wait, by the jitter
  sending                     | open faults=1                      | not_sent                | 0s      | not_sent         | open faults=2                             | try 1m      | attempt.not_sent       | the wait doubles
  sending                     | open faults=6                      | not_sent                | 0s      | not_sent         | open faults=7                             | try 30m     | attempt.not_sent       | up to an hour
  sending                     | open faults=999                    | not_sent                | 0s      | not_sent         | open faults=1000                          | try 30m     | attempt.not_sent       | and never beyond
  sending                     | open declines=1                    | not_sent, 401           | 0s      | not_sent         | open declines=1 faults=1                  | try 30s     | attempt.not_sent       | dunning does not count it
  claimed                     | open                               | not_sent                | 0s      | not_sent         | open faults=1                             | try 30s     | attempt.not_sent       | the order could not be opened
  sending                     | open                               | refused                 | 2s      | refused          | held refused                              |             | invoice.held           | our request is wrong, and would be again
  claimed                     | open                               | refused                 | 2s      | refused          | held refused                              |             | invoice.held           | so is the order's

# Silence.
  sending                     | open                               | unknown                 | 0s      | unknown          | open                                      | look 15s    | attempt.unknown        | money may have moved
  sending                     | open                               | unknown                 | 30s     | unknown          | open                                      | look 1m     | attempt.unknown        | inquiries count from sending
  sending                     | open                               | unknown                 | 3d      | unknown          | open                                      | look 3d     | attempt.unknown        | missed inquiries merge into one, now
  sending                     | open                               | lease_expired           | 2m      | unknown          | open                                      | look 5m     | attempt.unknown        | its process died: never back to claimed
  claimed                     | open                               | lease_expired           | 2m      | released         | open                                      | try 2m      | attempt.released       | no byte of it has left
  claimed                     | open                               | released                | 1s      | released         | open                                      | try 1s      | attempt.released       | its owner stops
  sending                     | open                               | pending                 | 2s      | pending          | open                                      | look 15s    | attempt.pending        | under review

# Looks.
  unknown                     | open                               | paid                    | 15s     | paid             | paid                                      |             | invoice.paid           | only the answer was lost
  unknown                     | open                               | retry_later             | 15s     | declined         | open declines=1                           | try 1d 15s  | invoice.payment_failed | a decline, found late
  unknown                     | open                               | pending                 | 15s     | pending          | open                                      | look 1m     | attempt.pending        | found, and still waiting
  unknown                     | open                               | absent                  | 15s     | unknown inquiries=1  | open                                      | look 1m     | attempt.inquiry_made     | reads lag
  unknown                     | open                               | unclear                 | 15s     | unknown inquiries=1  | open                                      | look 1m     | attempt.inquiry_made     | it was an inquiry
  unknown inquiries=4             | open                               | absent                  | 2h      | unknown inquiries=5  | held unknown_outcome                      |             | invoice.held           | not found is never proof: a person decides
  unknown inquiries=4             | open                               | unclear                 | 2h      | unknown inquiries=5  | held unknown_outcome                      |             | invoice.held           | nobody could tell
  unknown                     | open                               | absent                  | 3d      | unknown inquiries=1  | open                                      | look 3d 15s | attempt.inquiry_made     | never fewer than two inquiries, a while apart
  unknown inquiries=1             | open                               | absent                  | 3d      | unknown inquiries=2  | held unknown_outcome                      |             | invoice.held           | the second was the last
  pending                     | open                               | absent                  | 15s     | pending inquiries=1  | open                                      | look 1m     | attempt.pending        | it was seen before: a lagging read
  pending inquiries=9             | open                               | absent, wait over       | 3d 1h   | unknown inquiries=10 | held unknown_outcome                      |             | invoice.held           | nothing to wait for, nothing to see: a person looks
  pending inquiries=9             | open void=canceled                 | unclear, wait over      | 3d 1h   | unknown inquiries=10 | held unknown_outcome                      |             | invoice.held           | nor where nobody can tell
  order_first pending inquiries=9 | open                               | absent, wait over       | 3d 1h   | unknown inquiries=10 | held unknown_outcome                      |             | invoice.held           | it was seen once: not found is no proof by itself
  pending                     | open                               | absent, wait over       | 3d 1h   | pending inquiries=1  | open                                      | look 4d 1h  | attempt.pending        | nobody is asked after one inquiry
  pending inquiries=1             | open                               | absent, wait over       | 3d 1h   | unknown inquiries=2  | held unknown_outcome                      |             | invoice.held           | two are enough
  pending inquiries=9             | paid other-paid                    | absent, wait over       | 3d 1h   | unknown inquiries=10 | paid                                      |             | attempt.unknown        | it is paid: nobody has to look
  unknown inquiries=1             | open                               | absent, wait over       | 15s     | unknown inquiries=2  | open                                      | look 1m     | attempt.inquiry_made     | which never waited: as any inquiry
  pending inquiries=9             | open                               | pending                 | 2d      | pending inquiries=10 | open                                      | look 3d     | attempt.pending        | after the schedule, daily
  pending inquiries=9         | open                               | pending, wait over      | 6d 1h   | pending inquiries=10 | held unknown_outcome                      | look 7d 1h  | invoice.held           | it never ends: a person looks, and it is asked about on
  pending                     | open                               | pending, wait over      | 6d 1h   | pending inquiries=1  | open                                      | look 7d 1h  | attempt.pending        | nobody is asked after one inquiry
  pending inquiries=1         | open                               | pending, wait over      | 6d 1h   | pending inquiries=2  | held unknown_outcome                      | look 7d 1h  | invoice.held           | two are enough
  pending inquiries=9         | held unknown_outcome               | pending, wait over      | 7d 1h   | pending inquiries=10 | held unknown_outcome                      | look 8d 1h  | attempt.pending        | held already, and told once
  pending inquiries=9         | held unknown_outcome               | retry_later             | 7d 1h   | declined inquiries=9 | open declines=1                          | try 8d 1h   | invoice.payment_failed | it ended after all: dunning goes on
  pending inquiries=9         | paid other-paid                    | pending, wait over      | 6d 1h   | pending inquiries=10 | paid                                      | look 7d 1h  | attempt.pending        | it is paid: nobody has to look
  pending                     | open                               | paid                    | 2d      | paid             | paid                                      |             | invoice.paid           | the customer has answered the bank

# order_first: the same order is charged again under the gateway's own guard.
  order_first unknown         | open                               | absent                  | 20m     | unknown inquiries=1  | open                                      | look 30m    | attempt.inquiry_made     | one inquiry is not enough
  order_first unknown inquiries=1 | open                               | absent                  | 14m 59s | unknown inquiries=2  | open                                      | look 30m    | attempt.inquiry_made     | too early: it could still arrive
  order_first unknown inquiries=1 | open                               | absent                  | 15m     | not_sent inquiries=2 | open faults=1                             | try 15m 30s | attempt.not_sent       | two inquiries, and quiet
  order_first unknown inquiries=1 | open                               | unclear                 | 15m     | unknown inquiries=2  | open                                      | look 30m    | attempt.inquiry_made     | what was not understood shows nothing
  order_first unknown inquiries=1 | held unknown_outcome               | absent                  | 3d      | not_sent inquiries=2 | open faults=1                             | try 3d 30s  | attempt.not_sent       | the riddle is solved

# A held riddle whose outcome becomes visible, or which a person answers.
  unknown                     | held unknown_outcome               | paid                    | 9d      | paid             | paid                                      |             | invoice.paid           | money pays, however late
  unknown                     | held unknown_outcome               | retry_later             | 9d      | declined         | open declines=1                           | try 10d     | invoice.payment_failed | it was a decline
  unknown                     | held unknown_outcome               | pending                 | 9d      | pending          | open                                      | look 10d    | attempt.pending        | it is visible again
  unknown                     | held unknown_outcome               | not_sent                | 9d      | not_sent         | open faults=1                             | try 9d 30s  | attempt.not_sent       | a person says so
  unknown inquiries=7             | held unknown_outcome               | absent                  | 9d      | unknown inquiries=8  | held unknown_outcome                      |             | attempt.inquiry_made     | asked once more

# The answer does not agree with what we asked.
  sending                     | open                               | paid 1 cent             | 2s      | unknown          | held answer_differs                       |             | invoice.held           | another amount is another charge
  sending                     | open                               | paid USD                | 2s      | unknown          | held answer_differs                       |             | invoice.held           | another currency
  sending                     | open                               | paid by cus_2           | 2s      | unknown          | held answer_differs                       |             | invoice.held           | another customer
  sending                     | open                               | paid live               | 2s      | unknown          | held answer_differs                       |             | invoice.held           | another mode
  unknown                     | open                               | paid, other's charge    | 15s     | unknown          | held answer_differs                       |             | invoice.held           | one charge cannot pay two attempts
  declined                    | void canceled                      | paid 1 cent             | 9d      | unknown          | held answer_differs                       |             | invoice.held           | money moved all the same
  declined                    | uncollectible attempts_used_up     | paid 1 cent             | 9d      | unknown          | held answer_differs                       |             | invoice.held           | money moved all the same
  sending                     | open other-open                    | paid 1 cent             | 2s      | unknown          | held answer_differs                       |             | invoice.held           | its own answer: a person looks, whatever else is under way
  declined                    | open other-open                    | paid 1 cent             | 9d      | paid_again       | open                                      |             | attempt.paid_again     | a later try is under way: this money is to be given back
  declined                    | open other-open                    | paid, other's charge    | 9d      | -                | -                                         | -           | -                      | another attempt's money, booked there
  unknown                     | held answer_differs                | paid                    | 9d      | paid             | paid                                      |             | invoice.paid           | the read that differed was wrong
  unknown                     | held answer_differs                | retry_later             | 9d      | -                | -                                         | -           | -                      | a decline does not undo money that was seen
  unknown                     | held answer_differs                | absent                  | 9d      | -                | -                                         | -           | -                      | neither does an empty list
  order_first unknown inquiries=5 | held answer_differs                | absent                  | 9d      | -                | -                                         | -           | -                      | nor where not found may be believed
  unknown                     | held answer_differs                | not_sent                | 9d      | not_sent         | open faults=1                             | try 9d 30s  | attempt.not_sent       | a person decided

# A decline or a wait of somebody else's charge settles nothing.
  sending                     | open                               | decline, other's charge | 2s      | unknown          | open                                      | look 15s    | attempt.unknown        | not this attempt's charge
  unknown                     | open                               | decline, other's order  | 15s     | unknown inquiries=1  | open                                      | look 1m     | attempt.inquiry_made     | not this attempt's order
  sending                     | open                               | pending, other's order  | 2s      | unknown          | open                                      | look 15s    | attempt.unknown        | not this attempt's order
  pending                     | open                               | pending, other's order  | 15s     | pending inquiries=1  | open                                      | look 1m     | attempt.pending        | it was an inquiry
  pending inquiries=9             | open                               | decline, other's order  | 2d      | pending inquiries=10 | open                                      | look 3d     | attempt.pending        | its own wait is not over: it is asked about on

# Late news.
  declined                    | open declines=1                    | paid                    | 1h      | paid             | paid declines=1                           |             | invoice.paid           | I5: money is booked
  refused                     | held refused                       | paid                    | 1h      | paid             | paid                                      |             | invoice.paid           | money is booked
  not_sent                    | open faults=1                      | paid                    | 1h      | paid             | paid                                      |             | invoice.paid           | money is booked
  released                    | open                               | paid                    | 1h      | paid             | paid                                      |             | invoice.paid           | money is booked
  declined                    | void canceled                      | paid                    | 1h      | paid             | paid                                      |             | invoice.paid           | from every invoice state
  declined                    | uncollectible attempts_used_up     | paid                    | 1h      | paid             | paid                                      |             | invoice.paid           | from every invoice state
  unknown                     | paid other-paid                    | paid                    | 1h      | paid_again       | paid                                      |             | attempt.paid_again     | two payments: one is given back
  unknown                     | open other-paid                    | paid                    | 9d      | paid_again       | open                                      |             | attempt.paid_again     | whatever the invoice says, one payment pays it
  sending                     | paid                               | paid                    | 2s      | paid_again       | paid                                      |             | attempt.paid_again     | a person had marked it paid
  sending                     | paid other-paid                    | retry_later             | 2s      | declined         | paid declines=1                           |             | attempt.declined       | a late decline never overwrites paid
  sending                     | paid other-paid                    | refused                 | 2s      | refused          | paid                                      |             | attempt.refused        | nothing to hold: it is paid
  sending                     | paid other-paid                    | not_sent                | 2s      | not_sent         | paid                                      |             | attempt.not_sent       | nothing to try again
  claimed                     | paid other-paid                    | released                | 2s      | released         | paid                                      |             | attempt.released       | nothing is due
  claimed                     | held answer_differs                | released                | 2s      | released         | held answer_differs                       |             | attempt.released       | a hold stays a hold
  declined                    | paid other-paid                    | paid 1 cent             | 1h      | unknown          | paid                                      |             | attempt.unknown        | paid stays; the attempt is shown
  paid                        | paid                               | retry_later             | 1h      | -                | -                                         | -           | -                      | paid absorbs
  paid                        | paid                               | paid                    | 1h      | -                | -                                         | -           | -                      | told twice
  paid_again                  | paid other-paid                    | paid                    | 1h      | -                | -                                         | -           | -                      | told twice
  declined                    | open declines=1                    | retry_later             | 1h      | -                | -                                         | -           | -                      | told twice: counted once
  declined                    | open declines=1                    | absent                  | 1h      | -                | -                                         | -           | -                      | a try that has ended
  not_sent                    | open faults=1                      | lease_expired           | 1h      | -                | -                                         | -           | -                      | a try that has ended
  unknown                     | open                               | unknown                 | 15s     | -                | -                                         | -           | -                      | it teaches nothing new
  unknown                     | open                               | lease_expired           | 2m      | -                | -                                         | -           | -                      | known already
  unknown                     | open                               | refused                 | 2m      | -                | -                                         | -           | -                      | the answer came after we gave up on it: the inquiries decide
  pending                     | open                               | not_sent                | 2m      | -                | -                                         | -           | -                      | it was seen at the gateway
  sending                     | open                               | released                | 2m      | -                | -                                         | -           | -                      | what may have left cannot be given back
  sending                     | open                               | absent                  | 2m      | -                | -                                         | -           | -                      | its answer is still awaited
  claimed                     | open                               | retry_later             | 2s      | -                | -                                         | -           | -                      | nothing was sent that could be declined
  claimed                     | open                               | pending                 | 2s      | -                | -                                         | -           | -                      | nothing was sent that could wait

# A payment link: an attempt that waits for the customer.
  link sending                | open step=payment_link             | page open               | 2s      | pending          | open                                      | payment_link, look 1d 2s | invoice.payment_link_created | the customer can pay
  link sending                | open step=payment_link declines=1  | refused                 | 2s      | refused          | open declines=1                           | wait_for_card 14d 2s | attempt.refused | no page is made: dunning goes on without it
  link sending                | open step=payment_link             | not_sent                | 0s      | not_sent         | open faults=1                             | payment_link 30s | attempt.not_sent | the link is made another time, the card is left alone
  link sending                | open step=payment_link             | unknown                 | 0s      | unknown          | open                                      | payment_link, look 15s | attempt.unknown   | the page may exist
  link claimed                | open step=payment_link             | released                | 1s      | released         | open                                      | payment_link 1s | attempt.released  | nothing was asked for
  link unknown                | open step=payment_link             | page open               | 15s     | pending          | open                                      | payment_link, look 1d 15s | invoice.payment_link_created | found
  link unknown                | open step=payment_link             | pending                 | 15s     | unknown inquiries=1  | open                                      | payment_link, look 1m | attempt.inquiry_made | its page cannot be told yet
  link pending                | open step=payment_link             | pending                 | 2d      | pending inquiries=1  | open                                      | payment_link, look 3d | attempt.pending   | its page was told before
  link pending                | held unknown_outcome               | pending                 | 2d      | pending inquiries=1  | open                                      | look 3d     | attempt.pending        | it is visible, and no riddle any more
  link unknown inquiries=1        | open step=payment_link             | absent                  | 15m     | not_sent inquiries=2 | open faults=1                             | payment_link 15m 30s | attempt.not_sent | nobody was told its address
  link unknown inquiries=1        | open step=payment_link             | absent                  | 14m     | unknown inquiries=2  | open                                      | payment_link, look 30m | attempt.inquiry_made | too early
  link pending inquiries=9        | open step=payment_link             | page open               | 4d      | pending inquiries=10 | open                                      | payment_link, look 5d | attempt.pending       | daily
  link pending inquiries=9        | open step=payment_link             | page open               | 4d 1h   | pending inquiries=10 | open                                      | payment_link, look 5d 1m | attempt.pending    | and once it has expired
  link pending                | open step=payment_link             | paid                    | 2d      | paid             | paid                                      |             | invoice.paid           | in cash, by transfer or by card
  link pending told           | open step=payment_link             | retry_later             | 2d      | pending inquiries=1  | open                                      | payment_link, look 3d | attempt.pending   | a card was declined on the page, which stays open
  link pending told           | open step=payment_link             | absent                  | 2d      | pending inquiries=1  | open                                      | payment_link, look 3d | attempt.pending   | not found is no proof: the customer has its address
  link pending told inquiries=9   | open step=payment_link             | absent                  | 9d      | unknown inquiries=10 | held unknown_outcome                      |             | invoice.held           | long over, and nothing to see: a person looks
  link unknown told inquiries=6   | open step=payment_link             | absent                  | 9d      | unknown inquiries=7  | held unknown_outcome                      |             | invoice.held           | nor is it proof then
  link pending                | open step=payment_link declines=3  | lapsed                  | 5d 1m   | lapsed           | open declines=3                           | wait_for_card 19d 1m | invoice.payment_link_lapsed | a person's, under a policy without links: dunning goes on
  link pending end=new_card   | open step=payment_link declines=3  | lapsed                  | 1d      | lapsed           | open declines=3                           | try 1d      | invoice.payment_link_lapsed | closed for a new card, which is tried
  link pending end=person     | open step=payment_link declines=3  | lapsed                  | 1d      | lapsed           | open declines=3                           | wait_for_card 15d | invoice.payment_link_lapsed | a person closed it: dunning is not at its end
  link pending end=new_card   | open step=payment_link             | page open               | 2h      | pending inquiries=1  | open                                      | payment_link, look 3h | attempt.pending        | cash may be out: asked again hourly
  link pending end=new_card   | open step=payment_link             | page open               | 5m      | pending inquiries=1  | open                                      | payment_link, look 6m | attempt.pending        | reads lag: asked again soon
  link sending end=new_card   | open step=payment_link             | page open               | 2s      | pending          | open                                      | payment_link, look 1m 2s | invoice.payment_link_created | a card came while it was made: it is closed
  link sending end=new_card   | open step=payment_link             | not_sent                | 2s      | not_sent         | open                                      | try 2s      | attempt.not_sent       | it was not made, and the card is there
  link claimed end=new_card   | open step=payment_link             | released                | 2s      | released         | open                                      | try 2s      | attempt.released       | nothing was asked for, and the card is there
  link claimed end=new_card   | held answer_differs                | released                | 2s      | released         | held answer_differs                       |             | attempt.released       | a hold stays a hold, whatever card came
  link claimed end=new_card   | paid other-paid                    | released                | 2s      | released         | paid                                      |             | attempt.released       | it is paid: no card is tried
  link pending end=voided     | open step=payment_link void=canceled | lapsed                | 1d      | lapsed           | void canceled                             |             | invoice.voided         | nothing is owed any more
  link lapsed                 | uncollectible link_not_paid        | paid                    | 9d      | paid             | paid                                      |             | invoice.paid           | cash that arrives late pays all the same
  link lapsed                 | paid other-paid                    | paid                    | 9d      | paid_again       | paid                                      |             | attempt.paid_again     | both paid: one is given back
  link pending                | paid other-paid                    | lapsed                  | 5d      | lapsed           | paid                                      |             | invoice.payment_link_lapsed | the card paid, late
  sending                     | open                               | lapsed                  | 2s      | -                | -                                         | -           | -                      | only a link can lapse
  link lapsed                 | uncollectible link_not_paid        | lapsed                  | 9d      | -                | -                                         | -           | -                      | told twice

# Another card by the time of the decline: it is tried at once.
  sending                     | open other-card                    | new_card                | 2s      | declined         | open declines=1                           | try 2s      | invoice.payment_failed | what was declined is not the default any more
  sending                     | open other-card                    | retry_later             | 2s      | declined         | open declines=1                           | try 2s      | invoice.payment_failed | a new card, a new chance
  sending                     | open other-card                    | never_again             | 2s      | declined         | open declines=1                           | try 2s               | invoice.payment_failed | another card is not the stolen one

# Canceled while a charge was under way.
  sending                     | open void=canceled                 | paid                    | 2s      | paid             | paid                                      |             | invoice.paid           | money is booked
  sending                     | open void=canceled                 | retry_later             | 2s      | declined         | void canceled declines=1                  |             | invoice.voided         | no dunning for it
  sending                     | open void=canceled                 | not_sent                | 2s      | not_sent         | void canceled                             |             | invoice.voided         | not tried again
  sending                     | open void=canceled                 | refused                 | 2s      | refused          | void canceled                             |             | invoice.voided         | nobody asks
  claimed                     | open void=canceled                 | released                | 2s      | released         | void canceled                             |             | invoice.voided         | it was not even sent
  sending                     | open void=canceled                 | unknown                 | 2s      | unknown          | open                                      | look 15s    | attempt.unknown        | first we must know
  order_first unknown inquiries=1 | held unknown_outcome void=canceled | absent                  | 3d      | not_sent inquiries=2 | void canceled                             |             | invoice.voided         | now we know
  sending                     | paid other-paid void=canceled      | retry_later             | 2s      | declined         | paid declines=1                           |             | attempt.declined       | paid is never void
`;

describe("the life of one charge", () => {
  test.each(rowsOf(LIFE))(
    "%s + %s + %s after %s → %s, %s %s (%s; %s)",
    (attempt, invoice, evidence, after, ...expected) => {
      const now = new Date(SENT_AT.getTime() + msOf(after));
      const settlement = settle(attemptOf(attempt), invoiceOf(invoice), evidenceOf(evidence), { ...RULES, now });
      expect(settlement === null ? ["-", "-", "-", "-"] : textsOf(settlement)).toEqual(expected.slice(0, 4));
    },
  );

  test.each([
    // invoice, events, because
    ["open", "invoice.paid", "as it should be"],
    [
      "open void=canceled",
      "invoice.paid invoice.paid_after_cancel",
      "the subscription was canceled while it was charged",
    ],
    ["void canceled", "invoice.paid invoice.paid_after_cancel", "it was void with the subscription"],
    ["void skipped", "invoice.paid", "no cancellation: its history says what it was"],
  ])("money for an invoice that is %s is told as %s (%s)", (invoice, events, _because) => {
    const settlement = settle(attemptOf("unknown"), invoiceOf(invoice), EVIDENCE.paid, RULES);
    expect(settlement && eventsOf(settlement).join(" ")).toBe(events);
  });

  test("what came over the wire is kept with the outcome", () => {
    const settlement = settle(attemptOf("sending"), invoiceOf("open"), EVIDENCE.paid, RULES);
    expect(settlement?.attempt).toMatchObject({ orderId: "ord_own", chargeId: "chr_own", payment: PAYMENT });
    expect(settlement?.attempt.trace).toEqual(TRACE);
    expect(settlement?.invoice.paidAt).toEqual(PAYMENT.paidAt);
  });

  test("an answer about another attempt's charge leaves its ids where they are", () => {
    for (const name of ["paid, other's charge", "paid, other's order", "unknown, other's order"])
      expect(settle(attemptOf("sending"), invoiceOf("open"), evidenceOf(name), RULES)?.attempt).toMatchObject({
        orderId: null,
        chargeId: null,
      });
    expect(
      settle(attemptOf("sending"), invoiceOf("open"), EVIDENCE["unknown, order seen"], RULES)?.attempt,
    ).toMatchObject({ orderId: "ord_own" });
  });

  test.each<[last4: string | null, now: string | null, isOther: boolean, because: string]>([
    ["4242", "4242", false, "what was declined is the default by now"],
    ["1111", "4242", true, "it is not"],
    [null, null, true, "the answer names no card, and the books know none"],
  ])("the card %p was declined, %p is the default: another card is tried at once: %p (%s)", (last4, now, isOther) => {
    const invoice = { ...invoiceOf("open other-card"), cardLast4Now: now };
    const evidence = { ...declined("new_card"), card: { brand: "visa", last4 } } as Evidence;
    const settlement = settle(attemptOf("sending"), invoice, evidence, RULES);
    expect(settlement?.invoice.nextAttemptAt !== null).toBe(isOther);
  });

  test.each<[before: string | null, shown: string | null, kept: string | null, because: string]>([
    [null, "chr_own", "chr_own", "its charge is shown"],
    ["chr_own", null, "chr_own", "it was shown before"],
    [null, null, null, "nobody has seen one"],
  ])("of a charge %p that waits, shown as %p, %p is kept (%s)", (chargeId, shown, kept) => {
    const evidence: Evidence = { kind: "pending", orderId: "ord_own", chargeId: shown, trace: TRACE };
    const settlement = settle({ ...attemptOf("unknown"), chargeId }, invoiceOf("open"), evidence, RULES);
    expect(settlement?.attempt).toMatchObject({ state: "pending", chargeId: kept });
  });

  test.each<[before: string | null, shown: string | null, kept: string | null, because: string]>([
    [null, "own", "own", "it is shown"],
    ["own", null, "own", "it was known before"],
  ])("of a decline the order and charge %p, shown as %p, are kept as %p (%s)", (before, shown, kept) => {
    const idsOf = (name: string | null) => ({
      ...{ orderId: name === null ? null : `ord_${name}`, chargeId: name === null ? null : `chr_${name}` },
    });
    const evidence = { ...declined("new_card"), ...idsOf(shown) } as Evidence;
    const settlement = settle({ ...attemptOf("unknown"), ...idsOf(before) }, invoiceOf("open"), evidence, RULES);
    expect(settlement?.attempt).toMatchObject({ state: "declined", ...idsOf(kept) });
  });

  test("an answer about another attempt's order shows nothing of this one, however often it was looked for", () => {
    const rules = { ...RULES, now: new Date(SENT_AT.getTime() + 20 * MINUTE_MS) };
    const seen = ["decline, other's order", "absent"].map((name) =>
      settle(attemptOf("order_first unknown inquiries=1"), invoiceOf("open"), evidenceOf(name), rules),
    );
    expect(seen.map((each) => each?.attempt.state)).toEqual(["unknown", "not_sent"]);
  });

  test("money to be given back, of a try that is over, leaves what a person asked for to the try under way", () => {
    const settlement = settle(attemptOf("declined"), invoiceOf("open other-open"), EVIDENCE["paid 1 cent"], RULES);
    expect(settlement?.attempt.state).toBe("paid_again");
    expect(settlement?.invoice.retryRequestedAt).toEqual(SENT_AT);
  });

  test("what is no page does not lapse", () => {
    const lapsed = { kind: "lapsed", orderId: "ord_own", trace: TRACE } as const;
    for (const state of ["pending", "unknown"])
      expect(settle(attemptOf(state), invoiceOf("open"), lapsed, RULES)).toBeNull();
  });

  test("an answer that differs says in one sentence what differs, and keeps the ids for whoever must look", () => {
    const settlement = settle(attemptOf("sending"), invoiceOf("open"), EVIDENCE["paid 1 cent"], RULES);
    expect(settlement?.attempt.trace?.because).toBe(
      "the gateway's answer differs from what we asked: amount 1 cents instead of 20015",
    );
    expect(settlement?.attempt).toMatchObject({ orderId: "ord_own", chargeId: "chr_own", settledAt: null });
  });
});

describe("I9: what of an answer is compared with the intent", () => {
  test.each<[string, Partial<Payment>, boolean | null, string[]]>([
    ["all agrees", {}, false, []],
    ["the mode is not known yet", { livemode: true }, null, []],
    ["the answer names no customer", { customerId: null }, false, []],
    ["a cent too much", { amountCents: 20016 }, false, ["amount 20016 cents instead of 20015"]],
    ["another currency", { currency: "USD" }, false, ["currency USD instead of MXN"]],
    ["another customer", { customerId: "cus_2" }, false, ["customer cus_2 instead of cus_1"]],
    ["a test charge on live books", { livemode: false }, true, ["test mode instead of live mode"]],
  ])("%s", (_because, difference, livemode, expected) => {
    expect(differencesFrom(attemptOf("sending"), { ...PAYMENT, ...difference }, livemode)).toEqual(expected);
  });
});

describe("an order that is over", () => {
  test.each<[string, string, string, string]>([
    // attempt, evidence, becomes, because
    ["order_first pending", "over", "declined, leaves", "cancelled after waiting for too long"],
    ["order_first pending", "charge and order over", "declined, leaves", "the customer let it pass"],
    [
      "order_first unknown inquiries=1",
      "charge and order over",
      "declined, leaves",
      "the lost answer was a charge that ended",
    ],
    ["order_first unknown inquiries=1", "over", "not_sent, leaves", "it was over before this try: no card has said no"],
    ["order_first unknown", "over", "unknown, keeps", "reads lag: one inquiry is not enough"],
    ["order_first sending", "not_sent, order over", "not_sent, leaves", "refused, and read again"],
    ["order_first sending", "retry_later", "declined, keeps", "the next try charges the same one"],
    ["order_first sending", "not_sent", "not_sent, keeps", "nothing is wrong with it"],
    ["unknown inquiries=1", "charge and order over", "declined, keeps", "single: each try makes its own"],
    ["order_first declined", "over", "nothing", "the next try finds out"],
  ])("%s, %s: %s (%s)", (attempt, evidence, becomes) => {
    const rules = { ...RULES, now: new Date(SENT_AT.getTime() + 20 * MINUTE_MS) };
    const settlement = settle(attemptOf(attempt), invoiceOf("open"), evidenceOf(evidence), rules);
    const order = settlement?.leavesOrder ? "leaves" : "keeps";
    expect(settlement === null ? "nothing" : `${settlement.attempt.state}, ${order}`).toBe(becomes);
  });
});

describe("the back-off after a fault", () => {
  test.each([
    // faults before, jitter, wait, because
    [0, 0, 30_000, "at least half of BACKOFF_MS"],
    [0, 0.999, 59_970, "at most all of it"],
    [1, 0.5, 90_000, "doubled"],
    [5, 0.5, 1_440_000, "32 minutes, doubled five times"],
    [6, 0.5, 2_700_000, "an hour is the most"],
    [5000, 0.999, 3_598_200, "and stays the most"],
  ])("fault %i with jitter %d waits %i ms (%s)", (faults, jitter, waitMs) => {
    const settlement = settle(attemptOf("sending"), invoiceOf(`open faults=${faults}`), EVIDENCE.not_sent, {
      ...RULES,
      jitter,
    });
    expect((settlement?.invoice.nextAttemptAt?.getTime() ?? 0) - RULES.now.getTime()).toBe(waitMs);
  });
});

// ---------------------------------------------------------------- whatever is true of every case

type Case = {
  readonly attempt: AttemptFacts;
  readonly invoice: InvoiceFacts;
  readonly evidence: Evidence;
  readonly rules: SettleRules;
};
type Reducer = (each: Case) => Settlement | null;

const real: Reducer = ({ attempt, invoice, evidence, rules }) => settle(attempt, invoice, evidence, rules);

/** Every attempt state × invoice state × evidence, before, in and after the schedule of inquiries. */
const CASES: readonly Case[] = [...casesOf()];

function* casesOf(): Generator<Case> {
  const invoices = [
    "open",
    "open declines=1",
    "open void=canceled",
    "open step=payment_link declines=1",
    "open step=retry declines=1 other-card",
    "held unknown_outcome",
    "held answer_differs",
    "held our_fault",
    "held unknown_outcome void=canceled",
    "void canceled",
    "uncollectible attempts_used_up",
    "paid",
    "paid other-paid",
    "paid other-paid void=canceled",
  ].map(invoiceOf);
  const attempts = ATTEMPT_STATES.flatMap((state) =>
    ATTEMPT_FLOWS.flatMap((flow) => [0, 1, 6].map((inquiries) => attemptOf(`${flow} ${state} inquiries=${inquiries}`))),
  );
  const times = ["2s", "16m", "3d"].map((after) => ({ ...RULES, now: new Date(SENT_AT.getTime() + msOf(after)) }));
  for (const attempt of attempts)
    for (const invoice of invoices)
      for (const evidence of Object.values(EVIDENCE))
        for (const rules of times) yield { attempt, invoice, evidence, rules };
}

type Claim = {
  readonly claim: string;
  /** True where the claim holds of this case. */
  readonly holds: (each: Case, settlement: Settlement | null) => boolean;
  /** A reducer with the fault this claim is there to find. */
  readonly brokenBy: Reducer;
};

const differs = (each: Case): boolean =>
  each.evidence.kind === "paid" &&
  (differencesFrom(each.attempt, each.evidence.payment, each.rules.livemode).length > 0 ||
    each.attempt.idsOfOthers.some((id) => JSON.stringify(each.evidence).includes(id)));
const mutated =
  (change: (each: Case, settlement: Settlement) => Settlement): Reducer =>
  (each) => {
    const settlement = real(each);
    return settlement && change(each, settlement);
  };
const reopen = mutated((_each, settlement) => ({
  ...settlement,
  invoice: { ...settlement.invoice, status: "open", statusReason: null },
}));
const ends = (state: AttemptState) =>
  mutated((_each, settlement) => ({
    ...settlement,
    attempt: { ...settlement.attempt, state, settledAt: SENT_AT, nextInquiryAt: null },
  }));

const CLAIMS: readonly Claim[] = [
  {
    claim: "every result is a move that the tables of moves allow",
    holds: ({ attempt, invoice }, settlement) =>
      settlement === null ||
      (ATTEMPT_MOVES[attempt.state].includes(settlement.attempt.state) &&
        INVOICE_MOVES[invoice.status].includes(settlement.invoice.status)),
    brokenBy: ends("claimed"),
  },
  {
    claim: "I5: nothing changes an attempt that has paid",
    holds: ({ attempt }, settlement) =>
      (attempt.state !== "paid" && attempt.state !== "paid_again") || settlement === null,
    brokenBy: (each) => real({ ...each, attempt: { ...each.attempt, state: "sending" } }),
  },
  {
    claim: "I5: nothing leads an invoice out of paid, or changes when it was paid",
    holds: ({ invoice }, settlement) =>
      invoice.status !== "paid" ||
      settlement === null ||
      (settlement.invoice.status === "paid" && settlement.invoice.paidAt === null),
    brokenBy: reopen,
  },
  {
    claim: "I6: money that agrees with the intent is always booked, and pays the invoice from every state",
    holds: (each, settlement) =>
      each.evidence.kind !== "paid" ||
      differs(each) ||
      ATTEMPT_MOVES[each.attempt.state].length === 0 ||
      (settlement !== null &&
        settlement.invoice.status === "paid" &&
        settlement.attempt.state === (each.invoice.status === "paid" ? "paid_again" : "paid") &&
        settlement.attempt.payment !== null),
    brokenBy: (each) => (isOpen(each.attempt.state) ? real(each) : null),
  },
  {
    claim:
      "I9: money that differs from the intent settles nothing, and is held at once; unless it is another's, and this has ended",
    holds: (each, settlement) =>
      !differs(each) ||
      (!isOpen(each.attempt.state) && each.attempt.idsOfOthers.length > 0 && settlement === null) ||
      ATTEMPT_MOVES[each.attempt.state].length === 0 ||
      (settlement?.attempt.state === "unknown" &&
        settlement.attempt.nextInquiryAt === null &&
        settlement.invoice.status === (each.invoice.status === "paid" ? "paid" : "held")),
    brokenBy: (each) => real(each.evidence.kind === "paid" ? { ...each, evidence: EVIDENCE.paid } : each),
  },
  {
    claim: "only money reopens an attempt that has ended",
    holds: ({ attempt, evidence }, settlement) =>
      isOpen(attempt.state) || evidence.kind === "paid" || settlement === null,
    brokenBy: (each) =>
      real(
        ATTEMPT_MOVES[each.attempt.state].length > 0
          ? { ...each, attempt: { ...each.attempt, state: "sending" } }
          : each,
      ),
  },
  {
    claim: "I4, I8: while the attempt stays open its invoice is not due, and no dunning step is taken",
    holds: ({ invoice }, settlement) =>
      settlement === null ||
      !isOpen(settlement.attempt.state) ||
      (settlement.invoice.nextAttemptAt === null &&
        settlement.invoice.declines === invoice.declines &&
        settlement.finalAction === null &&
        (settlement.invoice.status !== "uncollectible" || invoice.status === "uncollectible")),
    brokenBy: mutated(({ rules }, settlement) => ({
      ...settlement,
      invoice: { ...settlement.invoice, nextAttemptAt: rules.now },
    })),
  },
  {
    claim: "never silent: what stays uncertain has a next inquiry, or a person sees it",
    holds: (_each, settlement) =>
      settlement === null ||
      (settlement.attempt.state !== "unknown" && settlement.attempt.state !== "pending") ||
      settlement.attempt.nextInquiryAt !== null ||
      // needs_attention lists every unknown attempt
      (settlement.attempt.state === "unknown" &&
        ["held", "paid", "void", "uncollectible"].includes(settlement.invoice.status)),
    brokenBy: mutated((_each, settlement) => ({
      ...settlement,
      attempt: { ...settlement.attempt, nextInquiryAt: null },
    })),
  },
  {
    claim: "never forgotten: an invoice that is still open is due again, or waits until a date",
    holds: (_each, settlement) =>
      settlement === null ||
      isOpen(settlement.attempt.state) ||
      settlement.invoice.status !== "open" ||
      settlement.invoice.nextAttemptAt !== null ||
      settlement.invoice.dunningDueAt !== null,
    brokenBy: mutated((_each, settlement) => ({
      ...settlement,
      invoice: { ...settlement.invoice, nextAttemptAt: null, dunningDueAt: null },
    })),
  },
  {
    claim: "in the flow single, not finding a charge never ends an attempt",
    holds: ({ attempt, evidence }, settlement) =>
      attempt.flow !== "single" ||
      (evidence.kind !== "absent" && evidence.kind !== "unclear") ||
      settlement === null ||
      isOpen(settlement.attempt.state),
    brokenBy: (each) => real({ ...each, attempt: { ...each.attempt, flow: "order_first" } }),
  },
  {
    claim: "in the other flows it does so only after two inquiries, the later after the quiet time",
    holds: ({ attempt, evidence, rules }, settlement) =>
      attempt.flow === "single" ||
      evidence.kind !== "absent" ||
      settlement === null ||
      isOpen(settlement.attempt.state) ||
      (settlement.attempt.state === "not_sent" &&
        attempt.inquiries >= 1 &&
        rules.now.getTime() - SENT_AT.getTime() >= rules.inquiries.rechargeQuietMs),
    brokenBy: (each) => real({ ...each, rules: { ...each.rules, now: new Date(SENT_AT.getTime() + msOf("3d")) } }),
  },
  {
    claim: "nobody is asked to decide after fewer than two inquiries",
    holds: ({ attempt, invoice }, settlement) =>
      settlement?.invoice.statusReason !== "unknown_outcome" ||
      invoice.statusReason === "unknown_outcome" ||
      attempt.inquiries + 1 >= 2,
    brokenBy: (each) => real({ ...each, attempt: { ...each.attempt, inquiries: 6 } }),
  },
  {
    claim: "only a decline counts as a decline, once",
    holds: ({ invoice, evidence }, settlement) =>
      settlement === null ||
      settlement.invoice.declines ===
        invoice.declines + (evidence.kind === "declined" && settlement.attempt.state === "declined" ? 1 : 0),
    brokenBy: mutated((_each, settlement) => ({
      ...settlement,
      invoice: { ...settlement.invoice, declines: settlement.invoice.declines + 1 },
    })),
  },
  {
    claim: "money that was seen, but not as we asked, is decided by a person or by better money alone",
    holds: ({ attempt, invoice, evidence }, settlement) =>
      attempt.state !== "unknown" ||
      invoice.statusReason !== "answer_differs" ||
      settlement === null ||
      ["paid", "not_sent"].includes(evidence.kind),
    brokenBy: (each) => real({ ...each, invoice: { ...each.invoice, statusReason: "unknown_outcome" } }),
  },
  {
    claim: "an invoice to be voided is voided as soon as its attempt ends without money",
    holds: ({ invoice }, settlement) =>
      invoice.voidWhenSettled === null ||
      settlement === null ||
      isOpen(settlement.attempt.state) ||
      settlement.attempt.payment !== null ||
      invoice.status === "paid" ||
      (settlement.invoice.status === "void" && settlement.invoice.statusReason === "canceled"),
    brokenBy: reopen,
  },
  {
    claim: "the result fits the CHECKs of the tables",
    holds: (_each, settlement) =>
      settlement === null ||
      ((settlement.attempt.settledAt === null) === isOpen(settlement.attempt.state) &&
        (settlement.attempt.nextInquiryAt === null || ["unknown", "pending"].includes(settlement.attempt.state)) &&
        (settlement.attempt.state !== "declined" || settlement.attempt.decline !== null) &&
        (settlement.invoice.nextAttemptAt === null || settlement.invoice.status === "open") &&
        (settlement.invoice.dunningStep === null || settlement.invoice.status === "open") &&
        (settlement.invoice.dunningStep === null) === (settlement.invoice.dunningClass === null) &&
        (settlement.invoice.dunningDueAt === null || settlement.invoice.dunningStep !== null) &&
        ["void", "held", "uncollectible"].includes(settlement.invoice.status) ===
          (settlement.invoice.statusReason !== null) &&
        (settlement.invoice.paidAt === null || settlement.invoice.status === "paid")),
    brokenBy: reopen,
  },
  {
    claim: "what a person asked for is used up by a try that reached the gateway, and not by one that did not",
    holds: ({ attempt, invoice }, settlement) => {
      if (settlement === null || invoice.retryRequestedAt === null) return true;
      const { state } = settlement.attempt;
      const isMade = isOpen(attempt.state) && !isOpen(state) && state !== "released" && state !== "not_sent";
      const isOver = ["paid", "void", "uncollectible"].includes(settlement.invoice.status);
      return (settlement.invoice.retryRequestedAt === null) === (isMade || isOver);
    },
    brokenBy: mutated((_each, settlement) => ({
      ...settlement,
      invoice: { ...settlement.invoice, retryRequestedAt: null },
    })),
  },
  {
    claim: "a final action comes with a write-off, and only with one",
    holds: (_each, settlement) =>
      settlement === null || (settlement.finalAction !== null) === (settlement.event === "invoice.uncollectible"),
    brokenBy: mutated((_each, settlement) => ({ ...settlement, finalAction: "cancel" })),
  },
  {
    claim: "a decline says that the invoice was not paid, whatever follows",
    holds: (each, settlement) =>
      settlement?.attempt.state !== "declined" ||
      !["open", "held"].includes(each.invoice.status) ||
      each.invoice.voidWhenSettled !== null ||
      eventsOf(settlement).includes("invoice.payment_failed"),
    brokenBy: mutated((_each, settlement) => ({ ...settlement, event: "attempt.declined" })),
  },
  {
    claim: "the failure of a payment link makes no card due, unless it was closed for a new one",
    holds: ({ attempt, invoice }, settlement) =>
      attempt.flow !== "link" ||
      invoice.dunningStep !== "payment_link" ||
      settlement === null ||
      settlement.invoice.nextAttemptAt === null ||
      settlement.attempt.state === "lapsed",
    brokenBy: mutated(({ rules }, settlement) => ({
      ...settlement,
      invoice: { ...settlement.invoice, nextAttemptAt: rules.now },
    })),
  },
];

describe(`all ${CASES.length} cases`, () => {
  test.each(CLAIMS)("$claim", ({ holds }) => {
    expect(violationsOf(holds, real)).toEqual([]);
  });

  test.each(CLAIMS)("control: a reducer that breaks it is found ($claim)", ({ holds, brokenBy }) => {
    expect(violationsOf(holds, brokenBy).length).toBeGreaterThan(0);
  });

  test("every kind of evidence changes something somewhere, and every state but those of money can be left", () => {
    const changed = CASES.flatMap((each) => (real(each) === null ? [] : [each]));
    expect(new Set(changed.map(({ evidence }) => evidence.kind)).size).toBe(11);
    const left = ATTEMPT_STATES.filter((state) => changed.some(({ attempt }) => attempt.state === state));
    expect(left).toEqual(ATTEMPT_STATES.filter((state) => state !== "paid" && state !== "paid_again"));
  });
});

/** The first cases of which a claim does not hold, told so that they can be copied into the table above. */
function violationsOf(holds: Claim["holds"], reducer: Reducer): string[] {
  const violations: string[] = [];
  for (const each of CASES) {
    const verdict = attemptTo(() => {
      const settlement = reducer(each);
      return holds(each, settlement) ? null : JSON.stringify(settlement);
    });
    if (verdict !== null) violations.push(`${JSON.stringify(each)} → ${verdict}`);
    if (violations.length === 3) break;
  }
  return violations;
}

function attemptTo(judge: () => string | null): string | null {
  try {
    return judge();
  } catch (error) {
    return String(error);
  }
}

// ---------------------------------------------------------------- words to facts and back

/** "order_first unknown inquiries=1", "link pending end=person"; the flow is single where none is named. */
function attemptOf(words: string): AttemptFacts {
  const parts = words.split(" ");
  const state = ATTEMPT_STATES.find((each) => parts.includes(each));
  if (state === undefined) throw new Error(`no attempt state in ${words}`);
  const flow = ATTEMPT_FLOWS.find((each) => parts.includes(each)) ?? "single";
  const linkEnd = parts.find((part) => part.startsWith("end="))?.slice("end=".length) ?? null;
  const facts = {
    id: "att_1",
    state,
    amountCents: 20015,
    currency: "MXN",
    customerId: "cus_1",
    orderId: flow === "order_first" ? "ord_own" : null,
    chargeId: null,
    sentAt: state === "claimed" || state === "released" ? null : SENT_AT,
    inquiries: numberIn(parts, "inquiries"),
    idsOfOthers: ["chr_taken", "ord_taken"],
  };
  if (!isPageFlow(flow)) return { ...facts, flow };
  return {
    ...{ ...facts, flow, linkExpiresAt: new Date(SENT_AT.getTime() + msOf("5d")) },
    linkEnd: linkEnd as LinkEnd | null,
    linkEndAt: linkEnd === null ? null : SENT_AT,
    linkIsPublished: parts.includes("told"),
  };
}

/** "held unknown_outcome void=canceled declines=1 faults=2 other-paid", "open step=payment_link other-card" */
function invoiceOf(words: string): InvoiceFacts {
  const parts = words.split(" ");
  const wordOf = <Word extends string>(all: readonly Word[]) => all.find((each) => parts.includes(each)) ?? null;
  const voidWhenSettled = parts.find((part) => part.startsWith("void="))?.slice("void=".length) ?? null;
  const step = parts.find((part) => part.startsWith("step="))?.slice("step=".length) ?? null;
  const status = wordOf<InvoiceStatus>(INVOICE_STATUSES);
  if (status === null) throw new Error(`no invoice status in ${words}`);
  return {
    id: "inv_1",
    status,
    statusReason: wordOf<StatusReason>(STATUS_REASONS),
    currency: "MXN",
    amountCents: 20015,
    declines: numberIn(parts, "declines"),
    faults: numberIn(parts, "faults"),
    voidWhenSettled: voidWhenSettled as StatusReason | null,
    nextAttemptAt: null,
    firstDeclinedAt: step === null && numberIn(parts, "declines") === 0 ? null : SENT_AT,
    dunningStep: step as DunningStep | null,
    dunningClass: step === null ? null : "retry_later",
    dunningDueAt: null,
    reopenedFrom: null,
    // A person asked for this try, wherever one can be asked for.
    retryRequestedAt: status === "open" || status === "held" ? SENT_AT : null,
    timeZone: "America/Mexico_City",
    paidByAnother: parts.includes("other-paid"),
    openElsewhere: parts.includes("other-open"),
    isOtherCardNow: parts.includes("other-card"),
    cardLast4Now: null,
    hasUntriedCard: parts.includes("untried-card"),
  };
}

function numberIn(parts: readonly string[], name: string): number {
  return Number(parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? 0);
}

function counted(name: string, count: number): string[] {
  return count === 0 ? [] : [`${name}=${count}`];
}

/** Attempt, invoice, next step and event in the words of the table. */
function textsOf({ attempt, invoice, event, finalAction }: Settlement): string[] {
  const steps = [
    ...(invoice.nextAttemptAt === null ? [] : [`try ${sinceSending(invoice.nextAttemptAt)}`]),
    ...(invoice.dunningStep === null || invoice.dunningStep === "retry" ? [] : [stepText(invoice)]),
    ...(attempt.nextInquiryAt === null ? [] : [`look ${sinceSending(attempt.nextInquiryAt)}`]),
    ...(finalAction === null ? [] : [`then ${finalAction}`]),
  ];
  return [
    [attempt.state, ...counted("inquiries", attempt.inquiries)].join(" "),
    [
      invoice.status,
      ...(invoice.statusReason === null ? [] : [invoice.statusReason]),
      ...counted("declines", invoice.declines),
      ...counted("faults", invoice.faults),
    ].join(" "),
    steps.join(", "),
    event,
  ];
}

function stepText({ dunningStep, dunningDueAt }: InvoiceChange): string {
  return dunningDueAt === null ? String(dunningStep) : `${dunningStep} ${sinceSending(dunningDueAt)}`;
}

/** "1d 2s" */
function sinceSending(at: Date): string {
  let restMs = at.getTime() - SENT_AT.getTime();
  const parts: string[] = [];
  for (const [unit, ms] of UNITS) {
    const count = Math.floor(restMs / ms);
    if (count > 0) parts.push(`${count}${unit}`);
    restMs -= count * ms;
  }
  return parts.join(" ") || "0s";
}

function msOf(duration: string): number {
  return duration
    .split(" ")
    .reduce(
      (sum, part) => sum + Number.parseInt(part, 10) * (UNITS.find(([unit]) => part.endsWith(unit))?.[1] ?? 0),
      0,
    );
}

/** A table in which people can see the columns: cells between bars, comments after a #. */
function rowsOf(table: string): [string, string, string, string, ...string[]][] {
  const lines = table.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [attempt = "", invoice = "", evidence = "", after = "", ...expected] = line
      .split("|")
      .map((cell) => cell.trim());
    return [attempt, invoice, evidence, after, ...expected];
  });
}
