import type { ModelState } from "@tributary/core";

/** How many bytes a version of the model has. */
export interface VersionBytes {
  readonly modelBytes: number;
  /** Of the difference from the version before, if there is one. */
  readonly differenceBytes?: number;
}

/** What clients download: nothing if they hold the newest version, and a difference if they hold the one before. */
export class Downloads {
  /** The newest version that each client has got. */
  readonly held: Map<number, number>;
  #version: number;
  #bytes: VersionBytes;

  /** @param held - By client, if the run goes on; kept, and modified. */
  constructor(version: number, bytes: VersionBytes, held = new Map<number, number>()) {
    this.#version = version;
    this.#bytes = bytes;
    this.held = held;
  }

  /** The bytes of the newest version. */
  get bytes(): VersionBytes {
    return this.#bytes;
  }

  /** There is a newer version. */
  begin(version: number, bytes: VersionBytes): void {
    this.#version = version;
    this.#bytes = bytes;
  }

  /** What a client has to download to have the newest version, in bytes. */
  bytesFor(client: number): number {
    const { modelBytes, differenceBytes = modelBytes } = this.#bytes;
    const held = this.held.get(client);
    if (held === this.#version) return 0;
    return held === this.#version - 1 ? differenceBytes : modelBytes;
  }

  /** Takes note that a client has got the newest version. */
  got(client: number): void {
    this.held.set(client, this.#version);
  }
}

/** How many bytes a state of the model has as a version. */
export const versionBytesOf = ({ difference, packed, weights }: ModelState): VersionBytes => ({
  modelBytes: packed?.length ?? weights.byteLength,
  ...(difference && { differenceBytes: difference.length }),
});
