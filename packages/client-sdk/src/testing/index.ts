/**
 * For tests of apps and adapters: time that stands still, sockets without a network, conformance
 * suites of the ports, and the table of a session's states.
 */
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
export {
  GREETING,
  afterReceiving,
  afterSending,
  type Received,
  type SessionState,
} from "../session/session-state.ts";
