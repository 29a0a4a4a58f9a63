/**
 * One HTTP call on its way: the evidence of whether a first byte may have left, and the guard that it leaves once.
 *
 * undici calls a handler's request start immediately before the first byte is written: after DNS, connecting
 * and TLS, and never while the request waits for a free socket. So a call that was not started was not sent. The guard
 * makes that a proof: a call that has been given up, or was started before, is aborted instead of started, even where
 * fetch itself would repeat it (421).
 * @see undici 7.30 lib/dispatcher/client-h1.js, writeH1: onConnect, then `if (request.aborted) return`, then the write
 */
import type { Dispatcher } from "undici";

export type Flight = {
  /** From here on the gateway may have acted. */
  begun: boolean;
  /** How it ended was reported to the caller. */
  concluded: boolean;
  /** What undici met, as it was before fetch wrapped it. */
  failure: unknown;
  /** By the monotonic clock: later than this no first byte leaves. A process that was stopped meanwhile fires no timer in time. */
  readonly mustBeginByMs: number;
};

export function newFlight(timeoutMs: number): Flight {
  return { begun: false, concluded: false, failure: null, mustBeginByMs: performance.now() + timeoutMs };
}

/** A dispatcher for one call, on the connections of `agent`. */
export function watched(agent: Dispatcher, flight: Flight): Dispatcher {
  return agent.compose((dispatch) => (options, handler) => dispatch(options, watching(handler, flight)));
}

export function watching(handler: Dispatcher.DispatchHandler, flight: Flight): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      if (flight.begun || flight.concluded || performance.now() > flight.mustBeginByMs) {
        controller.abort(new Error("a call is sent at most once, and not after its time"));
        return;
      }
      flight.begun = true;
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...event) => handler.onRequestUpgrade?.(...event),
    onResponseStart: (...event) => handler.onResponseStart?.(...event),
    onResponseData: (...event) => handler.onResponseData?.(...event),
    onResponseEnd: (...event) => handler.onResponseEnd?.(...event),
    onResponseError(controller, error) {
      flight.failure = error;
      handler.onResponseError?.(controller, error);
    },
  };
}
