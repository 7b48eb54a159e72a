import { TributaryError } from "./errors.ts";
import { PROTOCOL_CONSTANTS } from "./protocol-constants.ts";

/**
 * Every bound on what bytes from a socket can make a process do, in one place, but for those on
 * which both sides have to agree: they are in `protocol-constants.ts`. There are no other limits.
 *
 * Each limit says what it means and in which unit. `@defaultValue` gives its default, which
 * `DEFAULT_LIMITS` sets, and says why it is that number. docs/protocol.md lists the same sentences,
 * and a test compares the two. Each side chooses its own: servers and clients take a `Limits`
 * value, so that an operator can raise a limit and a test can lower one.
 */
export interface Limits {
  /**
   * How long a connection may take until `Hello` is answered, in milliseconds. Traffic does not
   * extend it.
   * @defaultValue 10,000. Enough for the round trips of TCP, TLS, WebSocket and Noise over a slow
   * mobile link. A stranger can hold a place for no longer.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * How long a report may take from `ReportGrant` to its last byte, in milliseconds, or longer where
   * `minUploadBytesPerSecond` needs longer for it.
   * @defaultValue 60,000. Enough for small updates over a bad link, when no other client waits.
   */
  readonly reportUploadTimeoutMs: number;
  /**
   * The lowest rate of an upload, in bytes a second. An upload that is slower gives way to a client
   * that waits for an upload turn, from 3 seconds after `ReportGrant` on.
   * @defaultValue 65,536. Half a Mbit/s, which mobile networks reach nearly everywhere. 1.66 million
   * float32 values (6.7 MB) take 105 seconds.
   */
  readonly minUploadBytesPerSecond: number;
  /**
   * How long a connection may be silent before it is probed, in milliseconds. It is cut when the
   * probe is not answered within the same time, unless the answer has to wait for bytes that were
   * sent before it.
   * @defaultValue 20,000. A third of the 60 seconds after which common proxies, nginx for example,
   * cut a silent connection.
   */
  readonly heartbeatIntervalMs: number;
  /**
   * How long a member of a round may be silent while it trains, in milliseconds. Code that computes
   * in the thread of the connection keeps it from answering probes.
   * @defaultValue 120,000. Far longer than an app's code should keep its event loop busy, and no
   * longer than a round may wait for a member that has gone.
   */
  readonly trainingSilenceMs: number;
  /**
   * After how many bytes to a client the server sends a probe between them, at least: a client that
   * reads fast gets fewer. Its answer proves that the client has read them, whatever networks and
   * proxies hold back.
   * @defaultValue 131,072. Two sealed chunks, so that probes cost next to nothing, and a client at
   * `minReadBytesPerSecond` answers one within half of `sendTimeoutMs`.
   */
  readonly probeEveryBytes: number;
  /**
   * How fast a client must read, in bytes per second. A client is cut when it does not answer a
   * probe in the time that the bytes before it take at this rate.
   * @defaultValue 4,096. A client that reads slower takes more than a quarter of an hour for 4 MB.
   */
  readonly minReadBytesPerSecond: number;
  /**
   * How long a round waits for members whose connections are lost when nobody else is at work, in
   * milliseconds. While others are at work, it waits until its deadline.
   * @defaultValue 30,000. Enough for a change of network and for the first few attempts to connect.
   */
  readonly memberReturnMs: number;
  /**
   * How many reports one server receives at a time: the number of upload turns. Others wait for a
   * turn.
   * @defaultValue 16. The memory for reports is so many times the longest payload, whatever the
   * size of the cohort: about 106 MB for 1.66 million float32 values.
   */
  readonly maxConcurrentReports: number;
  /**
   * How much memory the updates of one round may take under a rule that compares updates, in bytes,
   * the room to work on them included. A task that needs more is refused when it is created.
   * @defaultValue 536,870,912. 512 MiB: for example about 80 updates of 1.66 million float32
   * values.
   */
  readonly maxRobustAggregationBytes: number;
  /**
   * How many bytes may wait in a socket's send buffer. A client pauses above it; a server cuts a
   * client that lets twice as much pile up.
   * @defaultValue 1,048,576. 1 MiB keeps a fast link busy, and 16 sealed chunks or so fit into it.
   */
  readonly maxBufferedSendBytes: number;
  /**
   * How long a client may read nothing of what waits for it, in milliseconds: no chunk goes into
   * the operating system's send buffer, and no probe is answered. Then it is cut.
   * @defaultValue 60,000. A client that reads less than 64 KiB a minute could not finish a round.
   */
  readonly sendTimeoutMs: number;
  /**
   * How many WebSocket connections one server holds.
   * @defaultValue 20,000. An idle connection with TLS takes about 31 KiB, so that all together take
   * about 600 MiB.
   */
  readonly maxConnections: number;
  /**
   * How many connections may be between their first packet and the answer to `Hello`. Then the
   * oldest of the address that has most of them gives way to the next one. All IPv6 addresses of
   * one network of 48 bits are looked at together first.
   * @defaultValue 4,096. About 400 new connections a second, when each takes all of
   * `handshakeTimeoutMs`.
   */
  readonly maxPendingConnections: number;
  /**
   * How many connections one address may hold: an IPv4 address or an IPv6 network of 64 bits.
   * @defaultValue 1,024. Enough for an office or a mobile carrier's gateway. No single address can
   * fill a server, and it takes about 20 to do so.
   */
  readonly maxConnectionsPerAddress: number;
  /**
   * How many new connections one address may open at once, before `connectionsPerSecondPerAddress`
   * holds.
   * @defaultValue 1,024. All clients of an address can come back at once, for example after the
   * server has restarted.
   */
  readonly connectionBurstPerAddress: number;
  /**
   * How many new connections a second one address may open, in the long run.
   * @defaultValue 64. Each may cost a TLS and a Noise handshake. So many keep a core busy for a few
   * percent of the time.
   */
  readonly connectionsPerSecondPerAddress: number;
  /**
   * How many addresses the server remembers the recent use of.
   * @defaultValue 65,536. Three times the connections of a full server, so that recent visitors are
   * remembered too, and memory stays bounded.
   */
  readonly maxTrackedAddresses: number;
  /**
   * The longest head of the HTTP request that opens a WebSocket, in bytes.
   * @defaultValue 8,192. Half of Node's own default. Such a request has a few hundred bytes and
   * perhaps some cookies.
   */
  readonly maxRequestHeadBytes: number;
  /**
   * How many bytes a connection may send between that head and the answer to `Hello`.
   * @defaultValue 8,192. A client sends about 200: a handshake message and `Hello`.
   */
  readonly maxGreetingBytes: number;
  /**
   * How many requests one session may send at once, before `requestsPerSecond` holds. A check-in
   * that leads to a report, or to a round that ends without its fault, is given back.
   * @defaultValue 32. A client needs one request for each round and each model that it asks for.
   */
  readonly requestBurst: number;
  /**
   * How many requests a second one session may send, in the long run. Probes (pings) are counted
   * apart, with the same two limits.
   * @defaultValue 4. A client that waits as long as each answer says sends far fewer.
   */
  readonly requestsPerSecond: number;
  /**
   * How many requests the sessions of one address may send at once, before
   * `requestsPerSecondPerAddress` holds.
   * @defaultValue 4,096. Four for each of the 1,024 connections that an address may have.
   */
  readonly requestBurstPerAddress: number;
  /**
   * How many requests a second the sessions of one address may send, in the long run.
   * @defaultValue 512. One every two seconds for each of the 1,024 connections that an address may
   * have.
   */
  readonly requestsPerSecondPerAddress: number;
  /**
   * How many requests one device may send at once over all its sessions, before
   * `requestsPerSecondPerDevice` holds. A device is known by its key or by its token's subject.
   * @defaultValue 32. As many as one session may send, so that more sessions gain a device nothing.
   */
  readonly requestBurstPerDevice: number;
  /**
   * How many requests a second one device may send over all its sessions, in the long run.
   * @defaultValue 4. As many as one session may send, so that more sessions gain a device nothing.
   */
  readonly requestsPerSecondPerDevice: number;
  /**
   * How many devices the server remembers the recent requests of.
   * @defaultValue 65,536. They take about 16 MiB.
   */
  readonly maxTrackedDevices: number;
  /**
   * How many wrong tokens a minute the admin API takes from one address, before it answers that
   * address with `RATE_LIMITED`.
   * @defaultValue 10. A program with an outdated token that asks every 15 seconds stays below it.
   */
  readonly wrongAdminTokensPerMinute: number;
  /**
   * How long an upload may go on without a whole `reportChunkBytes` of new bytes, in milliseconds.
   * Then it has stalled, and the session ends.
   * @defaultValue 20,000. A client slower than about 3 kB/s would keep others waiting for its
   * upload turn.
   */
  readonly uploadStallTimeoutMs: number;
  /**
   * How long a client may take to answer a close frame, in milliseconds. Then the connection is
   * cut.
   * @defaultValue 2,000. Enough for a round trip. The client has nothing left to say.
   */
  readonly closeTimeoutMs: number;
  /**
   * How many devices of one population may register themselves, where nobody vouches for them.
   * @defaultValue 262,144. Anyone can make any number of keys. So many devices take about 75 MB in
   * the store.
   */
  readonly maxSelfRegisteredDevices: number;
  /**
   * How many clients of one population may wait for the next round, or more if its rounds take
   * more. Others are told when to come back.
   * @defaultValue 16,384. As many as the largest cohort has members.
   */
  readonly maxWaitingClients: number;
  /**
   * For how many clients of a population one address counts at most, when the server estimates for
   * the clients of other addresses how many there are. Here and in the next three limits, all IPv6
   * addresses of one network of 48 bits count as one address.
   * @defaultValue 8. As many as a household may have. A crowd that waits at one address then hardly
   * changes when others come back.
   */
  readonly maxCountedClientsPerAddress: number;
  /**
   * How many clients of one address a population may have told to come back later. Others of that
   * address are sent away without a look at them.
   * @defaultValue 1,024. As many as one address may have connections.
   */
  readonly maxAwayClientsPerAddress: number;
  /**
   * How many seats in cohorts the clients of one address may waste, before all of its clients have
   * to wait. A report that counts makes good for one.
   * @defaultValue 16. Enough for a bad hour of an office. A loop of check-ins and withdrawals ends
   * after as many.
   */
  readonly maxWastedSeatsPerAddress: number;
  /**
   * After how long one wasted seat is forgiven, in milliseconds.
   * @defaultValue 30,000. An address that only wastes seats can waste two a minute.
   */
  readonly wastedSeatForgivenMs: number;
  /**
   * How long a call of the server's store may take, in milliseconds. Then it counts as failed,
   * whatever becomes of it: a round that was to be stored is given up, and its task tries again.
   * @defaultValue 60,000. A healthy store takes seconds for the largest model. A database that does
   * not answer is given up after half of that.
   */
  readonly storeTimeoutMs: number;
}

