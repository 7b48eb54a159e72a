/**
 * What tests of apps and of adapters need: a clock that is moved by hand, sockets without a network,
 * the conformance suites of the ports, and the table of a session's states.
 */
export { ManualClock, type ConformanceCase } from "@tributary/protocol/testing";
export {
  memoryConnector,
  memorySocketPair,
  type MemorySocketEnd,
  type MemorySocketEvents,
} from "../session/memory-socket.ts";
export {
  deviceConditionsCases,
  usageStoreCases,
  type DeviceConditionsFixture,
} from "./device-cases.ts";
export { openShelf } from "#platform/shelf";
export { exampleShelfCases, type ExampleShelfFixture } from "./example-shelf-cases.ts";
export { localTrainerCases, type LocalTrainerFixture } from "./local-trainer-cases.ts";
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
