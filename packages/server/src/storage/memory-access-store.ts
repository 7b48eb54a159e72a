import { TributaryError, type AdminTokenId } from "@tributary/protocol";
import type {
  AccessStore,
  AdminTokenRecord,
  AuditRecord,
  DeviceRecord,
  PopulationRecord,
  StoredAudit,
} from "./access-store.ts";
import { tokenExists } from "./record-checks.ts";

/** An `AccessStore` in memory. */
export class MemoryAccessStore implements AccessStore {
  readonly #tokens: Map<AdminTokenId, AdminTokenRecord> = new Map();
  readonly #audit: StoredAudit[] = [];
  readonly #populations: Map<string, PopulationRecord> = new Map();
  readonly #devices: Map<string, DeviceRecord> = new Map();
  #closed = false;

  async addToken(token: AdminTokenRecord): Promise<void> {
    this.#requireOpen();
    if (this.#tokens.has(token.id)) throw tokenExists(token.id);
    this.#tokens.set(token.id, structuredClone(token));
  }

  async token(id: AdminTokenId): Promise<AdminTokenRecord | undefined> {
    this.#requireOpen();
    return structuredClone(this.#tokens.get(id));
  }

  async tokens(): Promise<AdminTokenRecord[]> {
    this.#requireOpen();
    return structuredClone([...this.#tokens.values()]).sort(
      (a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1),
    );
  }

  async revokeToken(id: AdminTokenId, atMs: number): Promise<boolean> {
    this.#requireOpen();
    const token = this.#tokens.get(id);
    if (token === undefined || token.revokedAtMs !== null) return false;
    this.#tokens.set(id, { ...token, revokedAtMs: atMs });
    return true;
  }

  async addAudit(record: AuditRecord): Promise<void> {
    this.#requireOpen();
    this.#audit.push({ sequence: this.#audit.length + 1, ...record });
  }

  async audit(limit: number, before = Number.POSITIVE_INFINITY): Promise<StoredAudit[]> {
    this.#requireOpen();
    const older = this.#audit.filter(({ sequence }) => sequence < before);
    return structuredClone(older.slice(-limit).reverse());
  }

  async populations(): Promise<PopulationRecord[]> {
    this.#requireOpen();
    const all = [...this.#populations.values()];
    return structuredClone(all).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async setPopulation(population: PopulationRecord): Promise<void> {
    this.#requireOpen();
    this.#populations.set(population.name, structuredClone(population));
  }

  async addDevice(device: DeviceRecord, maximum = Infinity): Promise<DeviceRecord | undefined> {
    this.#requireOpen();
    const { population, voucher } = device;
    const key = deviceKey(population, device.id);
    const known = this.#devices.get(key);
    if (known !== undefined && (known.voucher !== null || voucher === null)) {
      return structuredClone(known);
    }
    if (voucher !== null && this.#count(population, voucher) >= maximum) return undefined;
    this.#devices.set(key, structuredClone(known === undefined ? device : { ...known, voucher }));
    return structuredClone(this.#devices.get(key));
  }

  async device(population: string, id: string): Promise<DeviceRecord | undefined> {
    this.#requireOpen();
    return structuredClone(this.#devices.get(deviceKey(population, id)));
  }

  async deviceCount(population: string, voucher?: string | null): Promise<number> {
    this.#requireOpen();
    return this.#count(population, voucher);
  }

  async devices(population: string, limit: number): Promise<DeviceRecord[]> {
    this.#requireOpen();
    const own = [...this.#devices.values()].filter((device) => device.population === population);
    own.sort((a, b) => b.registeredAtMs - a.registeredAtMs || (a.id < b.id ? -1 : 1));
    return structuredClone(own.slice(0, limit));
  }

  async revokeDevice(population: string, id: string, atMs: number): Promise<boolean> {
    this.#requireOpen();
    const key = deviceKey(population, id);
    const device = this.#devices.get(key);
    if (device === undefined || device.revokedAtMs !== null) return false;
    this.#devices.set(key, { ...device, revokedAtMs: atMs });
    return true;
  }

  close(): void {
    this.#closed = true;
  }

  #count(population: string, voucher: string | null | undefined): number {
    let count = 0;
    for (const device of this.#devices.values()) {
      if (device.population !== population) continue;
      if (voucher === undefined || device.voucher === voucher) count += 1;
    }
    return count;
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new TributaryError("STORAGE_UNAVAILABLE", "The store is closed", {
      remedy: "Open it again.",
    });
  }
}

/** Names a device across populations. Neither part can contain a space. */
function deviceKey(population: string, id: string): string {
  return `${population} ${id}`;
}
