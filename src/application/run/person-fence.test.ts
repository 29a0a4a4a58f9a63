import { expect, test } from "@jest/globals";
import { quietRun } from "../../../test/support/quiet-run.ts";
import { listedOrder } from "../../../test/support/seen-orders.ts";
import { GatewayUnavailable, Refused } from "../../domain/errors.ts";
import { mustBeFreeToCollect } from "./person-fence.ts";

const person = { haltKind: "person", haltReason: "ana stopped charging: prices" } as const;

// prettier-ignore
test.each<[world: Parameters<typeof quietRun>[0], becomes: object | null, because: string]>([
  [{}, null, "the books have all that was charged from them"],
  [{ halt: person }, { name: "Refused", message: expect.stringContaining(person.haltReason) }, "a person has stopped all charging"],
  [{ orders: () => [listedOrder()] }, { name: "Refused", message: expect.stringContaining("ord_1") }, "the books are older: that is found, and halts"],
  [{ orders: () => new GatewayUnavailable("no answer") }, { name: "GatewayUnavailable" }, "it is not known"],
  [{ orders: () => new GatewayUnavailable("no answer"), halt: person }, { name: "Refused" }, "whatever is not known, it is halted"],
])("a person's page, case %#: %j", async (world, becomes) => {
  const failure: unknown = await mustBeFreeToCollect(quietRun(world).needs).catch((error: unknown) => error);
  expect(failure ?? null).toEqual(becomes === null ? null : expect.objectContaining(becomes));
  expect(failure === undefined || failure instanceof Refused || failure instanceof GatewayUnavailable).toBe(true);
});
