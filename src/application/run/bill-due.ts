/**
 * The two halves of one run, in the order in which one step frees work for the next. `biller.ts` alone calls them.
 *
 * Any run may be repeated, cut short or overlap a crash: each step reads from the tables what is left to do. One that a bug
 * breaks is said, and keeps the run from none of the others.
 */
import { nameHeldDue } from "../charging/other-processes.ts";
import { collectDue, type CollectLimits, type CollectNeeds } from "../charging/collect-due.ts";
import { promoteLinkCards } from "../dunning/promote-link-card.ts";
import { noticeExpiringCards } from "../dunning/notice-expiring-cards.ts";
import { mayOpen } from "../charging/may-open.ts";
import { openDue } from "../charging/open-due.ts";
import type { Duties } from "../ports/duties.ts";
import type { Owner } from "../ports/installation.ts";
import { processWebhooks } from "../webhooks/process-webhooks.ts";
import { stopsInquiries } from "../../domain/halt.ts";
import type { SweepSide } from "../ports/reconcile.ts";
import type { CopyWatch } from "./copy-watch.ts";
import type { Beside } from "../settling/beside.ts";
import { askGateway } from "../settling/ask-gateway.ts";
import { settleAbandoned } from "../settling/settle-abandoned.ts";
import { recheckOver } from "../settling/recheck-over.ts";
import { rereadUnpaid } from "../dunning/reread-unpaid.ts";
import { rereadCustomers } from "../dunning/reread-customers.ts";
import { takeDunningSteps } from "../dunning/take-dunning-steps.ts";
import { takeStep, type RunSummary } from "../settling/run-summary.ts";
import { inquireDue, type InquiryLimits } from "../charging/inquire-due.ts";
import { readDisputed } from "../webhooks/read-disputed.ts";
import type { WebhookNeeds } from "../webhooks/webhook-verdict.ts";

export type BillNeeds = CollectNeeds & {
  readonly webhooks: WebhookNeeds["webhooks"];
  readonly sweep: SweepSide;
  readonly duties: Duties;
};
export type BillLimits = CollectLimits &
  InquiryLimits & {
    /** Orders that one run reads again for disputes; 0: all of them are read between two runs (`spare-time.ts`). */
    readonly rereadsAtATick: number;
  };

/**
 * Everything of a run but the charging: settle what was abandoned, open what is due, learn what became of what is uncertain.
 * Reads that take long go on beside the charges.
 * @returns whether the gateway answers and accepts the key, so that charges may follow
 */
export async function openAndInquire(
  needs: BillNeeds,
  owner: Owner,
  limits: BillLimits,
  summary: RunSummary,
  beside: Beside,
  signal: AbortSignal,
): Promise<boolean> {
  const step = (name: string, take: () => Promise<unknown>) => takeStep(needs, summary, name, take);
  await step("settle", () => settleAbandoned(needs, owner, summary));
  await step("open", async () => {
    if (!(await mayOpen(needs, summary))) return;
    const { opened, held, setAside } = await openDue(needs, signal, await unpaidToWait(needs, summary, beside));
    summary.opened = opened;
    summary.needsPerson += held;
    summary.setAside = [...summary.setAside, ...setAside];
  });
  await reopenIfKeyWorks(needs);
  const { haltReason, haltKind } = await needs.store.installation();
  if (stopsInquiries(haltKind)) summary.haltReason = haltReason;
  if (isKeyRefused(summary) || !(await isGatewayBack(needs))) return false;
  await beside.wait(askAboutOrders(needs, limits, summary, beside.signal));
  summary.haltReason ??= haltReason;
  return summary.haltReason === null && !needs.breaker.isOpen;
}

/** What webhooks hint at, what is uncertain, and what may have come back: each order is read for itself. */
async function askAboutOrders(
  needs: BillNeeds,
  limits: BillLimits,
  summary: RunSummary,
  signal: AbortSignal,
): Promise<void> {
  const step = (name: string, take: () => Promise<unknown>) => takeStep(needs, summary, name, take);
  await step("webhooks", () => processWebhooks(needs, limits, summary, signal));
  await needs.duties.alone("inquiries", async () => {
    if (!isKeyRefused(summary)) await step("inquiries", () => inquireDue(needs, limits, summary, signal));
    if (isKeyRefused(summary)) return;
    await step("rechecks", () => recheckOver(needs, limits, summary, signal));
    await step("cards", () => promoteLinkCards(needs, summary, signal));
    if (limits.rereadsAtATick > 0)
      await step("disputes", () => readDisputed(needs, summary, signal, { most: limits.rereadsAtATick, atOnce: 1 }));
  });
}

/** The charging, and what follows from declines. */
export async function collectAll(
  needs: BillNeeds,
  owner: Owner,
  limits: BillLimits,
  summary: RunSummary,
  beside: Beside,
  signal: AbortSignal,
  copies: CopyWatch,
): Promise<void> {
  const step = (name: string, take: () => Promise<unknown>) => takeStep(needs, summary, name, take);
  const reread = () => step("customers", () => rereadCustomers(needs, summary, beside));
  await beside.wait(needs.duties.alone("dunning", reread));
  await step("collect", () => collectDue(needs, owner, limits, summary, signal, copies));
  await step("held", () => nameHeldDue(needs, summary));
  await needs.duties.alone("dunning", async () => {
    await step("dunning", () => takeDunningSteps(needs, owner, limits, summary, signal));
    await step("notices", () => noticeExpiringCards(needs, signal));
  });
}

/** While nothing is asked of the gateway, the cycles of unpaid subscriptions wait for the day on which it is. */
async function unpaidToWait(needs: BillNeeds, summary: RunSummary, beside: Beside): Promise<readonly string[]> {
  const { haltKind } = await needs.store.installation();
  if (haltKind === null && !needs.breaker.isOpen) return await rereadUnpaid(needs, summary, beside);
  return (await needs.store.unpaidDue(needs.clock.now())).map(({ subscriptionId }) => subscriptionId);
}

function isKeyRefused({ haltReason }: RunSummary): boolean {
  return haltReason !== null;
}

/** An open breaker is closed by one read that the gateway answers, tried every 30 seconds. */
async function isGatewayBack(needs: BillNeeds): Promise<boolean> {
  const { breaker, clock, log } = needs;
  const { probeAt } = breaker;
  if (probeAt === null) return true;
  const now = clock.now();
  if (now < probeAt) return false;
  const answer = await askGateway(needs);
  if (answer.is === "silent") {
    breaker.probeFailed(now, answer.error.retryAfterMs);
    log.warn("breaker.still_open", { because: answer.error.message });
    return false;
  }
  breaker.probeSucceeded();
  log.info("breaker.closed");
  return true;
}

/** A halt for a refused key is lifted by a read that the gateway answers. While another halt stands, nobody asks. */
async function reopenIfKeyWorks(needs: BillNeeds): Promise<void> {
  const { store, clock, log } = needs;
  if ((await store.installation()).haltKind !== "unauthorized") return;
  if ((await askGateway(needs)).is !== "answering") return;
  await store.resumeCharging({ kind: "unauthorized" }, clock.now());
  log.info("charging.resumed");
}
