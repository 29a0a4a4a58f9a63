/**
 * The ways to collect an invoice, and in what they differ: one row each. A charge of the stored card comes in two flows; a
 * payment link is a page where the customer pays. Another way to pay (a SPEI reference, say) is a row here and an adapter.
 *
 * Whatever differs between them is asked here: no rule and no statement names a flow. The types below are read off the
 * table, so a new row is asked for wherever each way must be known.
 */
export type WayToPay = {
  /** It asks the card's bank: it counts for the customer's day and the turn of what was missed, and names a card of ours. */
  readonly chargesStoredCard: boolean;
  /** The customer pays it on a page, which is told, expires, and can be closed. */
  readonly hasPage: boolean;
  /** All tries of an invoice charge one order; where false each has an order of its own. */
  readonly sharesOrder: boolean;
  readonly onDecline:
    /** The try has failed: dunning decides. */
    | "fails"
    /** The customer may pay by another card, or in cash: it goes on. */
    | "tells_nothing";
  readonly onRefusal:
    /** Our data are wrong for every later try, too: a person must look. */
    | "hold"
    /** The customer's card is not to blame: dunning goes on without this way. */
    | "do_without";
  /** What comes after a wait, when the gateway was not reached. */
  readonly onNotSent: "charge_again" | "make_again";
  /** What it says when the gateway was asked again and again, and shows nothing of the try. */
  readonly absence:
    | "proves_nothing"
    /** The next try charges the same order, which the gateway guards. */
    | "proves"
    /** Nobody can pay where nobody was told of it. */
    | "proves_while_untold";
  readonly whilePending:
    /** Asked about on the schedule of inquiries, and cancelled after PENDING_MAX_HOURS. */
    | "on_schedule"
    /** It waits for the customer, has an end of its own, and lapses there. */
    | "until_its_end";
};

const CHARGE = {
  chargesStoredCard: true,
  hasPage: false,
  onDecline: "fails",
  onRefusal: "hold",
  onNotSent: "charge_again",
  whilePending: "on_schedule",
} as const;

const WAYS_TO_PAY = {
  single: { ...CHARGE, sharesOrder: false, absence: "proves_nothing" },
  order_first: { ...CHARGE, sharesOrder: true, absence: "proves" },
  /** No charge of ours: a hosted page where the customer pays by card, in cash or by transfer. */
  link: {
    chargesStoredCard: false,
    hasPage: true,
    sharesOrder: false,
    onDecline: "tells_nothing",
    onRefusal: "do_without",
    onNotSent: "make_again",
    absence: "proves_while_untold",
    whilePending: "until_its_end",
  },
} as const satisfies Readonly<Record<string, WayToPay>>;

export type AttemptFlow = keyof typeof WAYS_TO_PAY;
type FlowThat<Has extends Partial<WayToPay>> = {
  [Flow in AttemptFlow]: (typeof WAYS_TO_PAY)[Flow] extends Has ? Flow : never;
}[AttemptFlow];

/** By which the stored card is charged: one of these is CONEKTA_CHARGE_FLOW. */
export type ChargeFlow = FlowThat<{ readonly chargesStoredCard: true }>;
export type PageFlow = FlowThat<{ readonly hasPage: true }>;

export const ATTEMPT_FLOWS = Object.keys(WAYS_TO_PAY) as [AttemptFlow, ...AttemptFlow[]];
export const CHARGE_FLOWS = ATTEMPT_FLOWS.filter((flow): flow is ChargeFlow => WAYS_TO_PAY[flow].chargesStoredCard);

export function wayOf({ flow }: { readonly flow: AttemptFlow }): WayToPay {
  return WAYS_TO_PAY[flow];
}

export function hasPage<T extends { readonly flow: AttemptFlow }>(
  attempt: T,
): attempt is T & { readonly flow: PageFlow } {
  return isPageFlow(attempt.flow);
}

export function isPageFlow(flow: AttemptFlow): flow is PageFlow {
  return WAYS_TO_PAY[flow].hasPage;
}
