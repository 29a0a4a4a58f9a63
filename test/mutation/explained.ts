/** Changes that no test can notice, or that none should: each with its reason. They count as drawn, not as killed. */
export type Explained = {
  readonly file: string;
  /** As it stands there, without its indentation. */
  readonly line: string;
  readonly before: string;
  readonly after: string;
  readonly because: string;
};

export const EXPLAINED: readonly Explained[] = [
  {
    file: "src/domain/dunning/network-budget.ts",
    line: "const inWindow = reattemptsAt.filter((at) => at.getTime() > now.getTime() - windowMs);",
    before: "at.getTime() > now.getTime() - windowMs",
    after: "at.getTime() >= now.getTime() - windowMs",
    because: "a try exactly as old as the window would be free now, and now is what is returned anyway",
  },
  {
    file: "src/domain/calendar/calendar.ts",
    line: "const secondDay = firstDay === FIRST_HALF_LAST_DAY ? 31 : firstDay + 15;",
    before: "31",
    after: "32",
    because: "the second day of a half-month plan is clamped to the month's last, so that any day from 31 on is that",
  },
  {
    file: "src/domain/calendar/calendar.ts",
    line: "while (billingAt(schedule, cycle + 1) <= now) cycle += 1;",
    before: "1",
    after: "2",
    because: "a step too far is taken back by the loop behind it",
  },
  {
    file: "src/application/subscriptions/cancel-subscription.ts",
    line: 'if (hasPage(attempt)) await records.endLink(invoice.id, "voided");',
    before: "hasPage(attempt)",
    after: "true",
    because: "the statement that ends links finds pages alone",
  },
  {
    file: "src/application/customers/read-customers.ts",
    line: "if (error instanceof GatewayRefused && error.httpStatus === 404) {",
    before: "error instanceof GatewayRefused && error.httpStatus === 404",
    after: "(error.httpStatus === 404)",
    because: "no other error of a read has a status, and the types refuse it",
  },
  {
    file: "src/application/webhooks/process-webhooks.ts",
    line: "const { type, orderId, customerId, tries } = taken.find((each) => each.id === id) ?? {};",
    before: "find",
    after: "findLast",
    because: "an event is taken once: there is one of its id",
  },
  {
    file: "src/adapters/store/billing/dunning-steps.ts",
    line: "events.toSorted((a, b) => (`${a.invoiceId}` < `${b.invoiceId}` ? -1 : 1)),",
    before: "`${a.invoiceId}` < `${b.invoiceId}`",
    after: "`${a.invoiceId}` <= `${b.invoiceId}`",
    because: "no two of them are of one invoice",
  },
  {
    file: "src/adapters/store/billing/payment-links.ts",
    line: "where i.customer_id = ? and i.dunning_step is not null`,",
    before: " and i.dunning_step is not null",
    after: "",
    because: "what is in no step is left as it is by the rule that is asked: the condition keeps the rows few",
  },
  {
    file: "src/adapters/store/billing/card-facts.ts",
    line: "where c.id in (select value from json_each(?)) and ${MAY_BAR}",
    before: " and ${MAY_BAR}",
    after: "",
    because: "which class of decline bars a card is asked by the rule: the condition keeps the rows few, by an index",
  },
  {
    file: "src/adapters/store/billing/card-facts.ts",
    line: "where f.customer_id in (select value from json_each(?)) and coalesce(f.payment_source_id, '') = ''",
    before: "\n       and ${MAY_BAR}",
    after: "",
    because: "which class of decline bars a card is asked by the rule: the condition keeps the rows few, by an index",
  },
  {
    file: "src/adapters/store/billing/final-actions.ts",
    line: "where i.subscription_id in (select value from json_each(?)) and i.status in ${UNSETTLED}`,",
    before: " and i.status in ${UNSETTLED}",
    after: "",
    because: "what is settled is left as it is by the rule that is asked: the condition keeps the rows few",
  },
  {
    file: "src/adapters/store/billing/charge-facts.ts",
    line: "idsOf(charged, ({ subscriptionId, invoice }) => (invoice.periodEnd > now ? null : subscriptionId)),",
    before: "invoice.periodEnd > now",
    after: "false",
    because: "of an invoice whose period runs it is not told when the last was paid, though it were asked",
  },
  {
    file: "src/adapters/store/billing/charge-facts.ts",
    line: "const found = await all(em, `select 1 from invoice i where ${DUE}`, placesAfter(now, { after, limit: 1 }));",
    before: "1",
    after: "2",
    because: "one that is due, or two: there is any",
  },
  {
    file: "src/adapters/store/billing/claims.ts",
    line: "if (runLimitReached(limits, 0, { charges, amountCents }, cents) !== null) return false;",
    before: "0",
    after: "1",
    because: "what the run has made counts where a person asked for so many, and nobody did",
  },
  {
    file: "src/application/charging/inquire-due.ts",
    line: "const said = error instanceof Error ? error.message : String(error);",
    before: "error instanceof Error",
    after: "true",
    because: "nothing here throws anything but errors; the types ask for the other half",
  },
  {
    file: "src/adapters/conekta/classify.ts",
    line: "return error?.details.find(({ code }) => code !== null && rowOf(code) !== null) ?? error?.details[0] ?? null;",
    before: "code !== null && rowOf(code) !== null",
    after: "(rowOf(code) !== null)",
    because: "no row is of no code, and the types refuse to ask for it",
  },
  {
    file: "src/application/reconcile/sweep-orders.ts",
    line: "else if (attempts.length === 0 && (await needs.sweep.records.isArchived(order))) report.known += 1;",
    before: "attempts.length === 0 && (await needs.sweep.records.isArchived(order))",
    after: "((await needs.sweep.records.isArchived(order)))",
    because: "an order of an attempt in the books is of no archive: to ask costs a read, and answers no",
  },
  {
    file: "src/domain/lateness.ts",
    line: "return nextCycle === firstCycle && createdAt !== null && createdAt > nextBillingAt ? createdAt : nextBillingAt;",
    before: "nextCycle === firstCycle && createdAt !== null",
    after: "(nextCycle === firstCycle)",
    because: "null is later than nothing, and the types refuse to compare it",
  },
  {
    file: "src/domain/change-lines.ts",
    line: "const end = localDateTextOf(running?.periodEnd ?? new Date(0), timeZone);",
    before: "0",
    after: "1",
    because: "a day that nothing ends on: a millisecond later it is the same day",
  },
  {
    file: "src/domain/charging/invoice-outlook.ts",
    line: "const limit = runLimitReached({ askedCharges: null, ...limits }, 0, hour, amountCents);",
    before: "0",
    after: "1",
    because: "what the run has made counts where a person asked for so many, and nobody did",
  },
  {
    file: "src/application/reconcile/list-unknown.ts",
    line: 'const attempt = named ?? attempts.findLast(({ state }) => state === "unknown") ?? attempts.at(-1) ?? null;',
    before: "findLast",
    after: "find",
    because: "an invoice has one open attempt at most: UNIQUE attempt_one_open",
  },
  {
    file: "src/domain/charging/cycles-ahead.ts",
    line: ".toSorted((a, b) => a.next.at.getTime() - b.next.at.getTime() || (a.due.id < b.due.id ? -1 : 1));",
    before: "a.due.id < b.due.id",
    after: "a.due.id <= b.due.id",
    because: "no two subscriptions have one id",
  },
  {
    file: "src/domain/opening-turns.ts",
    line: ".toSorted((a, b) => Number(turnsAt(a)) - Number(turnsAt(b)) || (a.id < b.id ? -1 : 1));",
    before: "a.id < b.id",
    after: "a.id <= b.id",
    because: "no two subscriptions have one id",
  },
  {
    file: "src/domain/settle/settle-pending.ts",
    line: "return afterLapsing > rules.now && afterLapsing < day ? afterLapsing : day;",
    before: "afterLapsing < day",
    after: "afterLapsing <= day",
    because: "where both are one moment it is the same, whichever is taken",
  },
];
