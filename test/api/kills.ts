/**
 * `serve` is killed (kill -9) in the middle of POSTs, again and again, and whatever was not answered is asked once more with the
 * same key: nothing is done twice, nothing is lost, and what was answered is answered the same.
 *
 * By hand: `node test/api/kills.ts --kills 200 --seed 7`.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { startPuntual, until } from "../daemon/real-process.ts";
import { openApp } from "../support/app-fixture.ts";
import { temporaryFolder } from "../support/new-database.ts";

const ADMIN_TOKEN = "of-the-kills-alone";
/** Asked for between two kills, so many at once. */
const POSTS = 40;
const AT_ONCE = 8;

export type Killed = {
  readonly asked: number;
  readonly inBooks: number;
  readonly distinct: number;
  readonly differ: number;
  /** Unanswered when it was killed, over all kills. */
  readonly cut: number;
};

export async function killServe({ kills, seed }: { readonly kills: number; readonly seed: number }): Promise<Killed> {
  const random = seededRandom(seed);
  const folder = temporaryFolder();
  const databasePath = path.join(folder, "books.db");
  let customerId = "";
  {
    await using app = await openApp({ databasePath, sandbox: {} });
    await app.subscribeWithCard("ana");
    customerId = String((await app.subscription("ana")).customerId);
  }
  /** By number: what was answered, or null. */
  const answers = new Map<number, string | null>();
  let [differ, cut] = [0, 0];

  async function grant(url: string, number: number): Promise<void> {
    const response = await fetch(`${url}/v1/customers/${customerId}/balance/grant`, {
      method: "POST",
      headers: {
        ...{ authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
        "idempotency-key": `grant-${number}`,
      },
      body: JSON.stringify({ amount_cents: 100, reason: `grant number ${number}` }),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${text}`);
    const before = answers.get(number);
    if (typeof before === "string" && before !== text) differ += 1;
    answers.set(number, text);
  }
  async function round(work: (url: string, kill: () => void) => Promise<void>): Promise<void> {
    const env = { DATABASE_URL: `sqlite:${databasePath}`, HTTP_PORT: "0", ADMIN_TOKEN, API_RATE_PER_SECOND: "0" };
    const server = startPuntual(["serve"], { cwd: folder, env });
    const address = (): string | undefined => /"http":"(http:[^"]+)"/.exec(server.output())?.[1];
    await until(() => address() !== undefined, "the API to listen");
    await work(address() ?? "", () => void server.process.kill("SIGKILL"));
    server.process.kill("SIGKILL");
    await server.ended;
  }
  const waiting = (): number[] => [...answers].flatMap(([number, answer]) => (answer === null ? [number] : []));
  /** So many at once, until all are answered or nobody answers any more. */
  async function ask(url: string, numbers: readonly number[]): Promise<void> {
    const left = [...numbers];
    const worker = async (): Promise<void> => {
      for (let number = left.shift(); number !== undefined; number = left.shift()) await grant(url, number);
    };
    await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  }

  for (let kill = 0; kill < kills; kill++)
    await round(async (url, die) => {
      const first = answers.size;
      for (let number = first; number < first + POSTS; number++) answers.set(number, null);
      const answered = [...answers.keys()].filter((number) => answers.get(number) !== null).slice(-5);
      const left = waiting().length;
      const asking = ask(url, [...waiting(), ...answered]);
      // Some are answered, and others under way.
      while (waiting().length === left) await sleep(1);
      await sleep(random.fraction() * 50);
      die();
      await asking;
      cut += waiting().length;
    });
  await round(async (url) => {
    await ask(url, waiting());
    await ask(url, [...answers.keys()].slice(-200));
  });

  const database = new Database(databasePath, { readonly: true });
  const { rows, reasons } = database
    .prepare("select count(*) as rows, count(distinct reason) as reasons from balance_entry")
    .get() as { rows: number; reasons: number };
  database.close();
  rmSync(folder, { recursive: true, force: true });
  return { asked: answers.size, inBooks: rows, distinct: reasons, differ: differ + waiting().length, cut };
}

if (import.meta.main) {
  const options = { kills: { type: "string" }, seed: { type: "string" } } as const;
  const { kills = "200", seed = "1" } = parseArgs({ options }).values;
  const { asked, inBooks, distinct, differ, cut } = await killServe({ kills: Number(kills), seed: Number(seed) });
  process.stdout.write(
    `${kills} kills over ${asked} POSTs, ${cut} cut off: ${inBooks - distinct} doubled, ${asked - distinct} lost, ${differ} answered otherwise\n`,
  );
  process.exitCode = inBooks === asked && distinct === asked && differ === 0 ? 0 : 1;
}
