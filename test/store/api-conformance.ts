/** What the HTTP API keeps, on whatever database: its keys, and what it answered. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Behalf, Reader, Request } from "../../src/application/ports/requests.ts";
import { Refused } from "../../src/domain/errors.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { customerOf, later, NOW } from "../support/records.ts";

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

  describe(`${name}: a request on behalf of somebody`, () => {
    let requests = 0;
    const requestOf = (key: string): Request => ({
      ...{ id: `req_${(requests += 1)}`, method: "POST", path: "/v1/customers", key, bodyHash: hash("b") },
    });
    const behalfOf = (request: Request, change: Partial<Behalf> = {}): Behalf => ({
      ...{ actor: { name: "shop", reason: "she moved" }, now: NOW },
      keep: { request, answer: async (reader) => ({ status: 201, body: await customersIn(reader) }) },
      ...change,
    });
    const customersIn = async (reader: Pick<Reader, "list">): Promise<string> =>
      (await reader.list("customers", {})).map(({ customerId }) => customerId).join(" ");
    /** Adds a customer, with an event or without one. */
    const add = (behalf: Behalf, id: string, { fails = false, silent = false } = {}): Promise<void> =>
      store.onBehalf(behalf).write(NOW, async (records) => {
        await records.putCustomer(customerOf(id));
        if (!silent) records.record({ type: "customer.created", customerId: id, data: { by: "api" } });
        if (fails) throw new Refused("not now");
      });

    test("its effect, its event with who asked and why, and its answer are one transaction", async () => {
      const request = requestOf("one");
      await expect(add(behalfOf(request), "cus_1", { fails: true })).rejects.toThrow("not now");
      expect(await store.requests.find(request)).toBeNull();

      await add(behalfOf(request), "cus_1");
      const [event] = await store.list("events", { where: { customerId: "cus_1" } });
      expect(event?.data).toEqual({ by: "api", actor: { name: "shop", reason: "she moved" } });
      expect(await store.requests.find(request)).toEqual({
        ...{ bodyHash: hash("b"), claimedUntil: null },
        // The answer sees what was just written.
        answer: { status: 201, body: "cus_1" },
      });
    });

    test("another one with its key is undone with all it did", async () => {
      await add(behalfOf(requestOf("two")), "cus_2");
      await expect(add(behalfOf(requestOf("two")), "cus_3")).rejects.toMatchObject({ name: "RequestInProgress" });
      expect(await customersIn(store)).toBe("cus_1 cus_2");
    });

    test("a transaction without an event is not yet what was asked for", async () => {
      const request = requestOf("three");
      await add(behalfOf(request), "cus_2", { silent: true });
      expect(await store.requests.find(request)).toBeNull();
      await store.requests.keep(request, { status: 200, body: "{}" }, NOW);
      await expect(store.requests.keep(requestOf("three"), { status: 200, body: "{}" }, NOW)).rejects.toMatchObject({
        name: "RequestInProgress",
      });
    });

    test("what it expects is looked at under the lock, before anything is changed", async () => {
      const check = async (reader: Reader): Promise<void> => {
        if ((await customersIn(reader)).includes("cus_2")) throw new Refused("stale");
      };
      await expect(add(behalfOf(requestOf("four"), { check }), "cus_4")).rejects.toThrow("stale");
      expect(await customersIn(store)).toBe("cus_1 cus_2");
    });

    test("one that calls others first is claimed, so that nobody begins it twice; and given up when its time is over", async () => {
      const [first, second] = [requestOf("five"), requestOf("five")];
      expect(await store.requests.claim(first, NOW, later(1000))).toBe(true);
      expect(await store.requests.claim(second, later(999), later(2000))).toBe(false);
      expect(await store.requests.find(first)).toMatchObject({ answer: null, claimedUntil: later(1000) });

      expect(await store.requests.claim(second, later(1001), later(2000))).toBe(true);
      await expect(add(behalfOf(first), "cus_5")).rejects.toMatchObject({ name: "RequestInProgress" });
      await store.requests.release(first.id);
      await add(behalfOf(second), "cus_5");
      expect(await store.requests.claim(requestOf("five"), later(9000), later(10_000))).toBe(false);
      await store.requests.release(second.id);
      expect(await store.requests.find(second)).toMatchObject({ answer: { status: 201 } });
    });

    test("one that may have made something elsewhere is held, and goes on when its time is over", async () => {
      const [first, second] = [requestOf("seven"), requestOf("seven")];
      await store.requests.claim(first, NOW, later(1000));
      await store.requests.hold(first.id, later(5000));
      expect(await store.requests.claim(second, later(4999), later(6000))).toBe(false);
      expect(await store.requests.find(second)).toMatchObject({ answer: null, claimedUntil: later(5000) });
      expect(await store.requests.claim(second, later(5001), later(6000))).toBe(true);
      await store.requests.release(second.id);
      await store.requests.keep(second, { status: 200, body: "{}" }, NOW);
      await store.requests.hold(second.id, later(9000));
      expect(await store.requests.find(second)).toMatchObject({ answer: { status: 200 } });
    });

    test("one that came to nothing is free again, and all are forgotten in time", async () => {
      const request = requestOf("six");
      await store.requests.claim(request, NOW, later(1000));
      await store.requests.release(request.id);
      expect(await store.requests.find(request)).toBeNull();
      await store.requests.keep(request, { status: 200, body: "{}" }, later(5000));
      expect(await store.requests.forget(later(5000))).toBeGreaterThan(0);
      expect(await store.requests.find(request)).not.toBeNull();
      expect(await store.requests.forget(later(5001))).toBe(1);
    });
  });
}
