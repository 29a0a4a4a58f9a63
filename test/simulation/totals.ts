/** The sum over many simulated lives, and its words. */
import type { LifeReport } from "./life.ts";

export type Totals = {
  readonly seeds: number;
  readonly failed: number;
  readonly charges: number;
  readonly paid: number;
  readonly invoices: number;
  readonly ticks: number;
  readonly deaths: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Violations by rule. */
  readonly broken: Readonly<Record<string, number>>;
  /** What `open-findings.ts` excuses, by name: in how many lives. */
  readonly findings: Readonly<Record<string, number>>;
};

export function noSeedsYet(): Totals {
  return {
    seeds: 0,
    failed: 0,
    charges: 0,
    paid: 0,
    invoices: 0,
    ticks: 0,
    deaths: 0,
    faults: {},
    broken: {},
    findings: {},
  };
}

export function addUp(totals: Totals, life: LifeReport): Totals {
  const faults = { ...totals.faults };
  for (const [fault, count] of Object.entries(life.faults)) faults[fault] = (faults[fault] ?? 0) + count;
  const broken = { ...totals.broken };
  for (const { rule } of life.violations) broken[rule] = (broken[rule] ?? 0) + 1;
  const findings = { ...totals.findings };
  for (const name of Object.keys(life.findings)) findings[name] = (findings[name] ?? 0) + 1;
  return {
    seeds: totals.seeds + 1,
    failed: totals.failed + (life.violations.length > 0 ? 1 : 0),
    charges: totals.charges + life.charges,
    paid: totals.paid + life.paid,
    invoices: totals.invoices + life.invoices,
    ticks: totals.ticks + life.ticks,
    deaths: totals.deaths + life.crashes,
    faults,
    broken,
    findings,
  };
}

export function summary(totals: Totals, seconds: number): string {
  const { seeds, failed, charges, paid, invoices, ticks, deaths, faults, broken, findings } = totals;
  const number = (count: number): string => count.toLocaleString("en-US");
  const faultList = Object.entries(faults)
    .toSorted(([, a], [, b]) => b - a)
    .map(([fault, count]) => `${fault} ${number(count)}`);
  const others = Object.entries(broken)
    .filter(([rule]) => !["I1", "I2", "I6"].includes(rule))
    .map(([rule, count]) => `${rule} ${count}`);
  return [
    `seeds ${number(seeds)}, failed ${number(failed)}, ${(seeds / seconds).toFixed(1)} a second`,
    `invoices ${number(invoices)}, charges at the gateway ${number(charges)}, of them paid ${number(paid)}`,
    `runs ${number(ticks)}, deaths of a process ${number(deaths)}`,
    `double charges ${broken["I1"] ?? 0}, missed cycles ${broken["I2"] ?? 0}, lost outcomes ${broken["I6"] ?? 0}` +
      (others.length > 0 ? `, other violations: ${others.join(", ")}` : ""),
    ...Object.entries(findings).map(([name, lives]) => `open finding in ${number(lives)} lives: ${name}`),
    `faults and events: ${faultList.join(", ")}`,
    "",
  ].join("\n");
}
