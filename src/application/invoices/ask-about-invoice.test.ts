import { expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder, SILENT_LOG } from "../../../test/support/seen-orders.ts";
import type { AttemptState } from "../../domain/attempt.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { askAboutInvoice, type AskAboutNeeds } from "./ask-about-invoice.ts";

type Row = { readonly state: AttemptState; readonly orderId: string | null };

function worldOf(rows: readonly Row[], fault: Error | null = null) {
  const told: string[] = [];
  const needs = {
    log: { ...SILENT_LOG, warn: (event: string) => void told.push(event) },
    store: {
      list: async (_view: string, { where }: { readonly where: { readonly invoiceId: string } }) =>
        where.invoiceId === "inv_1" ? rows.map((row, index) => ({ ...row, reference: `inv_1-${index}` })) : [],
      settle: async (items: readonly { readonly attemptId: string }[]) => {
        told.push(...items.map(({ attemptId }) => `settled ${attemptId}`));
        return [];
      },
    },
    clock: { now: () => new Date(0) },
    inbox: {
      attemptsOf: async (_orderId: string, [reference = ""]: readonly string[]) => [
        knownAttempt({ attemptId: reference, reference }),
      ],
    },
    orders: {
      readOrder: async (orderId: string) => {
        told.push(`read ${orderId}`);
        if (fault !== null) throw fault;
        return listedOrder({ orderId, inquiryAnswerOf: () => answerOf("declined") });
      },
    },
  } as unknown as AskAboutNeeds;
  return { needs, told };
}

const UNKNOWN: Row = { state: "unknown", orderId: "ord_1" };

// prettier-ignore
test.each<[rows: readonly Row[], told: readonly string[], because: string]>([
  [[], [], "it was never tried"],
  [[UNKNOWN], ["read ord_1", "settled inv_1-0"], "its outcome is uncertain"],
  [[{ state: "pending", orderId: "ord_2" }, UNKNOWN], ["read ord_2", "settled inv_1-0", "read ord_1", "settled inv_1-1"], "each that is"],
  [[{ state: "declined", orderId: "ord_1" }], [], "it is over"],
  [[{ state: "unknown", orderId: null }], [], "there is no order to be read"],
])("of the attempts %j: %j (%s)", async (rows, told) => {
  const world = worldOf(rows);
  await askAboutInvoice(world.needs, "inv_1");
  expect(world.told).toEqual(told);
});

test("an order that Conekta refuses to show is left, and the next one read", async () => {
  const { needs, told } = worldOf([UNKNOWN, UNKNOWN], new GatewayRefused("no", { httpStatus: 404 } as never));
  await askAboutInvoice(needs, "inv_1");
  expect(told).toEqual(["read ord_1", "order.not_read", "read ord_1", "order.not_read"]);
});

test("where nobody answers, it is not known", async () => {
  const { needs } = worldOf([UNKNOWN], new GatewayUnavailable("no answer", { retryAfterMs: null }));
  await expect(askAboutInvoice(needs, "inv_1")).rejects.toThrow("no answer");
});
