/** The daemon's time between two ticks: begun after each, ended by the next, which waits for nothing that is still under way. */
import type { BillNeeds } from "../application/run/bill-due.ts";
import { useSpareTime } from "../application/run/spare-time.ts";

export type SpareTime = AsyncDisposable & { readonly begin: () => void; readonly end: () => void };

export function spareTime(needs: BillNeeds, limits: { readonly concurrency: number }): SpareTime {
  let over = new AbortController();
  let running: Promise<void> | null = null;

  async function round({ signal }: AbortController): Promise<void> {
    try {
      const orders = await useSpareTime(needs, limits, signal);
      if (orders > 0) needs.log.debug("orders.reread", { orders });
    } catch (error) {
      needs.log.error("orders.not_reread", { error });
    }
  }

  return {
    begin() {
      // A call of the last one hangs: it goes on after the next tick.
      if (running !== null) return;
      over = new AbortController();
      running = round(over).finally(() => {
        running = null;
      });
    },
    end: () => over.abort(),
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}
