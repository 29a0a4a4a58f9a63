/** One subscription, as it is read and as each change of it answers. */
import { z } from "zod";
import type { Reader } from "../../../application/ports/requests.ts";
import { isLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { subscriptionRow } from "./documents/subscriptions.ts";
import { asCode } from "./endpoint.ts";
import { theDocument } from "./reading.ts";

export const DAY = z.string().refine((day) => isLocalDateTime(`${day}T00:00`), asCode("day_wanted"));

type OfSubscription = { readonly params: { readonly subscription_id: string } };

export const subscriptionIn = (reader: Pick<Reader, "list">, { params }: OfSubscription) =>
  theDocument(reader, "subscriptions", { subscriptionId: params.subscription_id });

export const OF_SUBSCRIPTION = { answer: subscriptionRow, resource: subscriptionIn, answerOf: subscriptionIn } as const;
