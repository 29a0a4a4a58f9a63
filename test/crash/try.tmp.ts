import { buildStage } from "/work/main/test/crash/scene.ts";
import { crash, numberPoints } from "/work/main/test/crash/matrix.ts";
for (const flow of ["single","order_first"] as const) {
  using stage = await buildStage(flow);
  let t = performance.now();
  const points = await numberPoints(stage);
  console.log(flow, points.length, performance.now()-t);
  t = performance.now();
  let n=0;
  for (const p of points) {
    const t1 = performance.now();
    try {
    const row = await crash(stage, [p.number]);
    n++;
    console.log(p.number, p.call, p.moment, JSON.stringify(row.finds), JSON.stringify(row.does), row.faults.join(";"), Math.round(performance.now()-t1));
    } catch (e) { console.log(p.number, p.call, p.moment, "THROWS", e); }
  }
  console.log("ms", performance.now()-t);
}
