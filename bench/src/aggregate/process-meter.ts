import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a process has cost since its meter was last set to zero. */
export interface ProcessCost {
  /** User and system time of all of its threads. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The longest time that the event loop was late, milliseconds. */
  readonly worstEventLoopDelayMs: number;
  /** The most resident memory that the process has had since it started, MiB. Setting the meter to zero does not reset it. */
  readonly peakRssMiB: number;
}

export interface ProcessMeter {
  zero(): void;
  read(): ProcessCost;
}

/** How often the delay of the event loop is sampled, milliseconds. */
const RESOLUTION_MS = 1;

/** Starts to measure this process. */
export function startProcessMeter(): ProcessMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let cpu = process.cpuUsage();
  let sinceMs = performance.now();
  return {
    zero() {
      delay.reset();
      cpu = process.cpuUsage();
      sinceMs = performance.now();
    },
    read() {
      const { user, system } = process.cpuUsage(cpu);
      return {
        cpuSeconds: (user + system) / 1e6,
        wallSeconds: (performance.now() - sinceMs) / 1_000,
        // Node records the whole time between two samples, of which the resolution itself is no delay.
        worstEventLoopDelayMs: delay.count === 0 ? 0 : Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
        peakRssMiB: process.resourceUsage().maxRSS / 1_024,
      };
    },
  };
}
