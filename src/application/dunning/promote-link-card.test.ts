import { describe, expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { promoteLinkCards } from "./promote-link-card.ts";

const NOW = new Date("2026-12-02T15:00:00Z");
const A_DAY_AGO = new Date("2026-12-01T15:00:00Z");
const NEVER = new AbortController().signal;

type Source = { readonly id: string; readonly last4: string; readonly isDefault: boolean; readonly status?: string };

type World = {
  readonly cards?: readonly { readonly linkId: string; readonly customerId: string; readonly last4: string | null }[];
  /** The default, as the books know it, and as Conekta shows it. */
  readonly known?: string | null;
  readonly shown?: string | null;
  readonly sources?: readonly Source[];
  readonly fault?: Error;
  readonly failures?: number;
  readonly isOpen?: boolean;
  readonly haltReason?: string;
};

const OLD: Source = { id: "src_old", last4: "1111", isDefault: true };
const NEW: Source = { id: "src_new", last4: "4242", isDefault: false };

async function promoted(
  {
    cards = [{ linkId: "lnk_1", customerId: "cus_1", last4: "4242" }],
    known = "src_old",
    shown = "src_old",
    sources = [OLD, NEW],
    fault,
    failures = 1,
    isOpen = false,
    haltReason,
  }: World,
  signal = NEVER,
) {
  let left = [...cards];
  const pages: number[] = [];
  const made: string[] = [];
  const kept: string[] = [];
  const logged: string[] = [];
  const records = {
    customer: async () => null,
    putCustomer: async ({ paymentSourceId }: { readonly paymentSourceId: string | null }) =>
      void kept.push(`put ${paymentSourceId}`),
    record: () => {},
    cardIsKept: async (linkId: string) => {
      kept.push(linkId);
      left = left.filter((each) => each.linkId !== linkId);
    },
  };
  const needs = {
    ...{ clock: { now: () => NOW }, backoffMs: 60_000 },
    log: {
      info: (event: string) => void logged.push(`info ${event}`),
      warn: (event: string) => void logged.push(`warn ${event}`),
      error: (event: string) => void logged.push(`error ${event}`),
    },
    breaker: { isOpen, readAnswered: () => void logged.push("answered"), readFailed: () => false },
    store: {
      cardsToKeep: async (_now: Date, limit: number) => (pages.push(limit), left.slice(0, limit)),
      list: async () => (known === null ? [] : [{ paymentSourceId: known }]),
      noteReadFailure: async () => {
        left = left.slice(1);
        return { failures, failedSince: A_DAY_AGO };
      },
      write: async (_now: Date, work: (within: typeof records) => unknown) => await work(records),
    },
    gateway: {
      readCustomer: async () => {
        if (fault !== undefined) throw fault;
        return { id: "cus_1", paymentSourceId: shown, cardLast4: "1111" };
      },
      listPaymentSources: async () => sources,
      changeDefault: async (_customerId: string, sourceId: string) => {
        made.push(sourceId);
        return { id: "cus_1", paymentSourceId: sourceId, cardLast4: "4242" };
      },
    },
  } as unknown as Parameters<typeof promoteLinkCards>[0];
  const summary = { ...emptyRunSummary(), haltReason: haltReason ?? null };
  await promoteLinkCards(needs, summary, signal);
  return { made, kept, logged, left, pages };
}

describe("the card with which a link was paid", () => {
  // prettier-ignore
  test.each<[world: World, made: readonly string[], put: string, because: string]>([
    [{}, ["src_new"], "src_new", "it becomes the default"],
    [{ shown: null, known: null }, ["src_new"], "src_new", "there was none before"],
    [{ shown: "src_old", known: null }, [], "src_old", "somebody chose another default: they know better"],
    [{ shown: "src_x" }, [], "src_x", "somebody chose another one since"],
    [{ sources: [OLD, { ...NEW, isDefault: true }] }, [], "src_old", "it is the default already"],
    [{ sources: [OLD] }, [], "src_old", "Conekta did not keep it"],
    [{ sources: [OLD, { ...NEW, last4: "9999" }] }, [], "src_old", "it kept another one"],
    [{ sources: [OLD, { ...NEW, id: "src_renewed" }, NEW] }, ["src_new"], "src_new", "the newest with these digits is the last"],
    [{ sources: [OLD, NEW, { ...NEW, id: "src_dead", status: "inactive" }] }, ["src_new"], "src_new", "not one that is out of use"],
    [{ sources: [OLD, { ...NEW, status: "active" }] }, ["src_new"], "src_new", "its status may be told"],
    [{ cards: [{ linkId: "lnk_1", customerId: "cus_1", last4: null }] }, [], "src_old", "nobody knows which card it was"],
  ])("%j: made the default: %j (%s)", async (world, made, put) => {
    const result = await promoted(world);
    expect(result.made).toEqual(made);
    expect(result.kept).toEqual([`put ${put}`, "lnk_1"]);
    expect(result.logged).toEqual(["info card.kept", "answered"]);
  });

  // prettier-ignore
  test.each<[fault: Error, failures: number, isGivenUp: boolean, level: string, because: string]>([
    [new GatewayUnavailable("no answer", { retryAfterMs: null }), 1, false, "warn", "it is tried again"],
    [new GatewayUnavailable("no answer", { retryAfterMs: null }), 8, true, "warn", "after a day billing goes on without it"],
    [new GatewayRefused("no such customer", { httpStatus: 404 } as never), 1, true, "warn", "there is no such customer"],
    [new TypeError("a bug"), 1, true, "error", "a bug is not tried for ever"],
  ])("that cannot be kept, %p the %i. time: given up %p (%s)", async (fault, failures, isGivenUp, level) => {
    const { kept, logged } = await promoted({ fault, failures });
    expect(kept).toEqual(isGivenUp ? ["lnk_1"] : []);
    expect(logged).toEqual([`${level} card.not_kept`]);
  });

  test("all of them, page by page", async () => {
    const cards = Array.from({ length: 120 }, (_, index) => ({
      linkId: `lnk_${index}`,
      customerId: "cus_1",
      last4: "4242",
    }));
    const { made, left, pages } = await promoted({ cards });
    expect([made.length, left, pages]).toEqual([120, [], [50, 50, 50]]);
  });

  test.each<[world: World, isEnding: boolean]>([
    [{ isOpen: true }, false],
    [{ haltReason: "the key" }, false],
    [{}, true],
  ])("waits while %j, the process ends: %p", async (world, isEnding) => {
    const { made, kept } = await promoted(world, isEnding ? AbortSignal.abort() : NEVER);
    expect([made, kept]).toEqual([[], []]);
  });
});
