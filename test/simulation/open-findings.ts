/**
 * What the oracle finds and the program does not keep yet. Each entry excuses violations of one rule and one shape, and
 * never a whole rule; whoever mends one takes its entry out, and the seed beside it then passes without it.
 */
import type { Violation } from "./checks/violation.ts";

export type OpenFinding = {
  readonly name: string;
  readonly rule: string;
  /** Of what a violation says. */
  readonly shape: RegExp;
  /** A seed that shows it. */
  readonly seed: number;
  /** What a merchant would see. */
  readonly sees: string;
};

export const OPEN_FINDINGS: readonly OpenFinding[] = [
  {
    name: "no advice for earlier_unpaid",
    rule: "list",
    shape: /\(held, earlier_unpaid\) is held, and nothing says what to do/,
    seed: 4,
    sees: "An invoice held by `later_cycles: hold`; docs/reconciliation.md has no row for its reason.",
  },
  {
    name: "canceled late after a skip",
    rule: "asked",
    shape: /was to end at \S+ \(cancel_at_end, after a skip\)/,
    seed: 8,
    sees: "The next cycle was skipped, then the subscription canceled: it stays active a whole period beyond the date told.",
  },
  {
    name: "later cycles written off beside a good card",
    rule: "good_card",
    shape: /\(uncollectible, collection_stopped\) is written off beside a good card/,
    seed: 16,
    sees: "The later invoices of a subscription are written off with the one that failed; a card that pays was never tried.",
  },
  {
    name: "a new card at Conekta is not read while one waits",
    rule: "good_card",
    shape:
      /waits beside a good card, \S+, that was never tried \(after [a-z_ ]+, (wait_for_card|retry|grace|payment_link), not read\)/,
    seed: 22,
    sees: "A customer who brought another card at Conekta is not charged while the invoice waits for exactly that.",
  },
  {
    name: "written off beside a new card that was not read",
    rule: "good_card",
    shape:
      /\(uncollectible, (no_new_card|link_not_paid|attempts_used_up)\) is written off beside a good card.*, not read\)/,
    seed: 35,
    sees: "The wait for another card ends, and so may the subscription, although the customer has had a good one for days.",
  },
  {
    name: "several invoices fail at once",
    rule: "one_at_a_time",
    shape: /invoices of \S+ fail at once/,
    seed: 24,
    sees: "What waited behind one invoice fails in the same minute: several pages and messages for one missing card.",
  },
  {
    name: "several pages open at once",
    rule: "one_at_a_time",
    shape: /has \d+ payment pages open at once/,
    seed: 73,
    sees: "A customer is told the address of a page for each invoice that waited, and may pay a later one first.",
  },
  {
    name: "a sick customer's invoice never ends",
    rule: "liveness",
    shape: /(is due since|is open still|is unknown).*; sick: /,
    seed: 16,
    sees: "Weeks after everything has healed the invoice of an unreadable customer is due still.",
  },
  {
    name: "a card that comes in the grace is never tried",
    rule: "good_card",
    shape: /is written off beside a good card.*, known\).*, after \d+ days of grace/,
    seed: 12,
    sees: "The customer brings another card in the last days, the books know it, and the invoice is written off all the same.",
  },
  {
    name: "a new card after a stolen one is not tried",
    rule: "good_card",
    shape: /(is written off|waits) beside a good card.*\(after never_again, .*known\)/,
    seed: 30,
    sees: "The first card was reported stolen; the customer has brought another, the books show it, and nothing is charged.",
  },
  {
    name: "a page that lapses writes off beside a card that pays",
    rule: "good_card",
    shape: /\(uncollectible, link_not_paid\) is written off beside a good card.*, known\)/,
    seed: 185,
    sees: "A page nobody paid ends the invoice, and may end the subscription, although the customer's card was never tried.",
  },
  {
    name: "a card learnt from a charge is not tried for what waits",
    rule: "good_card",
    shape: /beside a good card.*, known by a charge\)/,
    seed: 64,
    sees: "Conekta charged a new default card for one invoice; the customer's other invoice goes on waiting for a new card.",
  },
  {
    name: "a payment on an order that cannot be read is never booked",
    rule: "I6",
    shape: /moved money; its invoice is open; its order cannot be read$/,
    seed: 7,
    sees: "The customer paid on a page; Conekta never shows the order, and the invoice stays open without a word.",
  },
  {
    name: "an invoice whose order cannot be read never ends",
    rule: "liveness",
    shape: /(is open still, by the policy|is due since|is unknown).*; its order cannot be read$/,
    seed: 114,
    sees: "The order of a page answers 500 for ever: the subscription is frozen, it is read at every run, nothing is shown.",
  },
  {
    name: "an unknown charge of a sick customer is asked about for ever",
    rule: "owed",
    shape:
      /waits for \S+, which is (unknown|pending) for ever; (its customer|meanwhile another customer, \S+,) answers/,
    seed: 1029,
    sees: "The breaker stays open for a customer who cannot be read, so no inquiry is made, and no person is asked.",
  },
  {
    name: "an order that cannot be read is asked about for ever",
    rule: "owed",
    shape: /waits for \S+, which is (unknown|pending) for ever; its order cannot be read$/,
    seed: 117,
    sees: "The same for a charge whose answer was lost: no person is asked, since no inquiry is ever answered.",
  },
  ...["owed", "liveness", "I6"].map((rule) => ({
    ...{ name: "a bad one in front of a list longer than a batch", rule, seed: 1029 },
    shape:
      /(waits for \S+, which is|is due since|is open still|is unknown|moved money).*; lists are given \d at a time$/,
    sees: "The same first few of a long list are asked about again and again; those behind them never are.",
  })),
  ...["owed", "I2", "liveness", "good_card", "light"].map((rule) => ({
    ...{ name: "one order that answers 403 halts everybody", rule, seed: 180 },
    shape: /; nobody is charged while one order answers 403$/,
    sees: "Conekta refuses one order to our key; charging is halted for all customers, and halts again after each go.",
  })),
];

/** @returns null: it is news */
export function findingOf({ rule, what }: Violation): OpenFinding | null {
  return OPEN_FINDINGS.find((finding) => finding.rule === rule && finding.shape.test(what)) ?? null;
}
