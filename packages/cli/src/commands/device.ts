import { Command } from "commander";
import type { DeviceView } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { wholeNumber } from "../terminal/options.ts";
import { createOutput, formatTable } from "../terminal/output.ts";

export function deviceCommand(): Command {
  const device = new Command("device").description(
    "List and revoke the devices that are registered with a population.",
  );
  addList(device);
  addRevoke(device);
  return device;
}

function addList(device: Command): void {
  withAdminOptions(
    device
      .command("list")
      .argument("<population>", "name of the population")
      .description("List the devices of a population, including revoked ones, newest first.")
      .option("--limit <count>", "list at most this many devices", wholeNumber(1, 1_000), 100),
  ).action(async (population: string, flags: AdminFlags & { limit: number }) => {
    const admin = await connectAdmin(flags);
    const { devices } = await admin.json<{ devices: DeviceView[] }>(
      `${pathOf(population)}?limit=${flags.limit}`,
    );
    const rows = devices.map(({ id, registeredAtMs, selfRegistered, revokedAtMs }) => [
      id,
      new Date(registeredAtMs).toISOString(),
      selfRegistered ? "itself" : "by token",
      revokedAtMs === null ? "" : new Date(revokedAtMs).toISOString(),
    ]);
    createOutput(flags.json === true).result(
      { devices },
      devices.length === 0
        ? `no devices are registered with the population ${population}`
        : formatTable(["id", "registered", "how", "revoked"], rows),
    );
  });
}

function addRevoke(device: Command): void {
  withAdminOptions(
    device
      .command("revoke")
      .argument("<population>", "name of the population")
      .argument("<id>", "id of the device, as `tributary device list` prints it")
      .description("Refuse every further request of a device. This cannot be undone."),
  ).action(async (population: string, id: string, flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const path = `${pathOf(population)}/${encodeURIComponent(id)}/revoke`;
    const revoked = await admin.post<DeviceView>(path);
    createOutput(flags.json === true).result(revoked, `${revoked.id} is revoked`);
  });
}

function pathOf(population: string): string {
  return `/v1/populations/${encodeURIComponent(population)}/devices`;
}
