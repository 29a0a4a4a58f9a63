/**
 * A healthy application, ready to be hurt: one customer at a sandbox with three paid months, and what the doctor finds.
 *
 * What a test plants is written by plain SQL, or done at the sandbox behind Puntual's back.
 */
import type { GuardProber, Machine } from "../../src/application/ports/doctor.ts";
import { examine, type ExamineNeeds } from "../../src/application/doctor/examine.ts";
import type { CheckName, Finding } from "../../src/application/doctor/finding.ts";
import type { Gateway } from "../../src/application/ports/gateway.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import type { OrderReader } from "../../src/application/ports/webhooks.ts";
import { lookAtMachine, offsetMinutes } from "../../src/adapters/machine.ts";
import type { SandboxOptions } from "../../src/sandbox/server.ts";
import { type AppFixture, type Environment, openApp } from "../support/app-fixture.ts";
import { DAY_MS, MINUTE_MS, NOW } from "../support/records.ts";

type Conekta = Gateway & OrderLister & OrderReader & GuardProber;

export type BilledAppOptions = {
  readonly sandbox?: SandboxOptions;
  readonly env?: Environment;
  readonly token?: string;
};

/** Cycles 1 to 3 of the subscription "jorge" are billed; it is ten minutes after the last. */
export async function openBilledApp({ sandbox = {}, env = {}, token }: BilledAppOptions = {}): Promise<AppFixture> {
  const app = await openApp({ now: NOW, sandbox, env });
  await app.subscribeWithCard("jorge", token, "2026-01-31T09:00");
  for (const day of ["2026-02-28", "2026-03-31", "2026-04-30"]) {
    app.clock.set(new Date(`${day}T15:00:00Z`));
    await app.run();
  }
  app.clock.advance(10 * MINUTE_MS);
  return app;
}

export async function conektaOf(app: AppFixture): Promise<Conekta> {
  return await app.assembly.gateway();
}

export async function findingsOf(
  app: AppFixture,
  change: Partial<ExamineNeeds> = {},
  { since = new Date(app.clock.now().getTime() - 2 * DAY_MS) } = {},
): Promise<readonly Finding[]> {
  const { store, clock, databasePath, folder } = app;
  const { conekta, charging } = app.assembly.config;
  const machine: Machine = { ...(await lookAtMachine(databasePath, [folder])), chargingPid: "4711", dangers: [] };
  const healthy: ExamineNeeds = {
    ...{ store, clock, machine, offsetMinutes, inspection: store.inspection, outbox: store.outbox },
    settings: {
      flow: conekta.chargeFlow,
      timeoutMs: conekta.timeoutMs,
      leaseMs: charging.leaseMs,
      timeZone: "America/Mexico_City",
    },
    gateway: () => conektaOf(app),
    books: { records: store.sweep, attempts: store.inbox },
  };
  const findings = await examine({ ...healthy, ...change }, { since });
  for (const each of findings) mustBeSpanish(each);
  return findings;
}

const ENGLISH =
  /\b(the|is|are|of|and|with|none|oldest|cannot|charged|expected|since|payments?|cycles?|know|its|than)\b/i;

/** Whatever is found is told in both languages. Why charging is halted or undone stands in the words of whoever noted it. */
function mustBeSpanish({ check, found, foundInSpanish }: Finding): void {
  // A test's own error of the key has no code.
  const noted = check === "halt" || check === "last_tick" || (check === "key" && found === foundInSpanish);
  if (noted || !ENGLISH.test(foundInSpanish)) return;
  throw new Error(`${check}: "${found}" is told in Spanish as "${foundInSpanish}"`);
}

/** What one check of an examination finds. */
export async function findingOf(app: AppFixture, name: CheckName, change?: Partial<ExamineNeeds>): Promise<Finding> {
  const finding = (await findingsOf(app, change)).find(({ check }) => check === name);
  if (finding === undefined) throw new Error(`the doctor did not look at ${name}`);
  return finding;
}
