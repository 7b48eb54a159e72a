import type { FileFacts } from "./part-file.ts";

/** The data sets that can be downloaded. */
export type FetchableDataset =
  | "mnist"
  | "fashion-mnist"
  | "emnist"
  | "cifar-10"
  | "cifar-100"
  | "iris"
  | "penguins"
  | "abalone"
  | "shakespeare";

/** A file to download, whose bytes are known. */
export interface RemoteFile extends FileFacts {
  /** The file's name, which is also the last part of its URL. */
  readonly name: string;
}

/** The files of a data set, and where they are. */
export interface RemoteDataset {
  /**
   * URLs of folders that contain the files, in the order in which they are tried. Each ends in a
   * slash.
   */
  readonly mirrors: readonly string[];
  readonly files: readonly RemoteFile[];
}

/**
 * Where each data set is found, and the files that it consists of. The hashes are those of the
 * files as they were first published.
 */
export const REMOTE_DATASETS: Readonly<Record<FetchableDataset, RemoteDataset>> = {
  mnist: {
    mirrors: [
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ],
    files: mnistLike([
      [9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"],
      [28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"],
      [1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"],
      [4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"],
    ]),
  },
  "fashion-mnist": {
    mirrors: [
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ],
    files: mnistLike([
      [26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"],
      [29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"],
      [4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"],
      [5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"],
    ]),
  },
  // What follows are archives, which are read as they are. Lengths and hashes are those of
  // tensorflow/datasets, in its folder url_checksums.
  emnist: {
    mirrors: [
      "https://biometrics.nist.gov/cs_links/EMNIST/",
      "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ],
    files: [
      {
        name: "gzip.zip",
        byteLength: 561_753_746,
        sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
      },
    ],
  },
  "cifar-10": {
    mirrors: [
      "https://www.cs.toronto.edu/~kriz/",
      "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    ],
    files: [
      {
        name: "cifar-10-binary.tar.gz",
        byteLength: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    ],
  },
  "cifar-100": {
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      {
        name: "cifar-100-binary.tar.gz",
        byteLength: 168_513_733,
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
      },
    ],
  },
  iris: gitHubFile(
    "mwaskom/seaborn-data/71e2436a092d714350de0fc409ca8a8714e7e78f/iris.csv",
    3_858,
    "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355",
  ),
  penguins: gitHubFile(
    "mwaskom/seaborn-data/71e2436a092d714350de0fc409ca8a8714e7e78f/penguins.csv",
    13_478,
    "e07636bd8af74260099ea2f8678e2eabbf35def579940cc76f67061ee16c06c1",
  ),
  abalone: gitHubFile(
    "tensorflow/tfjs-examples/0521725666e4504948eed00fe372b92510cc74f9/abalone-node/abalone.csv",
    191_897,
    "ffcdfd7eb2758d9bfdc675d4b80b1be22bc68dd497c2df96f7e384ac5b090527",
  ),
  shakespeare: gitHubFile(
    "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
    1_115_394,
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
  ),
};

/** The names of the data sets that can be downloaded. */
export const datasetNames = Object.keys(REMOTE_DATASETS) as readonly FetchableDataset[];

/**
 * Describes the four files of a data set in MNIST's form.
 * @param facts - Length and hash of the training images, training labels, test images and test
 *   labels.
 */
function mnistLike(
  facts: readonly (readonly [byteLength: number, sha256: string])[],
): RemoteFile[] {
  const names = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
  ];
  return facts.map(([byteLength, sha256], index) => ({ name: names[index]!, byteLength, sha256 }));
}

/**
 * Describes a data set that is one file of a repository on GitHub.
 * @param path - Owner, repository, commit, and the file's path.
 */
function gitHubFile(path: string, byteLength: number, sha256: string): RemoteDataset {
  const cut = path.lastIndexOf("/") + 1;
  return {
    mirrors: [`https://raw.githubusercontent.com/${path.slice(0, cut)}`],
    files: [{ name: path.slice(cut), byteLength, sha256 }],
  };
}
