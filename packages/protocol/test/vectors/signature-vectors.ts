import { toHex, utf8, utf8Decode } from "../../src/bytes/encoding.ts";
import { formatServerKey, serverKeyOf } from "../../src/channel/server-key.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { deviceIdOf, proveDevice } from "../../src/enrolment/device-proof.ts";
import { encodePlan, planIdOf, signPlan } from "../../src/plan/plan-bytes.ts";
import { samplePlan } from "../plan-sample.ts";

/** What `signatures.json` holds; all bytes are hexadecimal. */
export interface SignatureVectors {
  readonly about: string;
  readonly server: {
    readonly channelSecret: string;
    readonly signingSeed: string;
    /** As an app pins it. */
    readonly serverKey: string;
  };
  readonly plan: { readonly text: string; readonly sha256: string; readonly signature: string };
  /** Texts that are no plans although they may have been signed. */
  readonly refusedPlans: readonly { readonly why: string; readonly text: string }[];
  readonly device: {
    readonly seed: string;
    readonly handshakeHash: string;
    readonly population: string;
    readonly publicKey: string;
    readonly signature: string;
    readonly deviceId: string;
  };
}

const bytesFrom = (first: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => first + i);

/** The secrets of the server in all vectors. */
export const SERVER_SECRETS = { channelSecret: bytesFrom(1), signingSeed: bytesFrom(65) };

/** Signs a plan and a session. */
export async function makeSignatureVectors(crypto: CryptoProvider): Promise<SignatureVectors> {
  const { channelSecret, signingSeed } = SERVER_SECRETS;
  const bytes = encodePlan(samplePlan);
  const text = utf8Decode(bytes);
  const seed = bytesFrom(129);
  const handshakeHash = crypto.sha256(utf8("a handshake"));
  const population = "keyboard";
  const { publicKey, signature } = await proveDevice(crypto, seed, handshakeHash, population);
  return {
    about:
      "A signed plan (docs/protocol.md, section 6) and a device's proof (section 11). Bytes are hexadecimal.",
    server: {
      channelSecret: toHex(channelSecret),
      signingSeed: toHex(signingSeed),
      serverKey: formatServerKey(serverKeyOf(crypto, SERVER_SECRETS)),
    },
    plan: {
      text,
      sha256: planIdOf(crypto, bytes),
      signature: toHex(signPlan(crypto, signingSeed, bytes)),
    },
    refusedPlans: [
      { why: "It has white space, so that it is not canonical.", text: `${text} ` },
      {
        why: "Its keys are not in order.",
        text: text.replace('"clipNorm":1e-7,', "").replace(/}$/, ',"clipNorm":1e-7}'),
      },
      {
        why: "It has a key that this version does not know.",
        text: text.replace('"version":1', '"unknown":0,"version":1'),
      },
      {
        why: "A number is out of its range.",
        text: text.replace('"batchSize":10', '"batchSize":0'),
      },
    ],
    device: {
      seed: toHex(seed),
      handshakeHash: toHex(handshakeHash),
      population,
      publicKey: toHex(publicKey),
      signature: toHex(signature),
      deviceId: deviceIdOf(crypto, publicKey),
    },
  };
}
