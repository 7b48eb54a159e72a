// The table of all attacks. The compiler compares it with those that an experiment can name.
import { alie } from "./alie.ts";
import type { Attack } from "./attack.ts";
import type { AttackOptions } from "./attack-options.ts";
import { backdoor } from "./backdoor.ts";
import { freeRider } from "./free-rider.ts";
import { gaussian } from "./gaussian.ts";
import { labelFlip } from "./label-flip.ts";
import { signFlip } from "./sign-flip.ts";
import { sybil } from "./sybil.ts";

type Factory<Options> = (options: Options) => Attack;

const FACTORIES: {
  readonly [Name in AttackOptions["name"]]: Factory<
    Extract<AttackOptions, { readonly name: Name }>
  >;
} = {
  "label-flip": labelFlip,
  "sign-flip": signFlip,
  gaussian,
  backdoor,
  alie,
  "free-rider": freeRider,
  sybil,
};

/** Makes the attack that an experiment names. It holds no state. */
export function createAttack(options: AttackOptions): Attack {
  const make = FACTORIES[options.name] as Factory<AttackOptions>;
  return make(options);
}
