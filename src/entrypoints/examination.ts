/** What the doctor is given to examine: the machine, the processes that charge, the books, and Conekta. */
import { packageFolder } from "../adapters/files/package-folder.ts";
import { lookAtMachine, offsetMinutes } from "../adapters/machine.ts";
import { chargeLockOwner } from "../adapters/store/dialect/lock.ts";
import { examine } from "../application/doctor/examine.ts";
import type { Finding } from "../application/doctor/finding.ts";
import type { Assembly } from "../assemble.ts";
import type { Config } from "../config.ts";
import { DAY_MS } from "../domain/duration.ts";
import { type ChargingProcesses, chargingProcesses } from "./charging-processes.ts";

const DEFAULT_WINDOW_MS = 2 * DAY_MS;

export async function lookAround(config: Config, cwd: string) {
  const { database } = config;
  const isFile = database.kind === "sqlite";
  const machine = await lookAtMachine(isFile ? database.path : null, [cwd, packageFolder()]);
  return {
    machine: { ...machine, dangers: config.dangers },
    lockOwner: isFile ? chargeLockOwner(database.path) : null,
  };
}

export async function examineBooks(
  app: Assembly,
  { machine, lockOwner }: Awaited<ReturnType<typeof lookAround>>,
  { offline = false, since }: { readonly offline?: boolean | undefined; readonly since?: Date | undefined },
): Promise<readonly Finding[]> {
  const { store, clock, config } = app;
  const { chargeFlow: flow, timeoutMs } = config.conekta;
  return await examine(
    {
      store,
      clock,
      machine: {
        ...machine,
        chargingPid: lockOwner ?? living(await chargingProcesses(config, store.inspection)),
      },
      offsetMinutes,
      inspection: store.inspection,
      outbox: store.outbox,
      settings: { flow, timeoutMs, leaseMs: config.charging.leaseMs, timeZone: config.billing.timeZone },
      gateway: offline ? null : () => app.gateway(),
      books: { records: store.sweep, attempts: store.inbox },
    },
    { since: since ?? new Date(clock.now().getTime() - DEFAULT_WINDOW_MS) },
  );
}

/** "4711 on db1, 4712 on db2"; null: none. */
function living({ nodes }: ChargingProcesses): string | null {
  const alive = nodes.filter(({ isAlive }) => isAlive === true);
  return alive.length === 0 ? null : alive.map(({ pid, host }) => `${pid} on ${host}`).join(", ");
}
