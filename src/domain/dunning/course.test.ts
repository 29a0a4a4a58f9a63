/** Whole lives of an invoice that nobody pays: where they lead, how long they take, and what no policy ever does. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { localDayOf } from "../calendar/calendar.ts";
import { DECLINE_CLASSES, type DeclineClass } from "../decline.ts";
import { courseOf, type CourseFacts, type CourseStep, reattemptsIn } from "./course.ts";
import { type DunningPolicy, FINAL_ACTIONS, horizonDays, nextStep } from "./dunning.ts";
import { budgetFor, firstFreeAt } from "./network-budget.ts";
import { exceededBudget } from "./policy-budget.ts";

const BUDGETS = { visaReattemptsIn30Days: 15 };

function courseFacts(declineClass: DeclineClass, more: Partial<CourseFacts> = {}): CourseFacts {
  return {
    ...{ declinedAt: new Date("2026-12-03T15:00Z"), declines: 1, timeZone: "America/Mexico_City" },
    ...{ calendar: NO_HOLIDAYS, declineOf: () => ({ declineClass, ...(declineClass === "retry_later" && FUNDS) }) },
    ...more,
  };
}
const FUNDS = { lacksFunds: true } as const;

describe("a life", () => {
  test.each<[name: string, change: Partial<DunningPolicy>, decline: DeclineClass, course: readonly string[]]>([
    [
      "waits for the quincena, the aguinaldo and the end of the month",
      { retryAfterDays: [1, 3, 5], payday: true, windowDays: 30, waitForCardDays: 7 },
      "retry_later",
      [
        "2026-12-03T15:00 decline 1: retry",
        "2026-12-15T15:00 decline 2: retry",
        "2026-12-18T15:00 decline 3: retry",
        "2026-12-31T15:00 decline 4: wait_for_card",
        "2027-01-07T15:00 wait_for_card: write_off",
      ],
    ],
    [
      "of a bad card has no retry, but a link and grace",
      { paymentLink: { methods: ["cash"], expiresAfterDays: 5 }, graceDays: 2 },
      "new_card",
      [
        "2026-12-03T15:00 decline 1: payment_link",
        "2026-12-08T15:00 payment_link: grace",
        "2026-12-10T15:00 grace: write_off",
      ],
    ],
    [
      "without a link has its grace after the wait, of one day each",
      { waitForCardDays: 1, graceDays: 1 },
      "new_card",
      [
        "2026-12-03T15:00 decline 1: wait_for_card",
        "2026-12-04T15:00 wait_for_card: grace",
        "2026-12-05T15:00 grace: write_off",
      ],
    ],
    ["of our own fault is held at once", {}, "our_fault", ["2026-12-03T15:00 decline 1: hold"]],
    [
      "of a code nobody knows has one try more",
      { waitForCardDays: 0 },
      "unrecognized",
      ["2026-12-03T15:00 decline 1: retry", "2026-12-04T15:00 decline 2: write_off"],
    ],
  ])("%s", (_name, change, decline, course) => {
    expect(courseOf(policyOf(change), courseFacts(decline)).map(textOf)).toEqual(course);
  });
});

test("a decline of which nobody said that funds lack waits for no payday", () => {
  const facts = courseFacts("retry_later", { declineOf: () => ({ declineClass: "retry_later" }) });
  const [first] = courseOf(policyOf({ retryAfterDays: [1], payday: true, windowDays: 30 }), facts);
  expect(first?.step).toMatchObject({ do: "retry", at: new Date("2026-12-04T15:00Z") });
});

describe("whatever the policy, the declines, the hour and the zone", () => {
  test("a life ends within the policy's horizon, and only with a write-off or held", () => {
    lives((policy, facts, course) => {
      const last = course.at(-1);
      expect(["write_off", "hold"]).toContain(last?.step.do);
      expect(course.slice(0, -1).map(({ step }) => step.do)).not.toContain("write_off");
      expect(daysFrom(facts, last?.at ?? facts.declinedAt)).toBeLessThanOrEqual(horizonDays(policy));
    });
  });

  test("the card is never tried outside the window, nor at the moment of its decline or before", () => {
    lives((policy, facts, course) => {
      for (const { at, step } of course) {
        if (step.do !== "retry") continue;
        expect(daysFrom(facts, step.at)).toBeLessThanOrEqual(policy.windowDays);
        expect(step.at.getTime()).toBeGreaterThan(at.getTime());
      }
    });
  });

  test("a card is never tried after it never pays: stolen, expired, or the customer must act", () => {
    lives((_policy, facts, course) => {
      const forbidden = course.findIndex(
        ({ after, declines }) =>
          after === "decline" &&
          ["never_again", "new_card", "customer_action"].includes(facts.declineOf(declines).declineClass),
      );
      expect(forbidden < 0 ? [] : reattemptsIn(course.slice(forbidden))).toEqual([]);
    });
  });

  test("what happens comes in order: no step lies before the one it follows", () => {
    lives((_policy, _facts, course) => {
      const times = course.map(({ at }) => at.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });
  });

  test("a policy that is loaded never exceeds the budget of any network with one invoice", () => {
    let held = 0;
    lives((policy, _facts, course) => {
      if (exceededBudget(policy, BUDGETS) !== null) return;
      const tries = reattemptsIn(course);
      for (const brand of ["visa", "mastercard", null])
        for (const [index, at] of tries.entries()) {
          const free = firstFreeAt(budgetFor(brand, BUDGETS), tries.slice(0, index), at);
          expect(free).toBeNull();
          held += 1;
        }
    });
    expect(held).toBeGreaterThan(1000);
  });

  test("who is declined later is not tried earlier, but for an hour when the clocks go back", () => {
    fc.assert(
      fc.property(POLICY, FACTS, fc.integer({ min: 0, max: 40 * 86_400_000 }), (policy, facts, laterMs) => {
        const later = new Date(facts.declinedAt.getTime() + laterMs);
        const [first, second] = [facts.declinedAt, later].map((declinedAt) =>
          nextStep(policy, {
            ...{ ...facts, declinedAt, firstDeclinedAt: facts.declinedAt },
            ...{ decline: "retry_later", lacksFunds: true, isOtherCardNow: false, isLastTry: false },
          }),
        );
        const bothRetry = first?.do === "retry" && second?.do === "retry";
        const earlierMs = bothRetry ? first.at.getTime() - second.at.getTime() : 0;
        expect(earlierMs).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});

test("control: a life that went on after its horizon would be noticed", () => {
  const policy = policyOf({ windowDays: 1, waitForCardDays: 0 });
  const facts = courseFacts("retry_later");
  expect(daysFrom(facts, new Date("2026-12-10T15:00Z"))).toBeGreaterThan(horizonDays(policy));
});

function lives(claim: (policy: DunningPolicy, facts: CourseFacts, course: readonly CourseStep[]) => void): void {
  fc.assert(
    fc.property(POLICY, FACTS, (policy, facts) => claim(policy, facts, courseOf(policy, facts))),
    { numRuns: 400 },
  );
}

function daysFrom({ declinedAt, timeZone }: CourseFacts, at: Date): number {
  return localDayOf(at, timeZone) - localDayOf(declinedAt, timeZone);
}

function textOf({ at, after, declines, step }: CourseStep): string {
  return `${at.toISOString().slice(0, 16)} ${after === "decline" ? `decline ${declines}` : after}: ${step.do}`;
}

const TIME = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map((parts) => {
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
});

const POLICY: fc.Arbitrary<DunningPolicy> = fc
  .record({
    retryAfterDays: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 }),
    payday: fc.boolean(),
    retryAt: fc.option(TIME),
    tryAgainAfterMinutes: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }),
    unrecognizedAfterDays: fc.integer({ min: 1, max: 9 }),
    windowDays: fc.integer({ min: 1, max: 90 }),
    waitForCardDays: fc.integer({ min: 0, max: 30 }),
    paymentLink: fc.option(fc.record({ methods: fc.constant(["cash"] as const), expiresAfterDays: fc.constant(5) })),
    graceDays: fc.integer({ min: 0, max: 15 }),
    finalAction: fc.constantFrom(...FINAL_ACTIONS),
  })
  .map(policyOf);

const FACTS: fc.Arbitrary<CourseFacts> = fc
  .record({
    declinedAt: fc.date({ min: new Date("2025-01-01"), max: new Date("2031-12-31"), noInvalidDate: true }),
    declines: fc.integer({ min: 1, max: 3 }),
    timeZone: fc.constantFrom("America/Mexico_City", "America/Tijuana", "America/Cancun", "Europe/Madrid", "UTC"),
    /** Mostly such that the card is tried again, or lives would be short. */
    classes: fc.infiniteStream(
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom<DeclineClass>("retry_later", "try_again_soon") },
        { weight: 1, arbitrary: fc.constantFrom(...DECLINE_CLASSES) },
      ),
    ),
    lacksFunds: fc.boolean(),
  })
  .map(({ classes, lacksFunds, ...facts }) => {
    const drawn = [...classes.take(64)];
    const declineOf = (decline: number) => ({
      declineClass: drawn[decline % drawn.length] ?? "unrecognized",
      ...(lacksFunds && FUNDS),
    });
    return { ...facts, calendar: NO_HOLIDAYS, declineOf };
  });
