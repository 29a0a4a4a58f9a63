/**
 * Plans and subscriptions from code, through the application layer: for a sign-up page, or a move from another system.
 *
 *   node docs/examples/add-from-code.ts cus_2tTU5GdkwZvBmS3fN
 *
 * Reads the same environment as the daemon, and may run beside it: it writes in short transactions and charges nobody.
 * Run again it changes nothing, and says so.
 */
import { addPlan } from "../../src/application/plans/add-plan.ts";
import { addSubscription } from "../../src/application/subscriptions/add-subscription.ts";
import { importCustomer } from "../../src/application/customers/customers.ts";
import { assemble } from "../../src/assemble.ts";
import { loadConfig } from "../../src/config.ts";
import { BillingError, Refused } from "../../src/domain/errors.ts";
import { exitCodeOf } from "../../src/entrypoints/cli/exit-codes.ts";

async function main(customerId: string): Promise<void> {
  const cwd = process.cwd();
  const config = loadConfig({ cwd });
  await using app = await assemble(config, {
    cwd,
    charging: false,
    database: "write",
    writeLog: (line) => process.stderr.write(line),
  });
  const { minChargeCents } = config.charging;

  await once("plan plata", () =>
    addPlan(
      { ...app, minChargeCents },
      {
        id: "plata",
        name: "Plan Plata",
        currency: "MXN",
        interval: "month",
        frequency: 1,
        trialPeriodDays: 7,
        expiryCount: null,
        lineItems: [{ name: "Plan Plata", unitPriceCents: 9900, quantity: 1 }],
        dunning: "standard",
        catchUp: "oldest_first",
        source: "code",
      },
    ),
  );
  await importCustomer({ ...app, gateway: await app.gateway() }, customerId);
  await once(`subscription of ${customerId}`, () =>
    addSubscription(
      { ...app, minChargeCents },
      {
        id: `${customerId}:plata`,
        planId: "plata",
        customerId,
        startLocal: "2027-01-15T09:00",
        timeZone: "America/Mexico_City",
        quantity: 1,
        lineItems: null,
        discount: { percent: 20 },
        billPast: false,
      },
      "code",
    ),
  );
}

/** What is there already is no mistake: the script may be run twice. */
async function once(what: string, add: () => Promise<unknown>): Promise<void> {
  try {
    await add();
    process.stdout.write(`added ${what}\n`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    process.stdout.write(`${what} was there already\n`);
  }
}

try {
  const [customerId] = process.argv.slice(2);
  if (customerId === undefined) throw new Error("which customer? node docs/examples/add-from-code.ts cus_…");
  await main(customerId);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof BillingError ? exitCodeOf(error) : 64;
}
