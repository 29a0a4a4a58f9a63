/** Duties on PostgreSQL: a row each, held by the node that is at it, for as long as that node lives. */
import type { Duties, Duty } from "../../../application/ports/duties.ts";
import type { Owner } from "../../../application/ports/installation.ts";
import { all, type Connected, run } from "../dialect/sql.ts";
import type { Node } from "./nodes.ts";

export function dutiesOf(node: Pick<Node, "owner">, read: () => Connected): Duties {
  return {
    async alone(duty, work) {
      const { owner } = node;
      if (owner === null || !(await take(read(), duty, owner))) return false;
      try {
        await work();
      } finally {
        // Where it cannot be said, another process takes it once this one is silent.
        await release(read(), duty, owner).catch(() => {});
      }
      return true;
    },
  };
}

async function take(em: Connected, duty: Duty, { id, epoch }: Owner): Promise<boolean> {
  const rows = await all(
    em,
    `insert into duty (name, node_id, epoch) values (?, ?, ?)
     on conflict (name) do update set node_id = excluded.node_id, epoch = excluded.epoch
     where duty.node_id = excluded.node_id or not exists (
       select 1 from node n where n.id = duty.node_id and n.epoch = duty.epoch and n.alive_until > now_ms()
     )
     returning name`,
    [duty, id, epoch],
  );
  return rows.length > 0;
}

async function release(em: Connected, duty: Duty, { id, epoch }: Owner): Promise<void> {
  await run(em, "delete from duty where name = ? and node_id = ? and epoch = ?", [duty, id, epoch]);
}
