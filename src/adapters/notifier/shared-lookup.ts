/**
 * Resolves the receiver's name so that it never keeps the gateway's name resolution waiting.
 *
 * The system's resolver blocks one of the process's few threads until it answers, even when no caller waits any more, and
 * a charge needs such a thread, too. So however many connections are wanted, one lookup of a name is under way, shared
 * by all, and one that failed is not made again for a minute. Of those that succeed nothing is remembered: an address
 * may change.
 * @see libuv 1.x, "Thread pool work scheduling", and uv_getaddrinfo: of 4 threads, 2 at most resolve names (read 2026-11-23)
 */
import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { MINUTE_MS } from "../../domain/duration.ts";

export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type Found = { readonly error: NodeJS.ErrnoException | null; readonly addresses: LookupAddress[] };
type Failure = { readonly found: Found; readonly untilMs: number };

export const FAILURE_REMEMBERED_MS = MINUTE_MS;

/** @param elapsedMs since any fixed moment: clocks that are set back would prolong a failure */
export function sharedLookup(
  lookup: Lookup = systemLookup,
  elapsedMs: () => number = () => performance.now(),
): LookupFunction {
  const waiting = new Map<string, ((found: Found) => void)[]>();
  const failures = new Map<string, Failure>();

  function find(hostname: string, options: LookupAllOptions, settle: (found: Found) => void): void {
    const failure = failures.get(hostname);
    if (failure !== undefined && elapsedMs() < failure.untilMs) return queueMicrotask(() => settle(failure.found));
    const others = waiting.get(hostname);
    if (others !== undefined) return void others.push(settle);

    const all = [settle];
    waiting.set(hostname, all);
    lookup(hostname, options, (error, addresses) => {
      const found = { error, addresses };
      waiting.delete(hostname);
      if (error === null) failures.delete(hostname);
      else failures.set(hostname, { found, untilMs: elapsedMs() + FAILURE_REMEMBERED_MS });
      for (const each of all) each(found);
    });
  }

  return (hostname, options, callback) => {
    find(hostname, { ...options, all: true }, ({ error, addresses }) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) callback(error ?? notFound(hostname), "", 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** The system's resolver gives no answer without an address; one must not look like a success. */
function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error("the name has no address"), { code: "ENOTFOUND", hostname });
}
