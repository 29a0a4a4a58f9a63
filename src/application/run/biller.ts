/**
 * The one way to charge: what must be known before a run may send a charge, in the order that makes it safe.
 *
 * 1. Is the key accepted, and of the mode of this database? Asked until the gateway answered once; whether it knows the
 *    customers, before the charges of every run.
 * 2. Does this process still own the right to charge, and is the database whole? All of it is read at the first tick,
 *    once a day, and after its server failed a tick. One of several that share a server, given up while it heard nothing
 *    of it, takes the right anew.
 * 3. Is the database as new as what was charged from it? Asked until the orders could be compared once, and anew where its
 *    server failed a tick, or is a standby that was promoted since: it may lack the last commits.
 * 4. The run: open, verify; has another installation charged what an empty database is about to charge, does another
 *    process charge from a copy of it? Collect, take the steps of dunning. Without an answer to 3 and 4 it sends no charge.
 *
 * A crash anywhere leaves a database from which the next tick of any process goes on. Daemon, `run`, demo, simulation and
 * crash tests call `tick`, and nothing else charges.
 */
import { DAY_MS } from "../../domain/duration.ts";
import { AlreadyRunning, DatabaseUnusable, GatewayUnavailable, messageOf } from "../../domain/errors.ts";
import type { Owner } from "../ports/installation.ts";
import { emptyRunSummary, type RunSummary } from "../settling/run-summary.ts";
import { besideCharges } from "../settling/beside.ts";
import { endsWithin } from "../concurrency/ends-within.ts";
import { checkKey, mustKnowCustomers } from "../settling/check-key.ts";
import { collectAll, openAndInquire, type BillLimits, type BillNeeds } from "./bill-due.ts";
import { chargedElsewhere } from "./charged-elsewhere.ts";
import { watchForCopies } from "./copy-watch.ts";
import { checkNotRestored, type Fence } from "./restore-fence.ts";
import { whyIncomplete } from "./why-incomplete.ts";

export type Tick = {
  readonly summary: RunSummary;
  /** Why not everything that was due was tried; null: it was. */
  readonly incompleteBecause: string | null;
  /** `unread`: the orders could not be compared, and nobody was charged. */
  readonly fence: Fence;
};

export type Biller = {
  readonly needs: BillNeeds;
  /** By which it owns the right to charge. */
  readonly owner: Owner;
  readonly limits: BillLimits;
  /** Before it is, what is read may be of the other mode: nothing that was read may be written. */
  readonly isKeyChecked: boolean;
  /**
   * One run over everything that is due by now. Never two at once.
   * @param signal aborted: nothing new begins; calls in flight are finished and recorded
   * @throws {WrongMode}
   * @throws {GatewayUnauthorized}
   * @throws {WrongAccount} at any tick
   * @throws {AlreadyRunning} another process took over the sole right to charge: this one must end
   * @throws {DatabaseUnusable} it is damaged, or another file by now; or its server fails (`isOfServer`), which may pass
   */
  tick(signal: AbortSignal): Promise<Tick>;
};

