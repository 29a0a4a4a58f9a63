/** Each command of a person is a process of its own, which can die at any point. */
import type { Chance } from "../chance.ts";
import { drawFate } from "../fate.ts";
import { perilousPorts, type Activity, type Life, type Ports } from "../perilous-ports.ts";
import type { Weather } from "../weather.ts";

export type PeopleProcesses = {
  /** The ports of a new process. @param onDeath it dies before it is finished */
  begin(onDeath?: () => void): Ports;
  /** What runs still when somebody works on the files themselves. */
  killAll(): void;
};

export function peopleProcesses(needs: {
  readonly ports: Ports;
  readonly chance: Chance;
  readonly activity: Activity;
  /** The one of now: in peace nobody dies. */
  readonly weather: () => Weather;
}): PeopleProcesses {
  const { ports, chance, activity, weather } = needs;
  let generation = 0;

  return {
    begin: (onDeath = () => {}) => {
      const born = generation;
      let isDead = false;
      const life: Life = {
        get isAlive() {
          return !isDead && born === generation;
        },
        thawed: () => null,
        fateOf: (port, method) => {
          const fate = drawFate(chance, weather(), port, method);
          return fate.startsWith("freeze") ? "none" : fate;
        },
        die: () => {
          isDead = true;
          onDeath();
        },
        freeze: () => {},
      };
      return perilousPorts(ports, life, activity);
    },
    killAll: () => {
      generation += 1;
    },
  };
}
