/**
 * One call handed to undici's dispatcher itself, and its answer read whole.
 *
 * A charge of a run is made by the thousand, and undici's `request` puts a stream, an abort signal and two more readings of
 * the headers around each: as much CPU as the call itself (docs/performance.md).
 */
import type { Dispatcher } from "undici";
import { watching, type Flight } from "./byte-watch.ts";

export type Head = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** All bytes, once the answer has ended. */
  readonly body: Promise<Buffer>;
};

/**
 * @returns the head as soon as it is there
 * @throws what undici met, or a TimeoutError where the time is up, whatever the call was waiting for
 */
export async function dispatched(
  agent: Dispatcher,
  options: Dispatcher.DispatchOptions,
  flight: Flight,
  timeoutMs: number,
): Promise<Head> {
  const head = Promise.withResolvers<Head>();
  const body = Promise.withResolvers<Buffer>();
  // Who waits for the head learns what the body ended with.
  body.promise.catch(() => {});
  const chunks: Buffer[] = [];
  let abort = (_reason: Error): void => {};
  const end = (error: Error): void => {
    clearTimeout(timer);
    head.reject(error);
    body.reject(error);
  };
  // A call that waits for a socket is ended by undici only when it gets one: the flight, concluded by then, lets no byte leave.
  const timer = setTimeout(() => {
    const late = new DOMException("the time is up", "TimeoutError");
    end(late);
    abort(late);
  }, timeoutMs);
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      abort = (reason) => controller.abort(reason);
    },
    onResponseStart(_controller, status, headers) {
      // "Early hints" and the like: the answer is still to come.
      if (status >= 200) head.resolve({ status, headers, body: body.promise });
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      clearTimeout(timer);
      body.resolve(Buffer.concat(chunks));
    },
    onResponseError(_controller, error) {
      end(error);
    },
  };
  agent.dispatch(options, watching(handler, flight));
  return await head.promise;
}
