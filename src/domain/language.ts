/** The languages that people are written to in: customers, support desks, programmers. */
export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What is said, in each. */
export type Text = { readonly [Each in Language]: string };