/** The limits that hold where nothing else is set. */
export const DEFAULT_LIMITS: Limits = {
  handshakeTimeoutMs: 10_000,
  reportUploadTimeoutMs: 60_000,
  minUploadBytesPerSecond: 65_536,
  heartbeatIntervalMs: 20_000,
  trainingSilenceMs: 120_000,
  probeEveryBytes: 131_072,
  minReadBytesPerSecond: 4_096,
  memberReturnMs: 30_000,
  maxConcurrentReports: 16,
  maxRobustAggregationBytes: 536_870_912,
  maxBufferedSendBytes: 1_048_576,
  sendTimeoutMs: 60_000,
  maxConnections: 20_000,
  maxPendingConnections: 4_096,
  maxConnectionsPerAddress: 1_024,
  connectionBurstPerAddress: 1_024,
  connectionsPerSecondPerAddress: 64,
  maxTrackedAddresses: 65_536,
  maxRequestHeadBytes: 8_192,
  maxGreetingBytes: 8_192,
  requestBurst: 32,
  requestsPerSecond: 4,
  requestBurstPerAddress: 4_096,
  requestsPerSecondPerAddress: 512,
  requestBurstPerDevice: 32,
  requestsPerSecondPerDevice: 4,
  maxTrackedDevices: 65_536,
  wrongAdminTokensPerMinute: 10,
  uploadStallTimeoutMs: 20_000,
  closeTimeoutMs: 2_000,
  maxSelfRegisteredDevices: 262_144,
  maxWaitingClients: 16_384,
  maxCountedClientsPerAddress: 8,
  maxAwayClientsPerAddress: 1_024,
  maxWastedSeatsPerAddress: 16,
  wastedSeatForgivenMs: 30_000,
  storeTimeoutMs: 60_000,
};

/**
 * Checks changes to the limits and puts them in the place of the defaults.
 * @param changes - The limits to change; each must be a whole number of at least 1.
 * @throws TributaryError `CONFIG_INVALID` for an unknown name, for a value that is no limit, and
 *   for a constant of the protocol, which the other side could not learn.
 */
export function resolveLimits(changes: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(changes)) checkChange(name, value);
  return { ...DEFAULT_LIMITS, ...changes };
}

function checkChange(name: string, value: unknown): void {
  const names = Object.keys(DEFAULT_LIMITS).join(", ");
  if (Object.hasOwn(PROTOCOL_CONSTANTS, name)) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `${name} is a constant of the protocol, which one side alone cannot change`,
      { remedy: `Leave it out: all clients and servers have the same. The limits are ${names}.` },
    );
  }
  if (Object.hasOwn(DEFAULT_LIMITS, name) && Number.isSafeInteger(value) && Number(value) > 0) {
    return;
  }
  throw new TributaryError(
    "CONFIG_INVALID",
    `The limit ${name.slice(0, 120)} cannot be ${String(value)}`,
    { remedy: `Give a whole number above 0 for any of ${names}.` },
  );
}
