import { TributaryError } from "@tributary/protocol";
import { enrolmentPolicySchema } from "../enrolment/policy.ts";
import type { DeviceRecord } from "../storage/access-store.ts";
import type { AdminDeps } from "./admin-deps.ts";
import {
  deviceListQuery,
  deviceListSchema,
  deviceParams,
  deviceSchema,
  populationListSchema,
  populationParams,
  populationSchema,
  type DeviceView,
  type PopulationView,
} from "./access-schemas.ts";
import { jsonBody, nothingBody } from "./json-body.ts";
import { jsonRoute, type Route } from "./route.ts";

type PopulationRouteDeps = Pick<AdminDeps, "access" | "enrolment" | "clock" | "constants">;

/**
 * Routes that decide which clients may take part: the policies of populations, and their devices.
 */
export function populationRoutes(deps: PopulationRouteDeps): readonly Route[] {
  const { access, enrolment, clock, constants } = deps;
  const view = async (
    name: string,
    updatedAtMs: PopulationView["updatedAtMs"],
  ): Promise<PopulationView> => ({
    name,
    policy: enrolment.policy(name),
    updatedAtMs,
    devices: await access.deviceCount(name),
    selfRegisteredDevices: await access.deviceCount(name, null),
  });
  const viewOf = async (name: string): Promise<PopulationView> => {
    const known = (await access.populations()).find((population) => population.name === name);
    return view(name, known?.updatedAtMs ?? null);
  };
  return [
    jsonRoute({
      method: "get",
      path: "/v1/populations",
      operation: "listPopulations",
      summary: "Lists the populations whose enrolment policy has been set. All others are open.",
      answer: { description: "The populations, sorted by name.", schema: populationListSchema },
      async handle() {
        const known = await access.populations();
        const views = known.map(({ name, updatedAtMs }) => view(name, updatedAtMs));
        return { json: { populations: await Promise.all(views) } };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/populations/{name}",
      operation: "getPopulation",
      summary: "Returns a population's enrolment policy.",
      params: populationParams,
      answer: { description: "The population.", schema: populationSchema },
      handle: async ({ params }) => ({ json: await viewOf(params.name) }),
    }),
    jsonRoute({
      method: "put",
      path: "/v1/populations/{name}",
      operation: "setPopulation",
      summary:
        "Sets who may take part in a population's rounds. It applies from the next request on.",
      role: "admin",
      params: populationParams,
      body: jsonBody(enrolmentPolicySchema, constants.maxPlanBytes, "The enrolment policy."),
      answer: { description: "The population.", schema: populationSchema },
      async handle({ params, body }) {
        await enrolment.setPolicy(params.name, body);
        const issuer = "token" in body ? body.token?.issuer : undefined;
        return {
          json: await viewOf(params.name),
          note: `enrolment ${body.enrolment}${issuer === undefined ? "" : `, tokens of ${issuer}`}`,
        };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/populations/{name}/devices",
      operation: "listDevices",
      summary: "Lists the newest devices of a population, including revoked ones.",
      params: populationParams,
      query: deviceListQuery,
      answer: { description: "The devices, newest first.", schema: deviceListSchema },
      handle: async ({ params, query }) => ({
        json: { devices: (await access.devices(params.name, query.limit)).map(deviceView) },
      }),
    }),
    jsonRoute({
      method: "post",
      path: "/v1/populations/{name}/devices/{id}/revoke",
      operation: "revokeDevice",
      summary: "Revokes a device. It is refused for good, from its next request on.",
      params: deviceParams,
      body: nothingBody(constants.maxPlanBytes),
      answer: { description: "The device.", schema: deviceSchema },
      errors: ["DEVICE_UNKNOWN"],
      async handle({ params: { name, id } }) {
        await access.revokeDevice(name, id, clock.now());
        const device = await access.device(name, id);
        if (device !== undefined) return { json: deviceView(device) };
        throw new TributaryError("DEVICE_UNKNOWN", `Population ${name} has no device ${id}`, {
          remedy: "`tributary device list` names the devices.",
          context: { population: name, device: id },
        });
      },
    }),
  ];
}

function deviceView(device: DeviceRecord): DeviceView {
  const { id, publicKey, voucher, registeredAtMs, revokedAtMs } = device;
  return {
    id,
    selfRegistered: voucher === null,
    publicKey: publicKey === null ? null : Buffer.from(publicKey).toString("base64url"),
    registeredAtMs,
    revokedAtMs,
  };
}
