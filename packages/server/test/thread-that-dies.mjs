// A thread that dies of the first report that it gets.
import { parentPort } from "node:worker_threads";

parentPort.on("message", ({ type }) => {
  if (type === "add") process.exit(7);
});
