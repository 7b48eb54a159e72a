import { Command } from "commander";
import type { DeviceView } from "@tributary/server";
import { wholeNumber } from "../options.ts";
import { createOutput, formatTable } from "../output.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";

export function deviceCommand(): Command {
  const device = new Command("device").description("Devices that have enrolled in a population.");

  withAdminOptions(device.command("list"))
    .argument("<population>", "population")
    .description("List a population's newest devices, revoked ones too.")
    .option("--limit <count>", "at most so many", wholeNumber(1, 1_000), 100)
    .action(async (population: string, flags: AdminFlags & { limit: number }) => {
      const admin = await connectAdmin(flags);
      const { devices } = await admin.json<{ devices: DeviceView[] }>(
        `${pathOf(population)}?limit=${flags.limit}`,
      );
      const rows = devices.map(({ id, registeredAtMs, revokedAtMs }) => [
        id,
        new Date(registeredAtMs).toISOString(),
        revokedAtMs === null ? "" : new Date(revokedAtMs).toISOString(),
      ]);
      createOutput(flags.json === true).result(
        { devices },
        devices.length === 0
          ? `no devices are registered with ${population}`
          : formatTable(["id", "registered", "revoked"], rows),
      );
    });

  withAdminOptions(device.command("revoke"))
    .argument("<population>", "population")
    .argument("<id>", "device id, as `tributary device list` prints it")
    .description("Keep a device out for good, from its next request on.")
    .action(async (population: string, id: string, flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const path = `${pathOf(population)}/${encodeURIComponent(id)}/revoke`;
      const revoked = await admin.post<DeviceView>(path);
      createOutput(flags.json === true).result(revoked, `${revoked.id} is revoked`);
    });
  return device;
}

function pathOf(population: string): string {
  return `/v1/populations/${encodeURIComponent(population)}/devices`;
}
