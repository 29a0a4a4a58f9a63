/** `/v1/events`: what happened, in the order in which it was written; and what Conekta told. */
import { z } from "zod";
import { resendEvents } from "../../../application/notify/resend-events.ts";
import type { Assembly } from "../../../assemble.ts";
import { NotFound, Refused, UsageInvalid } from "../../../domain/errors.ts";
import { WEBHOOK_STATES } from "../../../domain/webhook-event.ts";
import { documentOf, PAGE, pageOf } from "./documents.ts";
import { eventRow, webhookRow } from "./documents/events.ts";
import { changes, reads } from "./endpoint.ts";
import { listed, theDocument } from "./reading.ts";
import { said } from "../../../domain/refusals.ts";

const RESENT = z.strictObject({ resent: z.array(z.string()) });

export const EVENT_ENDPOINTS = [
  reads({
    path: "/v1/events",
    summary: "Events after a cursor, in the order in which they were written: a poll that loses nothing.",
    commands: ["events list"],
    query: {
      limit: PAGE.limit,
      after: z
        .string()
        .max(100)
        .optional()
        .meta({ description: "next_cursor of the page before; from the beginning if left out." }),
    },
    answer: z.strictObject({
      data: z.array(eventRow),
      has_more: z.boolean(),
      next_cursor: z.string().meta({ description: "For the next call, also where nothing came." }),
    }),
    async read({ app, query: { limit, after } }) {
      const place = placeIn(after);
      const events = await app.store.outbox.after(place, limit + 1);
      const shown = events.slice(0, limit);
      return {
        data: shown.map(({ place: _place, ...event }) => documentOf(event)),
        has_more: events.length > limit,
        next_cursor: cursorOf(shown.at(-1)?.place ?? place),
      };
    },
  }),
  reads({
    path: "/v1/events/{event_id}",
    summary: "One event.",
    commands: ["events list"],
    answer: eventRow,
    read: ({ app, params }) => theDocument(app.store, "events", { eventId: params.event_id }),
  }),
  changes({
    path: "/v1/events/{event_id}/resend",
    summary: "Tell NOTIFY_URL of it once more.",
    commands: ["events resend"],
    scope: "write",
    status: 202,
    answer: RESENT,
    async change({ app, store, params }) {
      mustBeTold(app);
      await resendEvents({ outbox: store.outbox, clock: app.clock }, { ids: [params.event_id] });
    },
    answerOf: async (_reader, { params }) => ({ resent: [params.event_id] }),
  }),
  changes({
    path: "/v1/events/resend-dead",
    summary: "Tell NOTIFY_URL once more of all that were given up.",
    commands: ["events resend"],
    scope: "write",
    status: 202,
    body: { since: z.iso.datetime().optional() },
    answer: RESENT,
    async change({ app, store, body, made }) {
      mustBeTold(app);
      const since = body.since === undefined ? {} : { since: new Date(body.since) };
      const ids = await resendEvents({ outbox: store.outbox, clock: app.clock }, { dead: true, ...since });
      for (const id of ids) made[id] = id;
    },
    answerOf: async (_reader, { made }) => ({ resent: Object.keys(made) }),
  }),
  reads({
    path: "/v1/webhooks",
    summary: "Events that Conekta sent; the latest first.",
    commands: ["webhooks list"],
    query: {
      ...PAGE,
      state: z.enum(WEBHOOK_STATES).optional(),
      type: z.string().max(100).optional(),
      since: z.iso.datetime().optional(),
    },
    answer: pageOf(webhookRow),
    read: ({ app, query }) => listed(app, "webhooks", query, { state: query.state, type: query.type }, query.since),
  }),
  changes({
    path: "/v1/webhooks/{event_id}/replay",
    summary: "Put an event of Conekta up for the next run again.",
    commands: ["webhooks replay"],
    scope: "write",
    status: 202,
    answer: webhookRow,
    async change({ app, store, params }) {
      const replayed = await store.inbox.replay({ id: params.event_id }, app.clock.now());
      if (replayed.length === 0) throw new NotFound(said("no_webhook", { id: params.event_id }));
    },
    answerOf: (reader, { params }) => theDocument(reader, "webhooks", { eventId: params.event_id }),
  }),
];

function mustBeTold({ config }: Assembly): void {
  if (config.notify === null) throw new Refused(said("nobody_notified"));
}

function cursorOf(place: number): string {
  return Buffer.from(`events ${place}`).toString("base64url");
}

function placeIn(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const [, place] = /^events (\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (place === undefined) throw new UsageInvalid(said("foreign_cursor", { cursor }));
  return Number(place);
}