/** @param first by which the right to charge was taken */
export function createBiller(given: BillNeeds, first: Owner, limits: BillLimits): Biller {
  /** Of the tick that is under way. */
  let stopping: AbortSignal | null = null;
  const needs = endingWith(given, () => stopping?.aborted ?? false);
  let owner = first;
  let isKeyChecked = false;
  let fence: Fence = "unread";
  let timeline: string | null = null;
  /** By the monotonic clock. */
  let foundWholeAtMs: number | null = null;
  let checking: Promise<void> | null = null;
  /** What the database says that the last tick left undone. */
  let noted: string | null = null;
  const elsewhere = chargedElsewhere(needs);
  const copies = watchForCopies(needs);
  return {
    needs,
    get owner() {
      return owner;
    },
    limits,
    get isKeyChecked() {
      return isKeyChecked;
    },
    async tick(signal) {
      try {
        const tick = await tickOnce(signal);
        const { stoppedAt } = tick.summary;
        // What a person asked to be left is not left undone, nor what a stop cut short.
        if (!signal.aborted) await note(stoppedAt === "asked_charges" ? null : tick.incompleteBecause);
        return tick;
      } catch (error) {
        if (error instanceof DatabaseUnusable && error.isOfServer) {
          fence = "unread";
          foundWholeAtMs = null;
        }
        await note(messageOf(error));
        throw error;
      }
    },
  };

  async function tickOnce(signal: AbortSignal): Promise<Tick> {
    stopping = signal;
    isKeyChecked ||= await checkKey(needs);
    await ownTheRight();
    await mustBeWhole();
    await lookAtServer();
    if (fence !== "checked") {
      copies.begin();
      fence = await checkNotRestored(needs);
    }
    const summary = emptyRunSummary();
    const compared = await runOnce(summary, signal);
    summary.unreadable = Math.max(summary.unreadable, (await needs.store.unreadable()).count);
    const incompleteBecause = whyIncomplete(summary, compared, needs.breaker) ?? (await whyLost());
    return { summary, fence: compared, incompleteBecause };
  }

  /** @returns whether the orders could be compared: where not, nobody was charged */
  async function runOnce(summary: RunSummary, signal: AbortSignal): Promise<Fence> {
    const beside = besideCharges(limits.readPatienceMs, signal);
    try {
      const mayCollect = await openAndInquire(needs, owner, limits, summary, beside, signal);
      let compared = fence;
      if (mayCollect && compared === "checked") compared = await elsewhere.check(summary);
      if (mayCollect && compared === "checked" && summary.haltReason === null) compared = await compareAnew(summary);
      if (mayCollect && compared === "checked" && summary.haltReason === null)
        await collectAll(needs, owner, limits, summary, beside, signal, copies);
      return compared;
    } finally {
      await beside.end();
    }
  }

  /** Where nothing changes nothing is written: an idle tick waits for no disk. */
  async function note(because: string | null): Promise<void> {
    if (because === noted) return;
    const noting = needs.store.noteUnfinished(owner, because, needs.clock.now()).then(() => {
      noted = because;
    });
    // A database that was silent for the tick is silent for this, too: the next tick notes it, and who stops is not kept.
    try {
      await endsWithin(noting, NOTE_PATIENCE_MS);
    } catch (error) {
      needs.log.warn("tick.not_noted", { because, error });
    }
  }

  /** What may have changed since the process began: whose account the key is of, and who else charges. */
  async function compareAnew(summary: RunSummary): Promise<Fence> {
    const isDue = await copies.mustCompare();
    if (isDue) await mustKnowCustomers(needs);
    const mayCharge = isDue ? await copies.compare(summary) : await copies.compareInTime(summary);
    return mayCharge || summary.haltReason !== null ? "checked" : "unread";
  }

  /**
   * Nothing of the last tick is under way any more: what it had claimed is whoever's now, as that of a process which died.
   * So one that was silent for too long goes on like one that begins: as another owner, and through the fence.
   */
  async function ownTheRight(): Promise<void> {
    if (await needs.store.stillOwns(owner)) return;
    if (needs.shared === null)
      throw new AlreadyRunning(
        "this process was given up: another has taken over the right to charge from this database; it charges nobody any " +
          "more, and ends",
      );
    fence = "unread";
    noted = null;
    owner = await needs.store.takeOver(needs.random.newId("own", needs.clock.now()));
    needs.log.warn("node.given_up", { because: GIVEN_UP });
  }

  /** One that was frozen in mid-run finds nothing that it may claim; the next tick ends it, or takes the right anew. */
  async function whyLost(): Promise<string | null> {
    if (await needs.store.stillOwns(owner)) return null;
    return needs.shared === null ? "another process has taken over the right to charge" : GIVEN_UP;
  }

  /** A failover that is over within the tries of a transaction, or between two ticks, fails none of them. */
  async function lookAtServer(): Promise<void> {
    const found = (await needs.shared?.timeline()) ?? null;
    if (found === null || found === timeline) return;
    timeline = found;
    fence = "unread";
  }

  async function mustBeWhole(): Promise<void> {
    const nowMs = needs.clock.monotonicMs();
    if (foundWholeAtMs !== null && nowMs - foundWholeAtMs < DAY_MS) return;
    checking ??= needs.store.mustBeWhole();
    // A file of gigabytes keeps nobody waiting for long: what is found counts at the tick that it is found in.
    try {
      if (!(await endsWithin(checking, CHECK_PATIENCE_MS))) return;
    } catch (error) {
      checking = null;
      throw error;
    }
    checking = null;
    foundWholeAtMs = nowMs;
  }
}

const GIVEN_UP = "this process was silent for longer than its lease, was given up, and takes the right to charge anew";

/** How long a tick waits for the check of the file. */
const CHECK_PATIENCE_MS = 5_000;
const NOTE_PATIENCE_MS = 5_000;

/** Comparing the orders of a year is broken off when the process ends: they count as unread, and nobody is charged. */
function endingWith(needs: BillNeeds, isStopping: () => boolean): BillNeeds {
  const mustGoOn = (): void => {
    if (isStopping()) throw new GatewayUnavailable("the process ends first", { wasReached: false });
  };
  const { lister } = needs.sweep;
  return {
    ...needs,
    sweep: {
      ...needs.sweep,
      lister: {
        async *listOrders(window) {
          for await (const order of lister.listOrders(window)) {
            mustGoOn();
            yield order;
          }
        },
      },
    },
  };
}
