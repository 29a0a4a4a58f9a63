/** What a person can do about what the doctor found, in the commands of this program: one row for each mend. */
import type { FindingMend, PlainMend } from "../../application/doctor/finding.ts";

// prettier-ignore
const PLAIN: Readonly<Record<PlainMend, string>> = {
  answer_disputes: "answer them in Conekta's panel before the evidence is due: `npx puntual disputes list` shows which, and until when",
  choose_shorter_window: "compare a shorter window with --since",
  compare_calendar: "they are not billed: compare them with config/plans.yaml, and see `npx puntual subscriptions show SUBSCRIPTION`",
  close_surroundings: "do what it says, and start again",
  compare_clock: "compare the clock with another machine's",
  decide_held: "a person decides: `npx puntual invoices list --status held`, then `npx puntual invoices retry INVOICE`, or `void` or `mark-paid` in place of `retry`",
  free_disk: "free some space: without it nothing is recorded, so no card is charged",
  go: "mend the reason, then say go: npx puntual go",
  look_at_unreadable:
    "they are tried again by themselves; `select * from needs_attention where kind = 'unreadable'` shows which, and what " +
    "Conekta answers: look at them in its panel, or ask its support",
  look_at_waiting_events: "`npx puntual events list --pending` shows why; check the receiver at NOTIFY_URL, and whether the daemon runs",
  make_server_durable: "set fsync and full_page_writes on at the server: without them a power cut loses what was committed, and cards are charged again",
  mend_key: "mend the key; the halt ends by itself once Conekta accepts it",
  mend_receiver: "`npx puntual events list --failed` shows why; mend the receiver at NOTIFY_URL, then `npx puntual events resend --dead`",
  mend_webhooks: "`npx puntual webhooks list --state failed` shows why; mend that, then `npx puntual webhooks replay --failed`",
  move_to_local_disk: "keep the database on a local disk: network file systems do not support the write-ahead log",
  prove_guard: "prove it with a test key: `npx puntual doctor --probe-guard --customer cus_… --yes`, or set CONEKTA_CHARGE_FLOW=single",
  put_key: "put the private key of your Conekta panel into CONEKTA_API_KEY",
  put_right_key: "put the right private key into CONEKTA_API_KEY, of the account these books belong to",
  read_log: "read its log: a halt, a limit of the run, or a gateway that fails keep it from its work",
  keep_or_refund: "decide whether the money is given back: `npx puntual invoices refund INVOICE --reason requested_by_client`, or kept: `npx puntual invoices accept INVOICE --reason TEXT`; `select * from needs_attention where kind = 'paid_after_cancel'` shows which",
  refund_second_payment: "give the second payment back: `npx puntual invoices refund INVOICE --reason other`; `select * from needs_attention where kind = 'paid_again'` shows which",
  restore_and_check_disk: "stop Puntual, check the disk, restore a backup, then run `npx puntual reconcile --since`",
  restore_backup: "stop Puntual, restore a backup, then run `npx puntual reconcile --since`",
  restore_or_decide: "rows were removed or changed outside of Puntual: restore a backup and run `npx puntual reconcile --since`, or decide with these customers what they owe",
  see_that_it_runs: "see that `npx puntual start` runs (check `process`), or run `npx puntual run` once",
  start: "start it (`npm start`, or `npx puntual start`), or run `npx puntual run` from a scheduler of your own",
  sweep: "take into the database what it lacks: npx puntual reconcile --since",
  synchronize_clock: "synchronize the clock (NTP: chrony, systemd-timesyncd)",
  try_when_it_answers: "try again when Conekta answers, or --offline",
  unusable_database: "restore a backup, or mend what is said; then ask again",
  update_node: "update Node (`npm ci` installs the pinned one), which brings the time zone database along",
  use_key_of_the_mode: "use the key of the same mode, or another DATABASE_URL",
  use_single_flow: "set CONEKTA_CHARGE_FLOW=single, and report it to Conekta",
  write_valid_rate: "write the rate that holds into config/plans.yaml (or config/fiscal.yaml), or, if it was extended, confirmed_until; then `npx puntual plans apply`",
  wait_for_inquiries: "Conekta is asked again by itself; when that ends without an answer a person decides: `npx puntual unknown list`",
};

export function findingMendWords(mend: FindingMend): string {
  if (isPlain(mend)) return PLAIN[mend.do];
  switch (mend.do) {
    case "sweep_since":
      return `\`npx puntual reconcile --since ${mend.since}\` takes them into the books, or shows what a person must decide`;
    case "synchronize_clock_and_look":
      return `${PLAIN.synchronize_clock}; if it is right by now, check what fell due too early: \`npx puntual history --since ${mend.since}\``;
    case "close_to_others":
      return `chmod ${mend.mode} ${mend.paths.join(" ")}`;
    case "lengthen_lease":
      return `set LEASE_MS to at least ${mend.leastMs}`;
    case "lengthen_kill_timeout":
      return (
        `set kill_timeout there to more than ${mend.beyondMs} (CONEKTA_TIMEOUT_MS and 5 s for the commit), then ` +
        "`pm2 delete puntual` and `npm start`"
      );
    default:
      return mend satisfies never;
  }
}

function isPlain(mend: FindingMend): mend is Extract<FindingMend, { readonly do: PlainMend }> {
  return mend.do in PLAIN;
}
