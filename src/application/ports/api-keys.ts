/** The keys of the HTTP API. Of a key itself the books hold a hash alone. */
import type { Scope } from "../../domain/api-key.ts";

export type NewApiKey = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly hash: string;
  /** The end of the key, by which its owner recognizes it. */
  readonly last4: string;
  /** Who made it. */
  readonly by: string;
};

export type ApiKeyRow = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly last4: string;
  readonly createdAt: string;
  readonly createdBy: string;
  /** To the minute. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
};

export interface ApiKeyRecords {
  /** @throws {Refused} the name was given already, also to a key that was revoked */
  add(key: NewApiKey, now: Date): Promise<ApiKeyRow>;
  /** By name. */
  list(): Promise<readonly ApiKeyRow[]>;
  /**
   * It opens nothing from this moment on. One that is revoked stays so.
   * @throws {NotFound}
   */
  revoke(name: string, by: string, now: Date): Promise<ApiKeyRow>;
  /** Whose key this is; null: nobody's, or a revoked one. */
  holderOf(hash: string): Promise<Pick<ApiKeyRow, "name" | "scopes"> | null>;
  noteUse(name: string, now: Date): Promise<void>;
}
