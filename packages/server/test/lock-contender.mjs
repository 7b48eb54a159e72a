// Tries to lock the folder in argv[2], says how it went, and keeps it until its input ends.
import { once } from "node:events";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { lockFolder } from "../src/storage/folder-lock.ts";

try {
  await lockFolder(process.argv[2], createNodeCryptoProvider());
  console.log("held");
} catch (error) {
  console.log(error.code);
}
process.stdin.resume();
await once(process.stdin, "end");
