/** A store that gives few rows of a list at once, so that a life has lists longer than a batch, with bad ones in front. */
import type { BookPorts } from "./perilous-ports.ts";

/** @param most null: as many as are asked for */
export function inSmallBatches<Ports extends BookPorts>(ports: Ports, most: number | null): Ports {
  if (most === null) return ports;
  const { store, inbox } = ports;
  const few = (limit: number): number => Math.min(limit, most);
  return {
    ...ports,
    store: {
      ...store,
      dueInquiries: (now, limit) => store.dueInquiries(now, few(limit)),
      dueSteps: (now, { after, limit }) => store.dueSteps(now, { after, limit: few(limit) }),
      dueRechecks: (now, limit) => store.dueRechecks(now, few(limit)),
      cardsToKeep: (now, limit) => store.cardsToKeep(now, few(limit)),
    },
    inbox: { ...inbox, take: (options) => inbox.take({ ...options, limit: few(options.limit) }) },
  };
}
