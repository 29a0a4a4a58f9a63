/** What `plans apply` did, or would do, to one thing of the file. */
export type PlanChange = {
  readonly action: "add" | "change" | "cancel" | "remove" | "gone" | "ended";
  readonly kind: "plan" | "subscription" | "customer" | "coupon";
  readonly id: string;
  /** For people: what changes from what to what; the next billing date of what is new. */
  readonly details: readonly string[];
  /** It is gone from the file and stays, until a person asks to end what is gone. */
  readonly isPrunable?: true;
};
