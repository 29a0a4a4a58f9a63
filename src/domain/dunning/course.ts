/**
 * The course of dunning: what a policy makes of an invoice whose every try is declined, up to the end.
 *
 * Pure. It foretells, and decides nothing: each step is `nextStep`'s or `afterStep`'s. Nobody brings another card, and
 * nobody pays.
 */
import { plusLocalDays } from "../calendar/calendar.ts";
import type { Decline, DeclineClass } from "../decline.ts";
import { afterStep, nextStep, type DunningPolicy, type DunningStep, type NextStep } from "./dunning.ts";
import type { BankCalendar } from "./payday.ts";

export type CourseStep = {
  readonly at: Date;
  /** What had come at that moment: a try's decline, or the end of a wait. */
  readonly after: "decline" | Exclude<DunningStep, "retry">;
  /** Declines of the invoice by then. */
  readonly declines: number;
  readonly step: NextStep;
};

export type CourseFacts = {
  readonly declinedAt: Date;
  /** Which decline of the invoice that is: 1 for the first. The window begins with it all the same. */
  readonly declines: number;
  readonly timeZone: string;
  readonly calendar: BankCalendar;
  /** @param decline which decline of the invoice */
  declineOf(decline: number): Pick<Decline, "declineClass" | "lacksFunds">;
};

/** Ends with a write-off, or with an invoice that is held. */
export function courseOf(policy: DunningPolicy, facts: CourseFacts): CourseStep[] {
  const { timeZone, calendar, declinedAt: firstDeclinedAt } = facts;
  const course: CourseStep[] = [];
  let declineClass: DeclineClass = "unrecognized";
  let next: Pick<CourseStep, "at" | "after" | "declines"> | null = {
    ...{ at: firstDeclinedAt, after: "decline", declines: facts.declines },
  };
  while (next !== null) {
    const { at, after, declines }: Pick<CourseStep, "at" | "after" | "declines"> = next;
    let step: NextStep;
    if (after === "decline") {
      const decline = facts.declineOf(declines);
      ({ declineClass } = decline);
      step = nextStep(policy, {
        ...{ decline: declineClass, lacksFunds: decline.lacksFunds ?? false, isOtherCardNow: false, isLastTry: false },
        ...{ declines, declinedAt: at, firstDeclinedAt, timeZone, calendar },
      });
    } else step = afterStep(policy, after, declineClass, at, timeZone);
    course.push({ at, after, declines, step });
    next = followedBy(policy, course.at(-1)!, timeZone);
  }
  return course;
}

/** When charges are tried again, the first one left out: what card networks count. */
export function reattemptsIn(course: readonly CourseStep[]): Date[] {
  return course.flatMap(({ step }) => (step.do === "retry" ? [step.at] : []));
}

function followedBy(
  policy: DunningPolicy,
  { at, declines, step }: CourseStep,
  timeZone: string,
): Pick<CourseStep, "at" | "after" | "declines"> | null {
  switch (step.do) {
    case "retry":
      return { at: step.at, after: "decline", declines: declines + 1 };
    case "wait_for_card":
    case "grace":
      return { at: step.until, after: step.do, declines };
    case "payment_link":
      return { at: plusLocalDays(at, policy.paymentLink?.expiresAfterDays ?? 0, timeZone), after: step.do, declines };
    case "write_off":
    case "hold":
      return null;
    default:
      return step satisfies never;
  }
}
