/** What people asked for, and whether it was answered: the measure of every change that nobody but a person may cause. */
import type { Asked } from "./promised.ts";

export type AskedLog = {
  /** Called when the command begins; what it becomes is written into the entry. */
  note(asked: Asked): void;
  /** Commands about a subscription, whatever became of them: each may have had its effect. */
  ofSubscription(subscriptionId: string, ...acts: readonly string[]): Asked[];
  /** Taken back since, as a person was answered; or, without an answer, perhaps. */
  isTakenBack(asked: Asked): boolean;
  isSurelyTakenBack(asked: Asked): boolean;
  /** Of whichever subscription. */
  ofSubscriptions(...acts: readonly string[]): Asked[];
  ofInvoice(invoiceId: string, ...acts: readonly string[]): Asked[];
  /** A pause was planned for that instant: it has a first and a last day, and whoever was not answered knows neither. */
  isInPause(subscriptionId: string, atMs: number): boolean;
  /** A backup is made. @returns it is put back: what was changed of a subscription since is lost, and what was under way unknown */
  backUp(): () => void;
  /** Any of these, about anything, begun in between; with none named, of any kind. */
  isAnyBetween(fromMs: number, toMs: number, ...acts: readonly string[]): boolean;
};

export function newAskedLog(): AskedLog {
  const all: Asked[] = [];
  const bySubscription = new Map<string, Asked[]>();
  const byInvoice = new Map<string, Asked[]>();
  const within = (list: readonly Asked[] | undefined, acts: readonly string[]): Asked[] =>
    (list ?? []).filter(({ act }) => acts.includes(act));
  /** The commands that took it back, but for those that were refused. */
  const takenBackBy = ({ act, subscriptionId, begunMs, answer }: Asked): Asked[] =>
    (bySubscription.get(subscriptionId) ?? []).filter(
      (each) =>
        each.act === TAKES_BACK[act] &&
        each.begunMs >= begunMs &&
        each.answer !== undefined &&
        (each.doneMs === null || act !== "skip" || cycleIn(each.answer) === cycleIn(answer)),
    );
  return {
    isTakenBack: (asked) => takenBackBy(asked).length > 0,
    isSurelyTakenBack: (asked) => takenBackBy(asked).some(({ doneMs }) => doneMs !== null),
    note: (asked) => {
      all.push(asked);
      if (OF_SUBSCRIPTION.has(asked.act)) put(bySubscription, asked.subscriptionId, asked);
      if (OF_INVOICE.has(asked.act)) put(byInvoice, asked.invoiceId, asked);
    },
    ofSubscription: (id, ...acts) => within(bySubscription.get(id), acts),
    ofSubscriptions: (...acts) => within(all, acts),
    ofInvoice: (id, ...acts) => within(byInvoice.get(id), acts),
    isInPause: (id, atMs) =>
      within(bySubscription.get(id), ["plan_pause"]).some(({ doneMs, answer }) => {
        if (doneMs === null) return answer !== undefined;
        const { from, until } = answer as { from: Date; until: Date };
        return atMs >= from.getTime() && atMs < until.getTime();
      }),
    backUp: () => {
      const known = new Map(within(all, ["change", "plan_pause"]).map((asked) => [asked, { ...asked }]));
      return () => {
        for (const asked of within(all, ["change", "plan_pause"])) {
          const { answer, doneMs = null } = known.get(asked) ?? {};
          Object.assign(asked, { answer, doneMs });
        }
      };
    },
    isAnyBetween: (fromMs, toMs, ...acts) =>
      (acts.length === 0 ? all : within(all, acts)).some(({ begunMs }) => begunMs >= fromMs && begunMs <= toMs),
  };
}

const OF_SUBSCRIPTION: ReadonlySet<string> = new Set([
  "pause",
  "resume",
  "skip",
  "cancel_at_end",
  "cancel_now",
  "change",
  "plan_pause",
  "unskip",
  "uncancel",
]);
const TAKES_BACK: Readonly<Record<string, string>> = { skip: "unskip", cancel_at_end: "uncancel" };
const OF_INVOICE: ReadonlySet<string> = new Set(["retry", "void", "mark_paid", "link", "cancel_link"]);

function cycleIn(answer: unknown): number | null {
  return (answer as { cycle?: number } | null)?.cycle ?? null;
}

function put(lists: Map<string, Asked[]>, id: string, asked: Asked): void {
  lists.set(id, [...(lists.get(id) ?? []), asked]);
}
