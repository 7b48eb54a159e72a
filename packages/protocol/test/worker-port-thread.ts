// The worker of the conformance suite: a worker thread or a child process. It ends itself at once.
import { serveWorkerPortCases } from "../src/testing/worker-port-script.ts";
import { ownerEndpoint } from "../src/worker-port/node-endpoints.ts";

serveWorkerPortCases(ownerEndpoint(), () => process.exit(3));
