/** Every endpoint of the HTTP API. */
import { z } from "zod";
import { ATTEMPT_ENDPOINTS } from "./attempts.ts";
import { CFDI_ENDPOINTS } from "./cfdi.ts";
import { CONSENT_ENDPOINTS } from "./consents.ts";
import { CUSTOMER_ENDPOINTS } from "./customers.ts";
import { type Endpoint, reads } from "./endpoint.ts";
import { EVENT_ENDPOINTS } from "./events.ts";
import { EXTRA_ENDPOINTS } from "./extras.ts";
import { BULK_ENDPOINTS } from "./invoices-bulk.ts";
import { INVOICE_ENDPOINTS } from "./invoices.ts";
import { openapiOf } from "./openapi.ts";
import { PLAN_ENDPOINTS } from "./plans.ts";
import { REFUND_ENDPOINTS } from "./refunds.ts";
import { REPORT_ENDPOINTS } from "./reports.ts";
import { SUBSCRIPTION_ACT_ENDPOINTS } from "./subscription-acts.ts";
import { SUBSCRIPTION_CHANGE_ENDPOINTS } from "./subscription-changes.ts";
import { SUBSCRIPTION_ENDPOINTS } from "./subscriptions.ts";
import { SYSTEM_ENDPOINTS } from "./system.ts";

export const ENDPOINTS: readonly Endpoint[] = [
  ...PLAN_ENDPOINTS,
  ...CUSTOMER_ENDPOINTS,
  ...SUBSCRIPTION_ENDPOINTS,
  ...SUBSCRIPTION_ACT_ENDPOINTS,
  ...SUBSCRIPTION_CHANGE_ENDPOINTS,
  ...CONSENT_ENDPOINTS,
  ...INVOICE_ENDPOINTS,
  ...REFUND_ENDPOINTS,
  ...BULK_ENDPOINTS,
  ...CFDI_ENDPOINTS,
  ...EXTRA_ENDPOINTS,
  ...ATTEMPT_ENDPOINTS,
  ...EVENT_ENDPOINTS,
  ...REPORT_ENDPOINTS,
  ...SYSTEM_ENDPOINTS,
  reads({
    path: "/v1/openapi.json",
    summary: "This description, as OpenAPI 3.1.",
    commands: [],
    // It tells nothing of the books, and a generator of clients fetches it.
    isOpen: true,
    answer: z.record(z.string(), z.unknown()),
    read: async () => description(),
  }),
];

let written: Record<string, unknown> | null = null;

/** Made when it is first asked for. */
export function description(): Record<string, unknown> {
  written ??= openapiOf(ENDPOINTS);
  return written;
}

/** Commands that are of a machine or a terminal, or of a whole file, and have no endpoint; each with the reason. */
export const WITHOUT_ENDPOINT: Readonly<Record<string, string>> = {
  init: "there is nothing to call yet",
  completion: "it is a shell's",
  seed: "a script runs where its file is",
  start: "it is the daemon",
  serve: "it is this API",
  run: "no request charges",
  demo: "it needs nothing of this database",
  sandbox: "it is another program's side",
  migrate: "the tables are brought up to date before anybody may call",
  reconcile: "a comparison of weeks takes longer than a request; the daemon asks about what is uncertain",
  "webhooks setup": "what it makes belongs into the environment of the machine",
  "subscriptions import": "a file of thousands takes longer than a request",
  backup: "the file is the machine's",
  archive: "what is closed moves to a file of the machine",
  restore: "nobody may use the database meanwhile",
  "dunning preview": "it reads a file that nobody uses yet",
};
