/** Changes that no test can notice, or that none should: each with its reason. They count as drawn, not as killed. */
export type Explained = {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly because: string;
};

export const EXPLAINED: readonly Explained[] = [
  {
    file: "src/domain/dunning/network-budget.ts",
    before: "at.getTime() > now.getTime() - windowMs",
    after: "at.getTime() >= now.getTime() - windowMs",
    because: "a try exactly as old as the window would be free now, and now is what is returned anyway",
  },
  {
    file: "src/domain/calendar/calendar.ts",
    before: "31",
    after: "32",
    because: "the second day of a half-month plan is clamped to the month's last, so that any day from 31 on is that",
  },
];
