/** How long /healthz takes meanwhile: asked a hundred times a second from a process of its own, and measured from when it was due. */
import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export type Answered = {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late it was asked, as where the machine is full: of the others it is a part. */
  readonly lateP99Ms: number;
};

/** Asks until it is ended. */
export async function startAsking(url: string): Promise<{ end(): Promise<Answered> }> {
  const asker = fork(path.join(import.meta.dirname, "healthz-asker.ts"), [url]);
  await once(asker, "message");
  return {
    async end() {
      asker.send("end");
      const [answered] = (await once(asker, "message")) as [Answered];
      return answered;
    },
  };
}
