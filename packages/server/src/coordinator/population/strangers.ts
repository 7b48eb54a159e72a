import { drawUniform, type TributaryError } from "@tributary/protocol";
import { ClientsAway, nextWindowMs, returnAfterMs } from "@tributary/core";
import type { CheckInOffer, Participant } from "./participant.ts";
import { NO_ROUND_WINDOW_MS, noOpenRound, type PopulationDeps } from "./population.ts";

/**
 * The clients of populations that have no task. They are sent away in turns, and counted until they
 * are due again; nothing is kept of the populations that they name.
 */
export class Strangers {
  readonly #deps: PopulationDeps;
  readonly #away: ClientsAway;

  constructor(deps: PopulationDeps) {
    this.#deps = deps;
    const { clock, limits } = deps;
    this.#away = new ClientsAway(clock.elapsedMs(), limits.maxCountedClientsPerAddress);
  }

  /** Makes the error for a stranger, with the time to come back. */
  reject(participant: Participant, { population, deviceId: device }: CheckInOffer): TributaryError {
    const { clock, random } = this.#deps;
    const { site } = participant;
    const stranger = { connection: participant, site, device };
    const nowMs = clock.elapsedMs();
    const leftMs = this.#away.leftMs(stranger, nowMs);
    if (leftMs > 0) return noOpenRound(population, leftMs);
    const period = NO_ROUND_WINDOW_MS;
    const opensInMs = nextWindowMs(clock.now(), period, drawUniform(random) * period);
    const needs = { needed: Number.POSITIVE_INFINITY, roundMs: 0, opensInMs };
    const others = this.#away.count(nowMs, site);
    const retryAfterMs = returnAfterMs(needs, others + 1, drawUniform(random));
    this.#away.add(stranger, retryAfterMs, nowMs);
    return noOpenRound(population, retryAfterMs);
  }
}
