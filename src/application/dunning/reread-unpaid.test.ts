/** Whose customer is read before a cycle of an unpaid subscription becomes void, and whose cycles wait: literals, no database. */
import { expect, test } from "@jest/globals";
import { quietRun, RUN_AT } from "../../../test/support/quiet-run.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";
import type { CardKnown } from "../../domain/dunning/card-watch.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { besideCharges } from "../settling/beside.ts";
import { rereadUnpaid } from "./reread-unpaid.ts";

const SILENT = new GatewayUnavailable("no answer");
const DELETED = new GatewayRefused("no such customer", { httpStatus: 404, code: null });
const before = (ms: number): Date => new Date(RUN_AT.getTime() - ms);
const failing = (sinceMs: number, nextMs: number): CardKnown["failure"] => ({
  ...{ failures: 9, failedSince: before(sinceMs), failedAt: before(MINUTE_MS), nextReadAt: before(nextMs) },
});

type World = {
  readonly known?: Partial<CardKnown>;
  /** What reading the customer shows; null: it hangs. */
  readonly shown?: "a customer" | Error | null;
  readonly isHalted?: boolean;
};

async function waitingOf({ known = {}, shown = "a customer", isHalted = false }: World) {
  const { promise: hangs, resolve: end } = Promise.withResolvers<void>();
  const { needs, calls, summary } = quietRun({
    answers: () => ({
      unpaidDue: () =>
        ["a", "b"].map((id) => ({
          ...{ subscriptionId: `sub_${id}`, customerId: "cus_1", dueAt: before(MINUTE_MS) },
          customer: { readAt: null, failure: null, ...known },
        })),
      readCustomer: async () => {
        if (shown === null) await hangs;
        if (shown instanceof Error) throw shown;
        return { id: "cus_1" };
      },
    }),
  });
  if (isHalted) summary.haltReason = "no such key";
  const store = { ...needs.store, write: async () => {} } as unknown as typeof needs.store;
  const beside = besideCharges(shown === null ? 1 : 60_000, new AbortController().signal);
  const waiting = await rereadUnpaid({ ...needs, store }, summary, beside);
  end();
  await beside.end();
  const reads = calls.filter((call) => call === "readCustomer").length;
  return { waiting, reads, unreadable: summary.unreadable };
}

// prettier-ignore
test.each<[world: World, reads: number, waits: boolean, because: string]>([
  [{}, 1, false, "the customer was read, and the cycles have what was found"],
  [{ shown: DELETED }, 1, false, "the customer is gone: there is no other card to wait for"],
  [{ shown: SILENT }, 1, true, "there may be another card"],
  [{ shown: null }, 1, true, "nor is it known while the reading goes on"],
  [{ isHalted: true }, 0, true, "nobody is read with a key that is refused"],
  [{ known: { readAt: before(DAY_MS) } }, 0, false, "it was read within a day"],
  [{ known: { readAt: before(DAY_MS + 1) } }, 1, false, "it was, and is again"],
  [{ known: { failure: failing(MINUTE_MS, -MINUTE_MS) } }, 0, true, "it failed, and its turn comes later"],
  [{ known: { failure: failing(DAY_MS, -MINUTE_MS) } }, 0, false, "for a day it cannot be read: billing goes on"],
])("the customer of two subscriptions, case %#", async (world, reads, waits) => {
  const waiting = waits ? ["sub_a", "sub_b"] : [];
  // One customer, who is counted although the reading may yet succeed: her cycles have waited.
  expect(await waitingOf(world)).toEqual({ reads, waiting, unreadable: waits ? 1 : 0 });
});
