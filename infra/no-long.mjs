// Stands for the package `long` in what this workspace bundles itself. protobufjs works without it, and
// it is for integers of 64 bits, which no message of the protocol has (docs/protocol.md). It is 4 kB.
export default null;
