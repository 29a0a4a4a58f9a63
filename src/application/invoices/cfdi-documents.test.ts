/** What the accountant says of a CFDI's stamp: what is written of it, and what is refused. */
import { expect, test } from "@jest/globals";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Cfdi, CfdiRecord } from "../../domain/cfdi/cfdi.ts";
import { said } from "../../domain/refusals.ts";
import { noteExported, noteStamp } from "./cfdi-documents.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const ONE = "0a1b2c3d-0000-4000-8000-000000000001";
const TWO = "0a1b2c3d-0000-4000-8000-000000000002";

function worldOf(known: Partial<CfdiRecord> | null = null) {
  const done: unknown[] = [];
  const fiscal = {
    noteExported: async (...asked: unknown[]) => void done.push(asked),
    stamp: async (id: string, at: Date, decide: (known: unknown) => unknown) => {
      const stamp = decide(known);
      done.push([id, at, stamp]);
      return { documentId: id };
    },
  };
  const needs = { store: { fiscal }, clock: { now: () => NOW } } as unknown as Parameters<typeof noteStamp>[0];
  return { done, needs };
}

test("what was handed out is noted, and nothing where nothing was", async () => {
  const { done, needs } = worldOf();
  await noteExported(needs, []);
  expect(done).toEqual([]);
  const one = [{ id: "cfdi_1" }] as unknown as Cfdi[];
  await noteExported(needs, one);
  expect(done).toEqual([[one, NOW]]);
});

test.each<
  [known: Partial<CfdiRecord> | null, uuid: string | null, status: "stamped" | "canceled", written: object | null]
>([
  [null, ONE, "stamped", { uuid: ONE, status: "stamped" }],
  [{ uuid: ONE, status: "stamped" }, ONE, "stamped", null],
  [{ uuid: ONE, status: "stamped" }, null, "canceled", { uuid: ONE, status: "canceled" }],
])("known as %j, told of %p as %s: %j is written", async (known, uuid, status, written) => {
  const { done, needs } = worldOf(known);
  expect(await noteStamp(needs, "cfdi_1", { uuid, status })).toEqual({ documentId: "cfdi_1" });
  expect(done).toEqual([["cfdi_1", NOW, written]]);
});

test.each<[known: Partial<CfdiRecord> | null, uuid: string | null, thrown: object]>([
  [null, "no uuid", { name: "UsageInvalid", said: said("unnoted", { why: said("not_a_uuid", { given: "no uuid" }) }) }],
  [null, null, { name: "UsageInvalid", said: said("unnoted", { why: said("uuid_missing", { id: "cfdi_1" }) }) }],
  [
    { uuid: TWO, status: "stamped" },
    ONE,
    { name: "Refused", said: said("stamped_as_another", { id: "cfdi_1", uuid: TWO }) },
  ],
  [{ uuid: ONE, status: "canceled" }, ONE, { name: "Refused", said: said("stamp_canceled", { uuid: ONE }) }],
])("known as %j, told of %p as stamped: %j", async (known, uuid, thrown) => {
  const { done, needs } = worldOf(known);
  expect(await thrownBy(noteStamp(needs, "cfdi_1", { uuid, status: "stamped" }))).toMatchObject(thrown);
  expect(done).toEqual([]);
});
