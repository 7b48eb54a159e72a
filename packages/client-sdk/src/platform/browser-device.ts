import type { DeviceConditions, DeviceState } from "../conditions/device-conditions.ts";

/** Part of a browser's interfaces: each of them is missing in some browsers. */
export interface BrowserScope {
  readonly navigator?: {
    getBattery?(): Promise<Watched & { readonly charging: boolean; readonly level: number }>;
    readonly connection?: Watched & { readonly type?: string; readonly saveData?: boolean };
    readonly permissions?: {
      query(of: { readonly name: string }): Promise<{ readonly state: string }>;
    };
  };
  readonly document?: Watched & { readonly visibilityState: string };
  readonly IdleDetector?: new () => Watched & {
    readonly userState: string | null;
    readonly screenState: string | null;
    start(options: { readonly threshold: number; readonly signal: AbortSignal }): Promise<void>;
  };
  readonly PressureObserver?: new (
    changed: (records: readonly { readonly state: string }[]) => void,
  ) => { observe(source: "cpu", options: object): Promise<void>; disconnect(): void };
}

interface Watched {
  addEventListener(
    type: string,
    listener: () => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

/**
 * Begins to tell one part of the state, until the signal is aborted. It resolves when that part has been
 * told, or is known to be unknown.
 */
type Source = (
  scope: BrowserScope,
  tell: (part: DeviceState) => void,
  signal: AbortSignal,
) => Promise<void> | void;

/** The device of a browser's page, as far as the browser knows it. */
export function createBrowserDevice(scope: BrowserScope): DeviceConditions {
  return {
    watch(tell) {
      const over = new AbortController();
      let state: DeviceState = {};
      let isReady = false;
      const add = (part: DeviceState): void => {
        state = { ...state, ...part };
        if (isReady && !over.signal.aborted) tell(state);
      };
      // What a browser refuses to say is unknown.
      const begun = SOURCES.map(async (source) => source(scope, add, over.signal));
      void Promise.allSettled(begun).then(() => {
        isReady = true;
        add({});
      });
      return () => over.abort();
    },
  };
}

/** Battery Status: Chromium. A device without a battery charges, and is full. */
const battery: Source = async ({ navigator }, tell, signal) => {
  const manager = await navigator?.getBattery?.();
  const read = (): void => {
    if (manager !== undefined) tell({ charging: manager.charging, battery: manager.level });
  };
  for (const type of ["chargingchange", "levelchange"]) {
    manager?.addEventListener(type, read, { signal });
  }
  read();
};

const UNMETERED = ["ethernet", "wifi"];
const METERED = ["bluetooth", "cellular", "wimax"];

/** Network Information: Chromium, which knows the type of a network on phones only. */
const network: Source = ({ navigator }, tell, signal) => {
  const connection = navigator?.connection;
  const read = (): void => {
    const { type = "unknown", saveData } = connection ?? {};
    const isKnown = UNMETERED.includes(type) || METERED.includes(type);
    tell({ unmetered: isKnown ? UNMETERED.includes(type) : undefined, dataSaver: saveData });
  };
  connection?.addEventListener("change", read, { signal });
  read();
};

/** Page Visibility: all browsers. */
const visibility: Source = ({ document }, tell, signal) => {
  if (document === undefined) return;
  const read = (): void => tell({ hidden: document.visibilityState === "hidden" });
  document.addEventListener("visibilitychange", read, { signal });
  read();
};

/** How long a person has to be away, milliseconds: the least that browsers take. */
const AWAY_MS = 60_000;

/** Idle Detection: Chromium, where the app has got the person's permission. It is not asked for here. */
const idleness: Source = async ({ navigator, IdleDetector }, tell, signal) => {
  const permission = await navigator?.permissions?.query({ name: "idle-detection" });
  if (permission?.state !== "granted" || IdleDetector === undefined) return;
  const detector = new IdleDetector();
  const read = (): void => {
    const { userState, screenState } = detector;
    tell({ idle: userState === "idle" || screenState === "locked" });
  };
  detector.addEventListener("change", read, { signal });
  await detector.start({ threshold: AWAY_MS, signal });
  read();
};

const BURDENED = ["serious", "critical"];

/**
 * Compute Pressure: Chromium. It tells nothing of hidden pages, so that its first word is not waited
 * for.
 */
const pressure: Source = async ({ PressureObserver }, tell, signal) => {
  if (PressureObserver === undefined) return;
  const observer = new PressureObserver((records) => {
    const state = records.at(-1)?.state ?? "nominal";
    tell({ burdened: BURDENED.includes(state) });
  });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  await observer.observe("cpu", { sampleInterval: 2_000 });
};

const SOURCES: readonly Source[] = [battery, network, visibility, idleness, pressure];
