import { expect, test } from "@jest/globals";
import { quietRun } from "../../../test/support/quiet-run.ts";
import { listedOrder } from "../../../test/support/seen-orders.ts";
import { GatewayUnavailable } from "../../domain/errors.ts";
import { mustBeFreeToCollect } from "./person-fence.ts";

const person = { haltKind: "person", haltReason: "ana stopped charging: prices" } as const;
const SILENT = new GatewayUnavailable("no answer");

// prettier-ignore
test.each<[world: Parameters<typeof quietRun>[0], becomes: string, because: string]>([
  [{}, "made", "the books have all that was charged from them"],
  [{ halt: person }, "Refused, ana stopped charging", "a person has stopped all charging"],
  [{ orders: () => [listedOrder()] }, "Refused, ord_1", "the books are older: that is found, and halts"],
  [{ orders: () => SILENT }, "GatewayUnavailable", "it is not known"],
  [{ orders: () => SILENT, halt: person }, "Refused, ana stopped charging", "whatever is not known, it is halted"],
])("a person's page, case %#: %j", async (world, becomes) => {
  const failure: unknown = await mustBeFreeToCollect(quietRun(world).needs).catch((error: unknown) => error);
  const said = failure instanceof Error ? `${failure.name}, ${failure.message}` : "made, at once";
  const [name = "", words = ""] = becomes.split(", ");
  expect(said.startsWith(name) && said.includes(words)).toBe(true);
});
