// A thread that dies of the first report that it gets.
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";

serve(ownerEndpoint(), {
  open() {},
  add: () => process.exit(7),
});
