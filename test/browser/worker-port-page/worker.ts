import { serveWorkerPortCases } from "@tributary/protocol/testing";
import { webOwnerEndpoint } from "@tributary/protocol/worker-port";

serveWorkerPortCases(webOwnerEndpoint(), () => {
  setTimeout(() => {
    throw new Error("The worker ends here");
  });
});
