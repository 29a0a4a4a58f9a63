/**
 * What the accountant says of a document's stamp: its uuid, and whether it stands.
 *
 * Pure. A document has one stamp at a time. One that was canceled does not come back; another one may take its place.
 */
import type { CfdiRecord, CfdiStatus } from "./cfdi.ts";

export type Stamp = { readonly uuid: string; readonly status: CfdiStatus };

export type GivenStamp = { readonly uuid: string | null; readonly status: CfdiStatus };

export type StampDecision =
  | { readonly do: "write"; readonly stamp: Stamp }
  /** It is known so. */
  | { readonly do: "leave" }
  | { readonly do: "refuse"; readonly because: "no_uuid" | "stamped_as_another" | "canceled_already" };

export function decideStamp(known: CfdiRecord | null, given: GivenStamp): StampDecision {
  const { status } = given;
  const is = known?.uuid ?? null;
  const uuid = given.uuid ?? is;
  if (uuid === null) return { do: "refuse", because: "no_uuid" };
  if (is === null) return { do: "write", stamp: { uuid, status } };
  if (is.toLowerCase() !== uuid.toLowerCase())
    return known?.status === "stamped"
      ? { do: "refuse", because: "stamped_as_another" }
      : { do: "write", stamp: { uuid, status } };
  if (known?.status === status) return { do: "leave" };
  return status === "canceled"
    ? { do: "write", stamp: { uuid: is, status } }
    : { do: "refuse", because: "canceled_already" };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The folio fiscal, as the SAT writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
