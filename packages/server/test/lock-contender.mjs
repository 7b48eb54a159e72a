// Tries to lock the folder in argv[2] with the built package, says how it went, and keeps it until its input ends.
import { once } from "node:events";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { lockFolder } from "../dist/storage/folder-lock.js";

try {
  await lockFolder(process.argv[2], createNodeCryptoProvider());
  console.log("held");
} catch (error) {
  console.log(error.code);
}
process.stdin.resume();
await once(process.stdin, "end");
