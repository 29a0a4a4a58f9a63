/**
 * Looks the receiver's name up so that it never keeps the gateway's look-ups waiting.
 *
 * The system's resolver blocks one of the process's few threads until it answers, even when nobody waits any more, and
 * a charge needs such a thread, too. So however many connections are wanted, one inquiry-up of a name is under way, shared
 * by all, and one that failed is not made again for a minute. Of those that succeed nothing is remembered: an address
 * may change.
 * @see libuv 1.x, "Thread pool work scheduling", and uv_getaddrinfo: of 4 threads, 2 at most look names up (read 2026-11-23)
 */
import { lookup as systemLookUp, type LookupAddress, type LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";

export type LookUp = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type Found = { readonly error: NodeJS.ErrnoException | null; readonly addresses: LookupAddress[] };
type Failure = { readonly found: Found; readonly untilMs: number };

export const FAILURE_REMEMBERED_MS = 60_000;

/** @param elapsedMs since any fixed moment: clocks that are set back would prolong a failure */
export function sharedLookUp(
  lookUp: LookUp = systemLookUp,
  elapsedMs: () => number = () => performance.now(),
): LookupFunction {
  const waiting = new Map<string, ((found: Found) => void)[]>();
  const failures = new Map<string, Failure>();

  function find(hostname: string, options: LookupAllOptions, tell: (found: Found) => void): void {
    const failure = failures.get(hostname);
    if (failure !== undefined && elapsedMs() < failure.untilMs) return queueMicrotask(() => tell(failure.found));
    const others = waiting.get(hostname);
    if (others !== undefined) return void others.push(tell);

    const all = [tell];
    waiting.set(hostname, all);
    lookUp(hostname, options, (error, addresses) => {
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

/** Answers without an address are not known of the system's resolver; they must not look like a success. */
function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error("the name has no address"), { code: "ENOTFOUND", hostname });
}
