/**
 * The form of config/dunning.yaml, key by key. The editors' JSON Schema is made of it, so every key says what it is for.
 *
 * What needs more than one value to be judged (a retry after the window, a network's budget) is in dunning-file.ts.
 */
import { z } from "zod";
import { PAYMENT_METHODS } from "../../domain/attempt.ts";
import { isLocalDateTime } from "../../domain/calendar/calendar.ts";
import { ON_CHARGEBACK } from "../../domain/dispute.ts";
import { FINAL_ACTIONS, LATER_CYCLES } from "../../domain/dunning/dunning.ts";
import { VISA_REATTEMPTS } from "../../domain/dunning/network-budget.ts";

const days = z.int().min(1).max(90);
const TIME_HINT = 'expected a local time like "09:00"';
const DATE_HINT = "expected a date that exists, like 2026-12-24";

export const policySchema = z.strictObject({
  retry_after_days: z.array(days).max(20).meta({
    description:
      "For lack of funds and limits: days to wait after the 1st, 2nd, … decline. As many tries more as numbers.",
  }),
  payday: z.boolean().default(false).meta({
    description:
      "For lack of funds, wait for the next payday instead (15th, last day, 20 December), inside the window.",
  }),
  retry_at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, TIME_HINT)
    .nullable()
    .default(null)
    .meta({ description: 'Local time of retries counted in days: "09:00"; null: the time of the decline.' }),
  try_again_after_minutes: z
    .array(z.int().min(1).max(10_080))
    .max(20)
    .default([60, 360, 1440])
    .meta({ description: "After a fault of the bank or the network: minutes to wait after the 1st, 2nd, … decline." }),
  unrecognized_after_days: days.default(1).meta({
    description: "After a code nobody knows: days to wait before the only retry; then it counts as a bad card.",
  }),
  window_days: z.int().min(1).max(180).default(45).meta({
    description: "Days after the first decline beyond which the card is not tried by itself.",
  }),
  wait_for_card_days: z.int().min(0).max(180).default(14).meta({
    description: "Days to wait for another card once the one there has no try left.",
  }),
  payment_link: z
    .strictObject({
      methods: z
        .array(z.enum(PAYMENT_METHODS))
        .min(1)
        .refine((methods) => new Set(methods).size === methods.length, "expected each method once")
        .default([...PAYMENT_METHODS]),
      expires_after_days: z.int().min(1).max(365),
    })
    .nullable()
    .default(null)
    .meta({
      description: "Instead of that wait: a page at Conekta where the customer pays by card, cash or transfer.",
    }),
  grace_days: z
    .int()
    .min(0)
    .max(180)
    .default(0)
    .meta({ description: "Days between the last chance and the write-off." }),
  final_action: z
    .enum(FINAL_ACTIONS)
    .default("unpaid")
    .meta({ description: "What becomes of the subscription when its invoice is written off." }),
  later_cycles: z.enum(LATER_CYCLES).default("collect_in_order").meta({
    description:
      "While an earlier invoice is unpaid, later ones wait for it, and come one a day or all at once; or they are held.",
  }),
  on_chargeback: z.enum(ON_CHARGEBACK).default("hold").meta({
    description:
      "Once a payment is disputed at the bank: hold the next cycle for a person, pause or cancel the subscription, or charge on.",
  }),
  card_expiring_days: z.array(z.int().min(1).max(90)).max(5).default([30, 7]).meta({
    description: "Days before its card expires at which the customer is told.",
  }),
});

export const policyName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected a plain word as a policy's name");

export const dunningFileSchema = z
  .strictObject({
    bank_holidays: z
      .array(
        z
          .string()
          .regex(/^\d{4}-\d{2}-\d{2}$/, DATE_HINT)
          .refine((date) => isLocalDateTime(`${date}T00:00`), DATE_HINT),
      )
      .default([])
      .meta({ description: "Days on which banks are closed, besides those that CNBV publishes for Mexico." }),
    network_budgets: z
      .strictObject({
        visa_reattempts_in_30_days: z.int().min(VISA_REATTEMPTS.least).max(VISA_REATTEMPTS.most),
      })
      .default({ visa_reattempts_in_30_days: VISA_REATTEMPTS.least })
      .meta({ description: "What Visa allows your acquirer: 15 reattempts of a declined card in 30 days, up to 20." }),
    policies: z
      .record(policyName, policySchema)
      .meta({ description: "A plan names its policy with dunning: standard." }),
  })
  .meta({ title: "Puntual: what to do after a declined charge (config/dunning.yaml)" });
