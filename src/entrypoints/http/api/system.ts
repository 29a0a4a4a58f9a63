/** What concerns everybody: whether anybody charges, stopping it, keys, and what this API is. */
import { z } from "zod";
import { CHECKS } from "../../../application/doctor/finding.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import { go, halt } from "../../../application/run/halt-and-go.ts";
import { isKeyName, SCOPES } from "../../../domain/api-key.ts";
import { anchorAfterTrial, billingAt, INTERVALS, normalizeLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { planSchema, subscriptionSchema } from "../../../adapters/files/plans-schema.ts";
import { newApiKey } from "../../api-key.ts";
import { examineBooks, lookAround } from "../../examination.ts";
import { statusDocument } from "../../status-document.ts";
import { documentOf, PAGE, pageOf, wholePage } from "./documents.ts";
import { keyRow } from "./documents/api-keys.ts";
import { auditRow } from "./documents/events.ts";
import { asCode, changes, reads } from "./endpoint.ts";
import { NotFound } from "../../../domain/errors.ts";
import { listed } from "./reading.ts";
import { said } from "../../../domain/refusals.ts";

const instantOrNull = z.iso.datetime().nullable();
const waiting = z.strictObject({ count: z.int(), oldest_at: instantOrNull, age_seconds: z.int().nullable() });
const byWord = z.record(z.string(), z.int());

const haltDocument = z.strictObject({ halted: z.boolean(), because: z.string().nullable() });
async function haltIn(reader: Pick<Reader, "installation">): Promise<z.input<typeof haltDocument>> {
  const { haltReason } = await reader.installation();
  return { halted: haltReason !== null, because: haltReason };
}

const KEY_NAME = z.string().refine(isKeyName, asCode("key_name_wanted"));

async function keyIn(reader: Reader, name: string): Promise<object> {
  const row = (await reader.keys.list()).find((each) => each.name === name);
  if (row === undefined) throw new NotFound(said("no_key", { id: name }), { mend: { do: "list", what: "keys" } });
  return documentOf(row);
}

export const SYSTEM_ENDPOINTS = [
  reads({
    path: "/v1/status",
    summary: "What is due, what is uncertain, and whether anybody charges.",
    commands: ["status"],
    answer: z.strictObject({
      database: z.string(),
      livemode: z.boolean().nullable(),
      charging: z.strictObject({
        running: z.boolean(),
        pid: z.int().nullable(),
        because: z.string().nullable(),
        nodes: z.array(z.record(z.string(), z.unknown())),
      }),
      last_tick: z
        .strictObject({ unfinished_because: z.string().nullable(), unfinished_since: instantOrNull })
        .meta({ description: "What was due and left undone; null: nothing." }),
      halt: haltDocument,
      subscriptions: byWord,
      invoices: byWord,
      attempts: byWord,
      due_subscriptions: z.int(),
      due_invoices: z.int(),
      next_billing_at: instantOrNull,
      next_opening_at: instantOrNull,
      next_attempt_at: instantOrNull,
      next_inquiry_at: instantOrNull,
      next_step_at: instantOrNull,
      unknown: waiting,
      held: waiting,
      unreadable: waiting,
      paid_again: z.int(),
      paid_after_cancel: z.int(),
      disputes: waiting,
      last_event_at: instantOrNull,
      failed_webhooks: z.int(),
      events: z.strictObject({
        is_told: z.boolean(),
        pending: z.int(),
        oldest_pending_at: instantOrNull,
        dead: z.int(),
      }),
    }),
    read: async ({ app }) => documentOf(await statusDocument(app)),
  }),
  reads({
    path: "/v1/doctor",
    summary: "Everything that can go wrong around exact billing.",
    commands: ["doctor"],
    query: {
      offline: z.stringbool().default(false).meta({ description: "true: do not ask Conekta." }),
      since: z.iso.datetime().optional().meta({ description: "Compare the books with Conekta from then on." }),
    },
    answer: z.strictObject({
      checks: z.array(
        z.strictObject({
          check: z.enum(Object.keys(CHECKS)),
          state: z.enum(["ok", "warn", "bad"]),
          found: z.string(),
        }),
      ),
    }),
    async read({ app, query, language }) {
      const since = query.since === undefined ? undefined : new Date(query.since);
      const around = await lookAround(app.config, app.cwd);
      const checks = await examineBooks(app, around, { offline: query.offline, since });
      return {
        checks: checks.map(({ check, state, found, foundInSpanish }) => ({
          ...{ check, state, found: language === "es" ? foundInSpanish : found },
        })),
      };
    },
  }),
  changes({
    path: "/v1/halt",
    summary: "Stop charging, for everybody and at once. Charges that are under way are finished.",
    commands: ["halt"],
    scope: "admin",
    needsReason: true,
    answer: haltDocument,
    change: ({ app, store, by, why }) => halt({ ...app, store }, { by, why }),
    answerOf: haltIn,
  }),
  changes({
    path: "/v1/go",
    summary: "Charge again, after a halt that a person lifts.",
    commands: ["go"],
    scope: "admin",
    answer: haltDocument,
    change: async ({ app, store, by, why }) => void (await go({ ...app, store }, { by, why: why === "" ? null : why })),
    answerOf: haltIn,
  }),
  reads({
    path: "/v1/keys",
    summary: "List the keys, revoked ones too.",
    commands: ["keys list"],
    scope: "admin",
    answer: pageOf(keyRow),
    read: async ({ app }) => wholePage(await app.store.keys.list()),
  }),
  changes({
    path: "/v1/keys",
    summary: "Make a key. It is in this answer alone; where the request is repeated it is null.",
    commands: ["keys add"],
    scope: "admin",
    status: 201,
    body: { name: KEY_NAME, scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length) },
    secret: "key",
    answer: z.strictObject({ ...keyRow.shape, key: z.string().nullable() }),
    async change({ app, store, body, by, made }) {
      const { key, hash, last4 } = newApiKey();
      made["key"] = key;
      const scopes = SCOPES.filter((scope) => body.scopes.includes(scope));
      await store.keys.add({ name: body.name, scopes, hash, last4, by }, app.clock.now());
    },
    answerOf: async (reader, { body, made }) =>
      ({ ...(await keyIn(reader, body.name)), key: made["key"] ?? null }) as never,
  }),
  changes({
    path: "/v1/keys/{name}/revoke",
    summary: "Take a key back, from this moment on.",
    commands: ["keys revoke"],
    scope: "admin",
    answer: keyRow,
    change: async ({ app, store, params, by }) => void (await store.keys.revoke(params.name, by, app.clock.now())),
    answerOf: async (reader, { params }) => (await keyIn(reader, params.name)) as never,
  }),
  reads({
    path: "/v1/audit",
    summary: "Who asked for what, when and why; the latest first.",
    commands: [],
    scope: "admin",
    query: {
      ...PAGE,
      actor: z.string().max(100).optional(),
      customer_id: z.string().optional(),
      subscription_id: z.string().optional(),
      invoice_id: z.string().optional(),
      since: z.iso.datetime().optional(),
    },
    answer: pageOf(auditRow),
    read: ({ app, query }) =>
      listed(
        app,
        "audit",
        query,
        {
          ...{ actor: query.actor, customerId: query.customer_id },
          ...{ subscriptionId: query.subscription_id, invoiceId: query.invoice_id },
        },
        query.since,
      ),
  }),
  reads({
    path: "/v1/schedule",
    summary: "The dates on which something would be charged. Computes only.",
    commands: ["schedule"],
    query: {
      interval: z.enum(INTERVALS),
      frequency: z.coerce.number().int().min(1).max(10_000).default(1),
      start: subscriptionSchema.shape.start,
      time_zone: subscriptionSchema.shape.time_zone,
      trial_period_days: z.coerce.number().pipe(planSchema.shape.trial_period_days.unwrap()).default(0),
      count: z.coerce.number().int().min(1).max(1000).default(12),
    },
    answer: z.strictObject({ dates: z.array(z.iso.datetime()) }),
    async read({ app, query }) {
      const { interval, frequency, start, count } = query;
      const timeZone = query.time_zone ?? app.config.billing.timeZone;
      const anchorLocal = anchorAfterTrial(normalizeLocalDateTime(start), query.trial_period_days);
      const dates = Array.from({ length: count }, (_, cycle) =>
        billingAt({ interval, frequency, anchorLocal, timeZone }, cycle),
      );
      return { dates: dates.map((at) => at.toISOString()) };
    },
  }),
];
