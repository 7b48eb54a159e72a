/** What tests of apps and adapters need: time that stands still, and sockets without a network. */
export { ManualClock } from "./manual-clock.ts";
export {
  memoryConnector,
  memorySocketPair,
  type MemorySocketEnd,
  type MemorySocketEvents,
} from "../session/memory-socket.ts";
export {
  localTrainerCases,
  type ConformanceCase,
  type LocalTrainerFixture,
} from "./local-trainer-cases.ts";
export {
  SocketListener,
  socketConnectorCases,
  socketRequest,
  type SocketConnectorFixture,
  type SocketPeer,
  type SocketServer,
} from "./socket-connector-cases.ts";
