/**
 * How far back orders at the gateway are compared with the books, in days: the longest period is a year, so that a yearly plan
 * charges once within it. What is younger is not archived.
 */
export const LOOK_BACK_DAYS = 400;
