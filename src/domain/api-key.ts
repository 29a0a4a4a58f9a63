/** What a key of the HTTP API may do. Each scope stands for itself; every key may read. */
export const SCOPES = ["read", "write", "money", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The actor of whoever calls with ADMIN_TOKEN, who may do everything. No key bears this name. */
export const ADMIN = "ADMIN_TOKEN";

export function mayDo(held: readonly Scope[], needed: Scope): boolean {
  return needed === "read" ? held.length > 0 : held.includes(needed);
}

/** It stands in the history as the actor, so it is one word and never used twice. */
export function isKeyName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(name) && name !== ADMIN;
}
