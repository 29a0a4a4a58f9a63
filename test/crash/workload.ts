/** Adds subscriptions beside the daemon, and decides as a person what stays unknown. */
import path from "node:path";
import { addPlan } from "../../src/application/plans/add-plan.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import type { Random } from "../../src/application/ports/runtime.ts";
import { assembleWith } from "../support/app-fixture.ts";
import { planOf } from "../support/records.ts";
import { decideUnknown } from "./decide.ts";

export type Workload = AsyncDisposable & {
  /** Three customers, some days of debt each. */
  addWork(round: number, random: Random): Promise<void>;
  /** @returns how many outcomes had to be decided */
  decide(): Promise<number>;
};

const DAY_MS = 86_400_000;

export async function openWorkload(options: {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly customerIds: readonly string[];
}): Promise<Workload> {
  const { folder, env, customerIds } = options;
  const variables = { DATABASE_URL: `sqlite:${path.join("data", "puntual.db")}`, ...env };
  const app = await assembleWith(variables, { cwd: folder, charging: false });
  const gateway = await app.gateway();
  const needs = { ...app, minChargeCents: 300 };
  await addPlan(needs, planOf({ interval: "day", catchUp: "all" }));
  const customers = await Promise.all(customerIds.map((id) => gateway.readCustomer(id)));
  await app.store.write(app.clock.now(), async (records) => {
    for (const { livemode: _, ...customer } of customers) await records.putCustomer(customer);
  });

  return {
    async addWork(round, random) {
      for (let place = 0; place < 3; place++) {
        const customerId = customerIds[Math.floor(random.fraction() * customerIds.length)] ?? "";
        const daysAgo = 2 + Math.floor(random.fraction() * 4);
        // The next cycle is half a day away: none opens while a round ends, not even at midnight.
        const start = new Date(app.clock.now().getTime() - (daysAgo + 0.5) * DAY_MS).toISOString().slice(0, 16);
        await addSubscription(
          needs,
          {
            ...{ id: `s${round}-${place}`, planId: "oro", customerId, startLocal: start, timeZone: "UTC" },
            ...{ quantity: 1, lineItems: null, discount: null, billPast: true },
          },
          "code",
          { confirmed: true },
        );
      }
    },
    decide: () => decideUnknown(app),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
