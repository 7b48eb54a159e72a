import { TributaryError, type DataContract, type TableContract } from "@tributary/protocol";

/**
 * Holds a data contract to be about tables.
 * @throws TributaryError `EXAMPLES_INVALID` when it is about text.
 */
export function tableContract(contract: DataContract): TableContract {
  if (contract.type !== "text") return contract;
  throw new TributaryError(
    "EXAMPLES_INVALID",
    "The task's data contract is about text, and the examples are a table",
    { remedy: "Give the client text: `textExampleStore` makes its examples." },
  );
}
