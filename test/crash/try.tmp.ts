import { buildStage } from "/work/main/test/crash/scene.ts";
import { crash, numberPoints, differentCrashes, stopAndGoOn } from "/work/main/test/crash/matrix.ts";
for (const flow of ["single","order_first"] as const) {
  using stage = await buildStage(flow);
  let t = performance.now();
  const numbered = await numberPoints(stage);
  const different = differentCrashes(numbered);
  console.log(flow, numbered.length, different.length, performance.now()-t);
  t = performance.now(); let c = process.cpuUsage().user;
  for (const p of different) {
    const row = await crash(stage, [p.number]);
    console.log(p.number, p.call, p.moment, JSON.stringify(row.finds), JSON.stringify(row.does), row.faults.join(";"));
  }
  console.log("ms", performance.now()-t, "cpu", (process.cpuUsage().user-c)/1e3);
  t = performance.now();  c = process.cpuUsage().user;
  for (const {point:p} of numbered.filter(({point})=> /gateway.charge|openOrder|markSending|settle|claim|store.open/.test(point.call))) {
    try {
    const row = await stopAndGoOn(stage, p.number);
    if (row.faults.length) console.log("STOP", p.number, p.call, p.moment, JSON.stringify(row.finds), JSON.stringify(row.does), row.faults.join(";"));
    } catch (e) { console.log("STOP", p.number, p.call, p.moment, "THROWS", e); }
  }
  console.log("ms", performance.now()-t, "cpu", (process.cpuUsage().user-c)/1e3);
}
