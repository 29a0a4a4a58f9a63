/**
 * Options that mean the same as a key of plans.yaml are judged by the same rules, and every fault is told at once.
 */
import { z } from "zod";
import { planSchema, subscriptionSchema } from "../../adapters/files/plans-schema.ts";
import { readValue } from "../../adapters/files/schema-faults.ts";
import type { Path } from "../../adapters/files/yaml-file.ts";
import { UsageInvalid } from "../../domain/errors.ts";

export const scheduleShape = planSchema.pick({ interval: true, frequency: true, trial_period_days: true }).extend({
  start: subscriptionSchema.shape.start,
  time_zone: z.string().pipe(subscriptionSchema.shape.time_zone.unwrap()),
});

export const subscriptionShape = subscriptionSchema;

const NAMES: Readonly<Record<string, string>> = {
  trial_period_days: "--trial-days",
  line_items: "--line-item",
  "discount.percent": "--discount-percent",
  "discount.amount_cents": "--discount-cents",
};

/** @throws {UsageInvalid} with every fault, each under the name of its option */
export function readOptions<Schema extends z.ZodType>(schema: Schema, values: unknown): z.output<Schema> {
  const faults: string[] = [];
  const read = readValue(
    {
      value: values,
      writtenAt: () => null,
      lineOf: () => 0,
      fault: (path, what) => void faults.push(`  ${nameOf(path)}: ${what}`),
      throwFaults: () => undefined,
    },
    schema,
    values,
    [],
  );
  if (read === null) throw new UsageInvalid(`nothing was done:\n${faults.join("\n")}`);
  return read;
}

/** `["line_items", 0, "unit_price"]` → "--line-item 1 (unit_price)" */
function nameOf(path: Path): string {
  const whole = NAMES[path.join(".")];
  if (whole !== undefined) return whole;
  const [first = "", at, ...rest] = path;
  const name = NAMES[String(first)] ?? `--${String(first).replaceAll("_", "-")}`;
  const which = typeof at === "number" ? ` ${at + 1}` : "";
  return `${name}${which}${rest.length > 0 ? ` (${rest.join(".")})` : ""}`;
}
