import { LONGEST_DELAY_MS, type Clock } from "../clock.ts";
import { expectThat, type ConformanceCase } from "./conformance-case.ts";

/** A clock for one case. */
export interface ClockFixture {
  readonly clock: Clock;
  /** Lets at least `ms` milliseconds pass and resolves after that. */
  readonly pass: (ms: number) => void | Promise<void>;
}

/**
 * The conformance suite of the `Clock` port. A case takes a few milliseconds of the clock's time.
 * No case fails because the machine is slow: calls are checked for coming too early, not too late.
 * @param open - Makes the fixture of one case.
 *
 * @example
 * const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
 * for (const { name, run } of clockCases(() => ({ clock: systemClock, pass }))) it(name, run);
 */
export function clockCases(open: () => ClockFixture): readonly ConformanceCase[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    run: () => requirement(open()),
  }));
}

type Requirement = (fixture: ClockFixture) => Promise<void>;

/** System timers count whole milliseconds, so a call may come this much before its time. */
const EARLY_MS = 1;

/** How often `untilTrue` lets a millisecond pass: a timer of a few milliseconds has long ended. */
const MAX_WAITS = 5_000;

const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  async "tells the time of day and the elapsed time as finite numbers"({ clock }) {
    expectThat(Number.isFinite(clock.now()), `now() is ${clock.now()}`);
    expectThat(Number.isFinite(clock.elapsedMs()), `elapsedMs() is ${clock.elapsedMs()}`);
  },

  async "has an elapsed time that grows and never goes back"({ clock, pass }) {
    const startMs = clock.elapsedMs();
    let lastMs = startMs;
    for (let i = 0; i < 1_000; i++) {
      const readMs = clock.elapsedMs();
      expectThat(readMs >= lastMs, `elapsedMs() went from ${lastMs} back to ${readMs}`);
      lastMs = readMs;
    }
    await pass(3);
    const passedMs = clock.elapsedMs() - startMs;
    expectThat(passedMs >= 3 - EARLY_MS, `elapsedMs() grew by ${passedMs} in 3 ms`);
  },

  async "makes a call once, and not before its delay has passed"({ clock, pass }) {
    const startMs = clock.elapsedMs();
    const callsMs: number[] = [];
    clock.schedule(3, () => callsMs.push(clock.elapsedMs() - startMs));
    await untilTrue(pass, () => callsMs.length > 0, "the call is made");
    await pass(5);
    expectThat(callsMs.length === 1, `one call was asked for and ${callsMs.length} were made`);
    const [delayMs = 0] = callsMs;
    expectThat(delayMs >= 3 - EARLY_MS, `a call with a delay of 3 ms came after ${delayMs} ms`);
  },

  async "makes no call before schedule has returned, whatever the delay"({ clock, pass }) {
    for (const delayMs of [0, -1, -(2 ** 40)]) {
      let calls = 0;
      clock.schedule(delayMs, () => (calls += 1));
      expectThat(calls === 0, `the call with a delay of ${delayMs} ms came at once`);
      await untilTrue(pass, () => calls > 0, `the call with a delay of ${delayMs} ms is made`);
    }
  },

  async "makes calls in the order in which they fall due"({ clock, pass }) {
    const delaysMs = [9, 5, 5, 1];
    const calls = scheduleTogether(clock, delaysMs);
    await untilTrue(pass, () => calls.length === delaysMs.length, "all calls are made");
    const order = calls.join(", ");
    expectThat(
      order === "3, 1, 2, 0",
      `the calls of the delays ${delaysMs.join()} came as ${order}`,
    );
  },

  async "makes no call that was cancelled"({ clock, pass }) {
    let calls = 0;
    const cancel = clock.schedule(1, () => (calls += 1));
    cancel();
    cancel();
    await pass(4);
    expectThat(calls === 0, "a cancelled call was made");
  },

  async "accepts that a call is cancelled after it was made, and while it is made"({
    clock,
    pass,
  }) {
    let calls = 0;
    const cancel = clock.schedule(0, () => {
      calls += 1;
      cancel();
    });
    await untilTrue(pass, () => calls > 0, "the call is made");
    cancel();
  },

  async "lets a callback schedule the next call"({ clock, pass }) {
    let calls = 0;
    const again = (): void => {
      calls += 1;
      if (calls < 3) clock.schedule(1, again);
    };
    clock.schedule(1, again);
    await untilTrue(pass, () => calls === 3, "all three calls are made");
  },

  async "waits when the delay is longer than a system timer can be"({ clock, pass }) {
    let calls = 0;
    const cancels = [LONGEST_DELAY_MS, LONGEST_DELAY_MS + 1, 2 ** 32, 2 ** 40].map((delayMs) =>
      clock.schedule(delayMs, () => (calls += 1)),
    );
    await pass(4);
    for (const cancel of cancels) cancel();
    expectThat(calls === 0, `${calls} calls that are due in weeks came at once`);
  },
};

/**
 * Schedules one call for each delay within two milliseconds. A machine that does other work between
 * two calls of `schedule` would change the order in which they fall due, so this cancels them then
 * and tries again.
 * @returns The indices of the calls that were made. The list grows with each call.
 */
function scheduleTogether(clock: Clock, delaysMs: readonly number[]): readonly number[] {
  for (;;) {
    const calls: number[] = [];
    const startMs = clock.elapsedMs();
    const cancels = delaysMs.map((ms, i) => clock.schedule(ms, () => calls.push(i)));
    if (clock.elapsedMs() - startMs < 2) return calls;
    for (const cancel of cancels) cancel();
  }
}

/** Lets time pass, a millisecond at a time, until `holds` is true. */
async function untilTrue(
  pass: ClockFixture["pass"],
  holds: () => boolean,
  what: string,
): Promise<void> {
  for (let i = 0; i < MAX_WAITS && !holds(); i++) await pass(1);
  expectThat(holds(), what);
}
