/** What the HTTP API keeps, on whatever database: its keys. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { later, NOW } from "../support/records.ts";

type Opened = { readonly store: OpenedStore; close(): Promise<void> };

export function apiConformance(name: string, open: () => Promise<Opened>): void {
  let opened: Opened;
  let store: OpenedStore;
  beforeAll(async () => {
    opened = await open();
    ({ store } = opened);
  });
  afterAll(() => opened.close());

  const hash = (digit: string) => digit.repeat(64);
  const keyOf = (keyName: string, digit: string) => ({
    ...{ name: keyName, scopes: ["read", "money"] as const, hash: hash(digit), last4: "abcd", by: "maria" },
  });

  describe(`${name}: keys of the API`, () => {
    test("a key is found by its hash until it is revoked, and never used again under its name", async () => {
      await store.keys.add(keyOf("shop", "a"), NOW);
      expect(await store.keys.holderOf(hash("a"))).toEqual({ name: "shop", scopes: ["read", "money"] });
      expect(await store.keys.holderOf(hash("b"))).toBeNull();
      await expect(store.keys.add(keyOf("shop", "b"), NOW)).rejects.toThrow("choose another name");

      await store.keys.noteUse("shop", later(60_000));
      await store.keys.revoke("shop", "eva", later(1000));
      await store.keys.revoke("shop", "ana", later(2000));
      expect(await store.keys.holderOf(hash("a"))).toBeNull();
      expect(await store.keys.list()).toEqual([
        {
          ...{ name: "shop", scopes: ["read", "money"], last4: "abcd" },
          ...{ createdAt: NOW.toISOString(), createdBy: "maria", lastUsedAt: later(60_000).toISOString() },
          ...{ revokedAt: later(1000).toISOString(), revokedBy: "eva" },
        },
      ]);
      await expect(store.keys.add(keyOf("shop", "c"), NOW)).rejects.toThrow("or there was");
      await expect(store.keys.revoke("nobody", "eva", NOW)).rejects.toThrow("there is no key nobody");
    });
  });
}
