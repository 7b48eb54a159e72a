import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a process has cost since its meter was last set to zero. */
export interface ProcessCost {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** How late the event loop was at worst. */
  readonly worstEventLoopDelayMs: number;
  /** Most that it has ever had in memory, the time before zero included. */
  readonly peakRssMiB: number;
}

export interface ProcessMeter {
  zero(): void;
  read(): ProcessCost;
}

/** How often the event loop is looked at, milliseconds. */
const RESOLUTION_MS = 1;

/** Measures the process it is in. */
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
        // Node records the whole time between two looks, of which the resolution is no delay.
        worstEventLoopDelayMs: delay.count === 0 ? 0 : Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
        peakRssMiB: process.resourceUsage().maxRSS / 1_024,
      };
    },
  };
}
