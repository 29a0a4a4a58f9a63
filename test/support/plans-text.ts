/** Small files of plans, sound or with one line that is not, and what is said of them. */
import { parsePlansFile, type PlansFile } from "../../src/adapters/files/plans-file.ts";
import { ConfigurationInvalid } from "../../src/domain/errors.ts";
import { inEnglish } from "../../src/domain/refusals.ts";

export const OPTIONS = {
  fileName: "plans.yaml",
  minChargeCents: 300,
  dunningPolicies: new Set(["standard", "gentle"]),
  timeZone: "America/Mexico_City",
  tax: null,
  today: "2026-12-01",
};
export const parse = (text: string): PlansFile => parsePlansFile(text, OPTIONS);

export function faultsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigurationInvalid)
      return error.faults.map(({ where, what }) => `${where}: ${inEnglish(what)}`);
    throw error;
  }
  return [];
}

/** A sound file, in which one line is replaced, added or left out. */
const LINES = {
  plan: "  - id: oro",
  name: "    name: Plan Oro",
  interval: "    interval: month",
  items: "    line_items: [{ name: Plan Oro, unit_price: 20015 }]",
  subscription: "  - plan: oro",
  customer: "    customer: cus_2tTU5GdkwZvBmS3fN",
  start: "    start: 2026-12-01T09:00",
};
type Line = keyof typeof LINES;

export function fileWith(changed: Partial<Record<Line | "planExtra" | "subscriptionExtra", string>>): string {
  const line = { ...LINES, planExtra: "", subscriptionExtra: "", ...changed };
  const plan = [line.plan, line.name, line.interval, line.items, line.planExtra];
  const subscription = [line.subscription, line.customer, line.start, line.subscriptionExtra];
  return ["plans:", ...plan, "subscriptions:", ...subscription].filter((each) => each !== "").join("\n");
}
export const planWith = (planExtra: string) => fileWith({ planExtra: `    ${planExtra}` });
export const subscriptionWith = (subscriptionExtra: string) =>
  fileWith({ subscriptionExtra: `    ${subscriptionExtra}` });
export const itemsWith = (item: string) => fileWith({ items: `    line_items: [${item}]` });
