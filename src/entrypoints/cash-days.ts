/** How far ahead the cash that is expected is looked at, on the command line and over HTTP: a month and a half, a year at most. */
export const CASH_DAYS = 45;
export const CASH_DAYS_MAX = 366;
