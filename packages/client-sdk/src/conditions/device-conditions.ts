/** What a device can tell of itself. What it cannot tell is left out: it is unknown, and not false. */
export interface DeviceState {
  /** Whether it is on external power. Devices without a battery always are. */
  readonly charging?: boolean | undefined;
  /** The charge of its battery, as a share from 0 to 1; 1 for devices without one. */
  readonly battery?: number | undefined;
  /** Whether its network has no data allowance. */
  readonly unmetered?: boolean | undefined;
  /** Whether somebody has asked it to save data. */
  readonly dataSaver?: boolean | undefined;
  /** Whether nobody uses it: it has had no input for a while, or is locked. */
  readonly idle?: boolean | undefined;
  /** Whether what the client works for is not shown on a screen. */
  readonly hidden?: boolean | undefined;
  /** Whether its processor is too busy, or too hot, for more work. */
  readonly burdened?: boolean | undefined;
}

/**
 * What a client asks about its device. It decides with the answers and sends none of them to anyone.
 *
 * An app on React Native makes one of the modules that it has, as this one of an imaginary module:
 *
 * ```ts
 * const device: DeviceConditions = {
 *   watch(tell) {
 *     const read = async () => tell({ charging: await Battery.isCharging() });
 *     void read();
 *     const subscription = Battery.onChange(read);
 *     return () => subscription.remove();
 *   },
 * };
 * const client = new FederatedClient({ ...options }, { device });
 * ```
 */
export interface DeviceConditions {
  /**
   * Tells the device's whole state, for the first time as soon as it is known, and again whenever it
   * may have changed. Several may watch at once.
   * @returns Ends it: nothing is told any more.
   */
  watch(this: void, tell: (state: DeviceState) => void): () => void;
}

/** A `DeviceConditions` that tells what it is told. */
export interface SettableDevice extends DeviceConditions {
  /** Replaces the state. Whoever watches is told at once. */
  set(this: void, state: DeviceState): void;
}

/** Makes a `DeviceConditions` in memory. A device of which nothing is said knows nothing of itself. */
export function settableDevice(state: DeviceState = {}): SettableDevice {
  let current = state;
  const watching = new Set<(state: DeviceState) => void>();
  return {
    watch(tell) {
      // One function may watch twice.
      const listener = (next: DeviceState): void => tell(next);
      watching.add(listener);
      listener(current);
      return () => void watching.delete(listener);
    },
    set(next) {
      current = next;
      for (const tell of watching) tell(next);
    },
  };
}
