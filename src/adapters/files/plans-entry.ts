/** One entry of plans.yaml: as it stands in the file, and what it means in our words. */
import type { Plan } from "../../domain/plan.ts";
import type { Apply } from "../../domain/proration.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Path } from "./yaml-file.ts";

export type FilePlan = Omit<Plan, "source">;

export type FileSubscription = Pick<
  Subscription,
  "id" | "planId" | "customerId" | "startLocal" | "timeZone" | "quantity" | "lineItems" | "discount" | "billPast"
> & {
  /** How another plan or quantity is applied to one that runs; none: a plan is not changed. */
  readonly change?: Apply | undefined;
  /** Where it stands in the file, for a person: "line 12". */
  readonly where: string;
};

/** One entry of a list, as it stands in the file; `sound` is what it means, null when it has a fault of its own. */
export type Item<Sound> = { readonly value: unknown; readonly path: Path; readonly sound: Sound | null };
