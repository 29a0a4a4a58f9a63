/**
 * One process that ticks as the daemon does, with a clock that is moved to whatever is due next; and a person who
 * decides what no read can show.
 */
import type { Biller } from "../../src/application/run/biller.ts";
import type { Assembly } from "../../src/assemble.ts";
import { AlreadyRunning } from "../../src/domain/errors.ts";
import { withTables } from "../support/raw-tables.ts";
import { decideUnknown } from "./decide.ts";
import type { Points } from "./points.ts";
import { START, type CrashFixture } from "./crash-fixture.ts";

/** Before the next month's bill, after every retry of a decline. */
const HORIZON_MS = START.getTime() + 12 * 86_400_000;
const MOST_TICKS = 100;

export type TickingProcess = {
  /** Ticks until nothing is due; ends early when the process dies or is stopped. */
  untilQuiet(): Promise<void>;
  /** One that was stopped finishes the tick it was in. */
  wake(): Promise<void>;
  end(): Promise<void>;
};

export type TickingOptions = {
  readonly points: Points;
  /** Charges at once. */
  readonly concurrency: number;
  /** Without the lock of the kernel, beside a process that is not dead. */
  readonly unlocked?: boolean;
};

export async function startTicking(
  fixture: CrashFixture,
  { points, concurrency, unlocked = false }: TickingOptions,
): Promise<TickingProcess> {
  const app = await fixture.open({ charging: !unlocked, concurrency });
  points.watch("store", app.store, ["close"]);
  points.watch("inbox", app.store.inbox);
  points.watch("books", app.store.sweep);
  const gateway = await app.gateway();
  points.watch("gateway", gateway, ["clockEvidence", "listOrders"]);
  const tickOn = ticking(app, fixture, points);
  let living: Promise<void> | null = null;
  return {
    untilQuiet: async () => {
      living = tickOn();
      await Promise.race([living, points.reached]);
    },
    wake: async () => {
      points.wake();
      await living;
    },
    end: async () => {
      await points.settled();
      await app[Symbol.asyncDispose]();
    },
  };
}

function ticking(app: Assembly, fixture: CrashFixture, points: Points): () => Promise<void> {
  let biller: Biller | null = null;
  return async () => {
    biller ??= await app.biller({ readPatienceMs: Infinity });
    let before = "";
    for (let ticks = 0; ; ticks++) {
      const due = await dueInstants(fixture);
      const isStuck = JSON.stringify(due) === before;
      before = JSON.stringify(due);
      // What waits for something else, such as its customer's other charge, is due and cannot be done: time goes on.
      const now = fixture.clock.now().getTime();
      const dueAt = due.find((at) => at > now || !isStuck);
      if (dueAt === undefined || dueAt > HORIZON_MS) return;
      if (ticks > MOST_TICKS) throw new Error(`${MOST_TICKS} ticks, and something is still due`);
      if (dueAt > now) fixture.clock.set(new Date(dueAt));
      try {
        const { summary } = await biller.tick(new AbortController().signal);
        if (summary.setAside.length > 0) throw new Error(`set aside: ${summary.setAside.join(", ")}; its log says why`);
      } catch (error) {
        // Succeeded while it was stopped: the daemon ends here.
        if (error instanceof AlreadyRunning && points.fatal !== null) return;
        throw error;
      }
      if (points.fatal !== null) return;
      await payPages(fixture);
    }
  };
}

/** Whoever was told the address of a page pays there, in cash. */
async function payPages({ place, sandbox }: CrashFixture): Promise<void> {
  const open = await withTables(place, (tables) =>
    tables.all<{ readonly order_id: string }>(
      `select a.order_id from payment_link l join attempt a on a.id = l.attempt_id
       where l.url is not null and a.state = 'pending'`,
    ),
  );
  const isPaid = new Set(sandbox.ledger().map(({ orderId }) => orderId));
  for (const { order_id: orderId } of open) if (!isPaid.has(orderId)) sandbox.visitPage(orderId, { pay: "cash" });
}

/** When there is anything to do, earliest first. */
async function dueInstants({ place }: CrashFixture): Promise<readonly number[]> {
  const rows = await withTables(place, (tables) =>
    tables.all<{ readonly at: number }>(
      `select next_billing_at as at from subscription where next_billing_at is not null
       union select next_attempt_at from invoice where next_attempt_at is not null
       union select dunning_due_at from invoice where dunning_due_at is not null
       union select next_inquiry_at from attempt where next_inquiry_at is not null
       union select claimed_until + 1 from attempt where state in ('claimed', 'sending')
       order by at`,
    ),
  );
  return rows.map(({ at }) => at);
}

/** @returns whether there was anything to decide */
export async function decide(fixture: CrashFixture): Promise<boolean> {
  await using app = await fixture.open({ charging: false });
  return (await decideUnknown(app)) > 0;
}
