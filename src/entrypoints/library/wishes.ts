/**
 * What a program wants of plans and subscriptions, in names of JavaScript, judged by the rules of plans.yaml.
 *
 * Every fault is said at once, under the name that the program wrote.
 */
import type { z } from "zod";
import { planOf, subscriptionOf } from "../../adapters/files/plans-file.ts";
import { planSchema, subscriptionSchema } from "../../adapters/files/plans-schema.ts";
import { readValue } from "../../adapters/files/schema-faults.ts";
import type { Discount, LineItem } from "../../domain/money.ts";
import { type InputFault, InputInvalid } from "../../domain/errors.ts";
import type { Plan } from "../../domain/plan.ts";
import type { SubscriptionOrder } from "../../domain/subscription.ts";
import type { Tax } from "../../domain/tax.ts";

/** `quantity` of a line is 1 where it is left out. */
export type LineWish = Omit<LineItem, "quantity"> & { readonly quantity?: number };

type Needed = "id" | "name" | "interval";
/** What is left out is as plans.yaml has it: MXN, every interval, no trial, no end, the policy `standard`. */
export type PlanWish = Pick<Plan, Needed> &
  Partial<Omit<Plan, Needed | "source" | "lineItems" | "prices">> & {
    readonly lineItems: readonly LineWish[];
    readonly prices?: readonly { readonly from: string; readonly lineItems: readonly LineWish[] }[];
  };

export type SubscriptionWish = {
  /** `customer:plan` where it is left out. */
  readonly id?: string;
  readonly plan: string;
  /** Conekta's id. */
  readonly customer: string;
  /** Local date and time of the first charge: "2026-12-01T09:00" */
  readonly start: string;
  readonly timeZone?: string;
  readonly quantity?: number;
  readonly lineItems?: readonly LineWish[] | null;
  readonly discount?: Discount | null;
  readonly billPast?: boolean;
};

/** @param tax of the merchant, for a plan that names none @throws {InputInvalid} */
export function planFrom(wish: PlanWish, tax: Tax | null): Plan {
  return { ...planOf(read(planSchema, wish, "the plan"), tax), source: "code" };
}

/** @throws {InputInvalid} */
export function orderFrom(wish: SubscriptionWish, timeZone: string): SubscriptionOrder {
  const { where: _where, ...order } = subscriptionOf(read(subscriptionSchema, wish, "the subscription"), timeZone, 0);
  return order;
}

function read<Schema extends z.ZodType>(schema: Schema, wish: unknown, what: string): z.output<Schema> {
  const faults: InputFault[] = [];
  const value = renamed(wish, snake);
  const file = {
    value,
    writtenAt: () => null,
    lineOf: () => 0,
    fault: (path: readonly (string | number)[], fault: string) =>
      void faults.push({
        where: path.map((step) => (typeof step === "number" ? step : camel(step))).join("."),
        what: fault,
      }),
    throwFaults: () => undefined,
  };
  const entry = readValue(file, schema, value, []);
  if (entry === null) throw new InputInvalid(`${what} is not valid, and nothing was changed`, faults);
  return entry;
}

/** What is undefined is left out. */
function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, rename));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]: [string, unknown]) => [rename(key), renamed(each, rename)]));
}

/** The file says `unit_price`, and that it is cents; code says `unitPriceCents`. */
function snake(key: string): string {
  return key === "unitPriceCents" ? "unit_price" : key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camel(key: string): string {
  return key === "unit_price"
    ? "unitPriceCents"
    : key.replaceAll(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
}
