import protobuf from "protobufjs";

/**
 * The parts that we write of TensorBoard's messages, under their field numbers: `event.proto`,
 * `summary.proto` and `tensor.proto` of TensorFlow, and `plugins/hparams/plugin_data.proto`.
 */
const SCHEMA = `
syntax = "proto3";

message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    Summary summary = 5;
  }
}

message Summary {
  message Value {
    string tag = 1;
    oneof value {
      float simple_value = 2;
      Tensor tensor = 8;
    }
    Metadata metadata = 9;
  }
  repeated Value value = 1;
}

message Metadata {
  message PluginData {
    string plugin_name = 1;
    bytes content = 2;
  }
  PluginData plugin_data = 1;
  int32 data_class = 4;
}

message Tensor {
  message Shape {}
  int32 dtype = 1;
  Shape tensor_shape = 2;
  repeated bytes string_val = 8;
}

message HyperparametersData {
  int32 version = 1;
  oneof data {
    SessionStart session_start_info = 3;
    SessionEnd session_end_info = 4;
  }
}

message SessionStart {
  map<string, Hyperparameter> hparams = 1;
  string group_name = 4;
  double start_time_secs = 5;
}

message SessionEnd {
  int32 status = 1;
  double end_time_secs = 2;
}

message Hyperparameter {
  oneof kind {
    double number_value = 2;
    string string_value = 3;
    bool bool_value = 4;
  }
}
`;

const { root } = protobuf.parse(SCHEMA);

/** Writes one of these messages. @param fields - By their names in camel case. */
export function encodeMessage(name: "Event" | "HyperparametersData", fields: object): Uint8Array {
  const type = root.lookupType(name);
  return type.encode(type.fromObject(fields)).finish();
}
