import type { PlanId } from "@tributary/protocol";
import type { ConditionalWork, Eligibility, PlannedWork } from "./eligibility.ts";
import type { UnmetCondition } from "./unmet.ts";

/** Loads what decides about conditions. */
export type LoadEligibility = () => Promise<Eligibility>;

/**
 * The `Eligibility` of a client, which is loaded when somebody first asks for conditions: most clients never
 * need it.
 */
export class AskedConditions implements ConditionalWork {
  readonly #load: LoadEligibility;
  /** Whether the app asks for conditions of its own. */
  readonly #hasOwn: boolean;
  #loading: Promise<Eligibility> | undefined;
  #loaded: Eligibility | undefined;

  constructor(load: LoadEligibility, hasOwn: boolean) {
    this.#load = load;
    this.#hasOwn = hasOwn;
  }

  /** See `Eligibility.unmet`. */
  async unmet(
    planned: PlannedWork | undefined,
    signal: AbortSignal,
  ): Promise<readonly UnmetCondition[]> {
    return (await this.#eligibility(planned))?.unmet(planned, signal) ?? [];
  }

  /** See `Eligibility.declined`. */
  get declined(): readonly PlanId[] {
    return this.#loaded?.declined ?? [];
  }

  /** See `Eligibility.standAside`. */
  standAside(): void {
    this.#loaded?.standAside();
  }

  /** See `Eligibility.requireReady`. */
  async requireReady(signal: AbortSignal): Promise<void> {
    await (await this.#eligibility())?.requireReady(signal);
  }

  /** See `Eligibility.ready`. */
  async ready(
    signal: AbortSignal,
    onWait: (unmet: readonly UnmetCondition[]) => void,
  ): Promise<void> {
    await (await this.#eligibility())?.ready(signal, onWait);
  }

  async whileMet<T>(
    planned: PlannedWork | undefined,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const eligibility = await this.#eligibility(planned);
    return eligibility === undefined ? work(signal) : eligibility.whileMet(planned, signal, work);
  }

  /** Watches the device no longer. */
  close(): void {
    this.#loaded?.close();
  }

  /** @returns undefined as long as nobody has asked for conditions. */
  #eligibility(planned?: PlannedWork): Promise<Eligibility | undefined> | undefined {
    if (this.#loading === undefined && !this.#hasOwn && planned?.plan.conditions === undefined) {
      return undefined;
    }
    this.#loading ??= this.#load().then((eligibility) => (this.#loaded = eligibility));
    return this.#loading;
  }
}
