/** Who calls: the holder of a key, or of ADMIN_TOKEN; and how often each may. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Assembly } from "../../../assemble.ts";
import { ADMIN, type Scope, SCOPES } from "../../../domain/api-key.ts";
import { MINUTE_MS } from "../../../domain/duration.ts";
import { hashOfKey } from "../../api-key.ts";

export type Caller = { readonly name: string; readonly scopes: readonly Scope[] };

export type Callers = {
  /** Null: nobody's. */
  whoIs(authorization: string | undefined): Promise<Caller | null>;
  /** @returns in how many seconds it may call again; 0: now */
  waitSeconds(caller: Caller): number;
  /** What is still being written. */
  settled(): Promise<void>;
};

export function callersOf({ store, clock, log, config }: Assembly): Callers {
  const { ratePerSecond } = config.api;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const notedAt = new Map<string, number>();
  const notes = new Set<Promise<void>>();

  /** Once a minute and key, beside the request: that a key is used must not slow its use. */
  function noteUse(name: string): void {
    const now = clock.now();
    if (now.getTime() - (notedAt.get(name) ?? -Infinity) < MINUTE_MS) return;
    notedAt.set(name, now.getTime());
    const note = store.keys
      .noteUse(name, now)
      .catch((error: unknown) => log.warn("key.use_not_noted", { error }))
      .finally(() => notes.delete(note));
    notes.add(note);
  }

  return {
    async whoIs(authorization) {
      const given = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      if (given === undefined) return null;
      const admin = config.http?.adminToken?.reveal();
      if (admin !== undefined && isSame(given, admin)) return { name: ADMIN, scopes: SCOPES };
      const holder = await store.keys.holderOf(hashOfKey(given));
      if (holder !== null) noteUse(holder.name);
      return holder;
    },
    waitSeconds({ name }) {
      if (ratePerSecond === 0) return 0;
      const atMs = clock.monotonicMs();
      const bucket = buckets.get(name) ?? { tokens: ratePerSecond, atMs };
      const tokens = Math.min(ratePerSecond, bucket.tokens + ((atMs - bucket.atMs) / 1000) * ratePerSecond);
      const mayCall = tokens >= 1;
      buckets.set(name, { tokens: mayCall ? tokens - 1 : tokens, atMs });
      return mayCall ? 0 : Math.max(1, Math.ceil((1 - tokens) / ratePerSecond));
    },
    async settled() {
      await Promise.all(notes);
    },
  };
}

/** In a time that tells nothing of where they differ. */
export function isSame(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
