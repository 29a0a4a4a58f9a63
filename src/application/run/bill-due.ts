/**
 * One run: everything that is due by now, in the order in which one step frees work for the next.
 *
 * Any run may be repeated, cut short or overlap a crash: each step reads from the tables what is left to do.
 */
import { AlreadyRunning, GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { collectDue, type CollectLimits, type CollectNeeds } from "../charging/collect-due.ts";
import { promoteLinkCards } from "../dunning/promote-link-card.ts";
import { noticeExpiringCards } from "../dunning/notice-expiring-cards.ts";
import { openDue } from "../charging/open-due.ts";
import type { Owner } from "../ports/store.ts";
import { processWebhooks } from "../webhooks/process-webhooks.ts";
import { isSkewed } from "../../domain/clock-skew.ts";
import type { SweepSide } from "../ports/reconcile.ts";
import { settleAttempts } from "../settling/settle-attempts.ts";
import { recheckLinks } from "../dunning/recheck-links.ts";
import { takeDunningSteps } from "../dunning/take-dunning-steps.ts";
import { countSettled, emptyRunSummary, type RunSummary } from "../settling/run-summary.ts";
import { verifyDue, type VerifyLimits } from "../charging/verify-due.ts";
import type { WebhookNeeds } from "../webhooks/webhook-verdict.ts";

export type BillNeeds = CollectNeeds & {
  /** Absent: no webhooks are taken. */
  readonly webhooks?: WebhookNeeds["webhooks"];
  /** Absent: restored books are not found out. */
  readonly sweep?: SweepSide;
};
export type BillLimits = CollectLimits & VerifyLimits;

const BATCH = 500;

/** @param options.mayCharge false: everything but the charging itself */
export async function billDue(
  needs: BillNeeds,
  owner: Owner,
  limits: BillLimits,
  signal: AbortSignal,
  { mayCharge }: { readonly mayCharge: boolean } = { mayCharge: true },
): Promise<RunSummary> {
  const summary = emptyRunSummary();
  await settleAbandoned(needs, owner, summary);
  if (await isClockRight(needs, summary)) {
    const { opened, held, setAside } = await openDue(needs, signal);
    summary.opened = opened;
    summary.needsPerson += held;
    summary.setAside = setAside;
  }
  summary.haltReason = await reopenIfKeyWorks(needs);
  if (summary.haltReason !== null || !(await isGatewayBack(needs))) return summary;
  const { webhooks } = needs;
  if (webhooks !== undefined) await processWebhooks({ ...needs, webhooks }, limits, summary, signal);
  if (!isKeyRefused(summary)) await verifyDue(needs, limits, summary, signal);
  if (isKeyRefused(summary)) return summary;
  await recheckLinks(needs, summary);
  await promoteLinkCards(needs);
  if (!mayCharge) return summary;
  await collectDue(needs, owner, limits, summary, signal);
  await takeDunningSteps(needs, owner, limits, summary, signal);
  await noticeExpiringCards(needs);
  return summary;
}

function isKeyRefused({ haltReason }: RunSummary): boolean {
  return haltReason !== null;
}

/** With a wrong clock nothing is opened: it would be billed too early, or look missed. What is open is still collected. */
async function isClockRight({ gateway, store, log }: BillNeeds, summary: RunSummary): Promise<boolean> {
  if (!isSkewed(gateway.clockSkewMs())) return true;
  // What the last answer showed may be mended since then: ask again before refusing to work.
  await gateway.probe(await store.anyCustomerId()).catch(() => null);
  const clockSkewMs = gateway.clockSkewMs();
  if (!isSkewed(clockSkewMs)) return true;
  summary.clockSkewMs = clockSkewMs;
  log.error("clock.wrong", { clockSkewMs, because: "this clock and the gateway's differ; no invoice is opened" });
  return false;
}

/** Attempts whose process died: claims are free again, what may have been sent is uncertain. */
export async function settleAbandoned(needs: BillNeeds, owner: Owner, summary: RunSummary): Promise<void> {
  for (;;) {
    const ids = await needs.store.abandoned(owner, needs.clock.now(), BATCH);
    if (ids.length === 0) return;
    const items = ids.map((attemptId) => ({ attemptId, evidence: { kind: "lease_expired" } as const }));
    const settled = await settleAttempts(needs, items);
    for (const each of settled) countSettled(summary, each, { amountCents: 0, currency: "MXN" });
    // One that cannot be settled stays abandoned, and has been logged; it must not keep this run from the rest.
    if (settled.length < ids.length) return;
  }
}

/** An open breaker is closed by one read that the gateway answers, tried every 30 seconds. */
async function isGatewayBack({ breaker, store, gateway, clock, log }: BillNeeds): Promise<boolean> {
  if (!breaker.isOpen) return true;
  const now = clock.now();
  if (breaker.probeAt !== null && now < breaker.probeAt) return false;
  try {
    await gateway.probe(await store.anyCustomerId());
  } catch (error) {
    if (error instanceof GatewayUnavailable) {
      breaker.probeFailed(now);
      log.warn("breaker.still_open", { because: error.message });
      return false;
    }
    if (!(error instanceof GatewayRefused || error instanceof GatewayUnauthorized)) throw error;
  }
  breaker.probeSucceeded();
  log.info("breaker.closed");
  return true;
}

/**
 * A gate that a refused key closed is reopened by a read that the gateway answers; one of restored books only by a
 * sweep. @returns why it stays closed, or null
 */
async function reopenIfKeyWorks({ store, gateway, clock, log }: BillNeeds): Promise<string | null> {
  const { haltReason, haltKind } = await store.installation();
  if (haltReason === null || haltKind === "restored") return haltReason;
  try {
    await gateway.probe(await store.anyCustomerId());
  } catch (error) {
    if (error instanceof GatewayUnauthorized || error instanceof GatewayUnavailable) return haltReason;
    // A customer it does not know is an answer too: the key was accepted.
    if (!(error instanceof GatewayRefused)) throw error;
  }
  await store.resumeCharging(clock.now());
  log.info("charging.resumed");
  return null;
}

/**
 * Before the first charge of a process: is this the key of the mode these books are kept in?
 *
 * A gateway that cannot be reached proves nothing and stops nothing: customers of one mode do not exist in the other.
 * @returns whether the gateway answered; if not, ask again at the next run
 * @throws {WrongMode}
 * @throws {GatewayUnauthorized}
 */
export async function checkKey({
  store,
  gateway,
  log,
}: Pick<BillNeeds, "store" | "gateway" | "log">): Promise<boolean> {
  try {
    const { livemode } = await gateway.probe(await store.anyCustomerId());
    if (livemode !== null) await store.confirmMode(livemode);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
    log.warn("key.not_checked", { because: error.message });
    return error instanceof GatewayRefused;
  }
}

/**
 * A process that was succeeded is fenced off and charges nobody; it must say so, and end.
 *
 * @throws {AlreadyRunning}
 */
export async function mustStillOwn(store: Pick<BillNeeds["store"], "installation">, owner: Owner): Promise<void> {
  if ((await store.installation()).epoch !== owner.epoch)
    throw new AlreadyRunning("another process has taken over the right to charge from this database; this one ends");
}
