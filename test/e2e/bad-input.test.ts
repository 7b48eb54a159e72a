import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDigits } from "./support/digits.ts";
import { published, publishedData } from "./support/published-data.ts";
import { Sandbox, openSandbox, toldError } from "./support/sandbox.ts";
import { startServer, type RunningServer } from "./support/server.ts";

const FREE_PORTS = ["--port", "0", "--admin-port", "0"];
/** A key of the right form that no server has. */
const STRANGE_KEY = `tributary-key-v1:${"A".repeat(86)}`;

describe("bad usage ends with exit code 2 and says how the command is used", () => {
  for (const { title, args, message, remedy } of [
    {
      title: "an unknown command",
      args: ["taks", "list"],
      message: "Unknown command 'taks'",
      remedy: "Perhaps you meant task. `tributary --help` shows how to use it.",
    },
    {
      title: "an unknown command of a group",
      args: ["task", "destroy"],
      message: "Unknown command 'destroy'",
      remedy: "`tributary task --help` shows how to use it.",
    },
    {
      title: "an unknown option",
      args: ["demo", "--client", "3"],
      message: "Unknown option '--client'",
      remedy: "Perhaps you meant --clients. `tributary demo --help` shows how to use it.",
    },
    {
      title: "a number out of range",
      args: ["demo", "--clients", "0"],
      message: "Option '--clients <count>' argument '0' is invalid",
      remedy: "Give a whole number from 1 to 10000. `tributary demo --help` shows how to use it.",
    },
    {
      title: "a word that is none of the choices",
      args: ["demo", "--engine", "gpu"],
      message: "Option '--engine <name>' argument 'gpu' is invalid",
      remedy:
        "Allowed choices are auto, fused, native, tfjs. `tributary demo --help` shows how to use it.",
    },
    {
      title: "a missing argument",
      args: ["task", "create"],
      message: "Missing required argument 'file'",
      remedy: "`tributary task create --help` shows how to use it.",
    },
    {
      title: "a client that is told of a server but not of its key",
      args: ["client", "--url", "wss://127.0.0.1:1"],
      message: "Only one of --url and --server-key is given",
      remedy: "Give both: a client trusts no server unless it has been told that server's key.",
    },
    {
      title: "a data set that nobody knows",
      args: ["data", "fetch", "imagenet"],
      message: "There is no data set named imagenet to download",
      remedy:
        "Use one of mnist, fashion-mnist, emnist, cifar-10, cifar-100, iris, penguins, abalone, shakespeare.",
    },
    {
      title: "half a certificate",
      args: ["serve", "--cert", "cert.pem", "--data-dir", "d"],
      message: "Only one of --cert and --key is given",
      remedy: "Give both, or give neither: then the server makes a certificate of its own.",
    },
  ]) {
    test(title, async () => {
      const box = await openSandbox();
      expect(await box.failure(args, 2)).toMatchObject({ code: "BAD_PARAMETER", message, remedy });
    });
  }

  test("without --json in words on standard error alone", async () => {
    const box = await openSandbox();
    expect(await box.run(["demo", "--rounds", "many"])).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr:
        "tributary: Option '--rounds <count>' argument 'many' is invalid [BAD_PARAMETER]\n" +
        "  Give a whole number from 1. `tributary demo --help` shows how to use it.\n",
    });
  });
});

describe("data that cannot be used", () => {
  test("is named: a folder that is not there, or that holds nothing known", async () => {
    const box = await openSandbox();
    expect(await box.failure(["demo", "--data", "nowhere"])).toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("nowhere cannot be read"),
      remedy: "Give the path of a folder or of a file with a table.",
    });
    await mkdir(box.path("empty"));
    expect(await box.failure(["demo", "--data", "empty"])).toMatchObject({
      code: "DATA_UNREADABLE",
      message: "empty does not contain a data set of a known form",
      remedy: expect.stringContaining("train-images-idx3-ubyte"),
    });
  });

  test("is named: MNIST that has not been fetched", async () => {
    const box = await openSandbox();
    const env = { TRIBUTARY_DATA: undefined };
    expect(await box.failure(["demo", "--data", "mnist"], 1, env)).toMatchObject({
      code: "DATA_UNREADABLE",
      message: "MNIST is not in ./data/mnist",
      remedy:
        "Download it with `tributary data fetch mnist`, or give the path of a folder that holds it: --data FOLDER.",
    });
  });

  test("is named: an idx file that breaks off", async () => {
    const box = await openSandbox();
    const digits = { pixels: new Uint8Array(784 * 5), labels: new Uint8Array(5) };
    await writeDigits(box.path("digits"), { ...digits, pixels: new Uint8Array(700) }, digits);
    expect(await box.failure(["demo", "--data", "digits"])).toMatchObject({
      code: "DATA_UNREADABLE",
      message:
        "digits/train-images-idx3-ubyte holds 700 values, but its header announces 5 × 28 × 28 = 3920",
      remedy: "Download the file again.",
    });
  });

  test("is named: a table with a missing cell", async () => {
    const box = await openSandbox();
    await box.write("table.csv", "width,height,kind\n1,2,a\n3,,b\n");
    expect(await box.failure(["demo", "--data", "table.csv"])).toMatchObject({
      code: "DATA_UNREADABLE",
      message: "table.csv has no value in line 3, column height",
      remedy: expect.stringContaining("--fill-missing"),
    });
  });

  test("is named: images for which the demo has no model", async () => {
    const box = await openSandbox();
    const digits = { pixels: new Uint8Array(784 * 5), labels: new Uint8Array(5) };
    await writeDigits(box.path("zeros"), digits, digits);
    expect(await box.failure(["demo", "--data", "zeros", "--clients", "2"])).toMatchObject({
      code: "TASK_INVALID",
      message:
        "zeros has examples of shape [28, 28, 1] and 1 classes, which the demo's model does not take",
      remedy: "Give a task file with a model for this data: --task FILE.",
    });
  });

  test("cannot be fetched without a network, and is told where to go", async () => {
    const box = await openSandbox();
    const noNetwork = "globalThis.fetch=()=>Promise.reject(new Error('the network is down'))";
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noNetwork)}`,
    };
    const error = await box.failure(["data", "fetch", "mnist"], 1, env);
    expect(error.code).toBe("NETWORK_UNAVAILABLE");
    expect(error.message).toMatch(/^mnist cannot be downloaded \(.*the network is down/);
    expect(error.remedy).toMatch(/^Without a network, get train-images-idx3-ubyte\.gz, /);
    expect(error.remedy).toContain(`put them in ${box.path("data", "mnist")}`);
  });

  test.skipIf(publishedData === undefined)("is not fetched when it is there already", async () => {
    const box = await openSandbox();
    const env = { NODE_OPTIONS: "--import=data:text/javascript,globalThis.fetch=undefined" };
    const folder = published("mnist");
    expect(await box.json(["data", "fetch", "mnist", "--out", folder], env)).toMatchObject({
      name: "mnist",
      downloaded: [],
      folder,
    });
  });
});

describe("a data folder that a server cannot have", () => {
  const serve = ["serve", ...FREE_PORTS, "--log-level", "silent", "--data-dir"];

  test("is named when a file is in its place", async () => {
    const box = await openSandbox();
    await box.write("file", "");
    for (const args of [serve, ["demo", "--data-dir"]]) {
      expect(await box.failure([...args, "file"])).toMatchObject({
        code: "STORAGE_UNAVAILABLE",
        message: expect.stringContaining("The data folder file cannot be created"),
        remedy: "Use --data-dir to choose a folder that you may write to.",
      });
    }
  });

  test("is named when its key file is damaged", async () => {
    const box = await openSandbox();
    await mkdir(box.path("d"));
    await writeFile(box.path("d", "server.key"), "tributary-secret-v1:AAAA\n");
    expect(await box.failure([...serve, "d"])).toMatchObject({
      code: "CONFIG_INVALID",
      message: "d/server.key does not hold a server key",
      remedy:
        "Restore it from a backup. If there is none, move the file away and start with " +
        "--new-identity: the server then gets a new key, which every client has to pin.",
    });
  });

  test("is named with the process that has it", async () => {
    const box = await openSandbox();
    const { command } = await startServer(box);
    for (const args of [serve, ["demo", "--data-dir"]]) {
      expect(await box.failure([...args, "server"])).toMatchObject({
        code: "STORAGE_LOCKED",
        message: `The data folder server/store is in use by process ${command.pid}`,
        remedy: "Stop that server, or give this one a data folder of its own.",
      });
    }
  });

  test("is not needed with a database, which is named when it refuses, without its password", async () => {
    const box = await openSandbox();
    const refused = await closedPort();
    const url = `postgres://user:secret@127.0.0.1:${refused}/db`;
    const ended = await box.run([...serve, "d", "--json"], { DATABASE_URL: url });
    expect(ended.stdout + ended.stderr).not.toContain("secret");
    expect(toldError(ended)).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining(`Postgres at 127.0.0.1:${refused}/db refuses connections`),
      remedy: "Start the database, or correct host and port in DATABASE_URL.",
    });
  });

  test.each([
    ["serve", [...serve, "d"]],
    ["model list", ["model", "list", "--data-dir", "d"]],
  ])("is not begun by %s where DATABASE_URL is empty", async (_, args) => {
    const box = await openSandbox();
    expect(await box.failure(args, 1, { DATABASE_URL: "" })).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The environment variable DATABASE_URL is empty",
      remedy: "Give the address of a Postgres, or unset the variable to use the embedded store.",
    });
    expect(await readdir(box.folder)).toEqual([]);
  });
});

describe("beside a server that runs", () => {
  const TOKEN = "a-token-of-enough-characters";
  let box: Sandbox;
  let server: RunningServer;

  beforeAll(async () => {
    box = await Sandbox.open();
    server = await startServer(box, { env: { TRIBUTARY_ADMIN_TOKEN: TOKEN } });
  });
  afterAll(() => box.close());

  const here = ["--data-dir", "server"];

  test("a second one on its port is told which", async () => {
    const ports = [
      [["--port", new URL(server.url).port, "--admin-port", "0"], "gateway"],
      [["--port", "0", "--admin-port", new URL(server.adminUrl).port], "admin API"],
    ] as const;
    for (const [args, name] of ports) {
      const port = Number(args.find((arg) => /^[1-9]/.test(arg)));
      const serve = ["serve", ...args, "--data-dir", "other", "--log-level", "silent"];
      expect(await box.failure(serve)).toMatchObject({
        code: "PORT_IN_USE",
        message: `The ${name} cannot listen on 127.0.0.1:${port}, which is in use`,
        remedy: "Stop the other program or choose another port; port 0 takes a free one.",
        context: { host: "127.0.0.1", port },
      });
    }
  });

  test("a server does not start with a proxy to trust that is none, by option or environment", async () => {
    for (const [args, proxies] of [
      [["--trusted-proxy", "10.0.0.1", "--trusted-proxy", "nginx"], "10.0.0.2"],
      [[], "10.0.0.1, nginx"],
    ] as const) {
      const serve = ["serve", ...FREE_PORTS, "--data-dir", "other", ...args];
      const env = { TRIBUTARY_TRUSTED_PROXIES: proxies };
      expect(await box.failure(serve, 1, env)).toMatchObject({
        code: "CONFIG_INVALID",
        message: "A trusted proxy is not valid: invalid IP address: nginx",
      });
    }
  });

  test("a command needs its token, and finds it in the data folder", async () => {
    expect(await box.json(["task", "list", ...here])).toEqual({ tasks: [] });
    const remedy =
      "Give a token of this server's admin API, with --token or in TRIBUTARY_ADMIN_TOKEN.";
    expect(await box.failure(["task", "list", ...here, "--token", "a-wrong-one"])).toMatchObject({
      code: "ADMIN_UNAUTHORIZED",
      message: "The admin token is wrong or has been revoked",
      remedy,
    });
    const asked = ["task", "list", "--admin", server.adminUrl];
    expect(await box.failure(asked)).toMatchObject({
      code: "ADMIN_UNAUTHORIZED",
      message: "The admin API needs a token and the request has none",
      remedy,
    });
    expect(await box.json(asked, { TRIBUTARY_ADMIN_TOKEN: TOKEN })).toEqual({ tasks: [] });
  });

  test("a task file is told its own mistakes", async () => {
    const create = async (text: string): Promise<object> =>
      box.failure(["task", "create", await box.write("task.yaml", text), ...here]);
    const file = box.path("task.yaml");
    const head = "population: p\nname: n\n";
    expect(await create(`${head}model: { builtin: mlp-64 }\nplan: { batchsize: 3 }`)).toMatchObject(
      {
        code: "TASK_INVALID",
        message: `${file}: The task has the unknown key plan.batchsize`,
        remedy: expect.stringMatching(/^Perhaps you meant batchSize; the keys known here are /),
        context: { path: "plan.batchsize", file },
      },
    );
    expect(await create(`${head}model: { builtin: mlp-65 }`)).toMatchObject({
      code: "TASK_INVALID",
      message: `${file}: The task's model.builtin is "mlp-65"`,
      remedy: expect.stringMatching(/^Use one of logistic-regression, mlp-64, .*mlp/),
    });
    expect(await create(`${head}model: { path: ./nowhere.json }`)).toMatchObject({
      code: "DATA_UNREADABLE",
      message: `The model file ${box.path("nowhere.json")} cannot be read`,
    });
    expect(await create("population: [\nname: n\n")).toMatchObject({
      code: "TASK_INVALID",
      message: expect.stringMatching(/^The file .* is not YAML \(line 2, column 1: .*\)$/),
    });
    expect(await create("a text")).toMatchObject({
      code: "TASK_INVALID",
      message: `${file}: The task is "a text"`,
    });
    expect(await box.failure(["task", "create", "nowhere.yaml", ...here])).toMatchObject({
      code: "TASK_INVALID",
      message: "The task file nowhere.yaml cannot be read",
    });
    expect(await box.json(["task", "list", ...here])).toEqual({ tasks: [] });
  });

  test("what it does not know is named", async () => {
    expect(await box.failure(["round", "list", ...here])).toMatchObject({
      code: "TASK_UNKNOWN",
      message: "There is no task yet",
      remedy: "Create one with `tributary task create FILE`.",
    });
    const unknown = "0".repeat(32);
    expect(await box.failure(["task", "show", `task_${unknown}`, ...here])).toMatchObject({
      code: "TASK_UNKNOWN",
      remedy: "`tributary task list` names the tasks.",
    });
    expect(await box.failure(["round", "show", `rnd_${unknown}`, ...here])).toMatchObject({
      code: "ROUND_UNKNOWN",
      message: `There is no round rnd_${unknown}`,
    });
    expect(await box.failure(["task", "show", "next-digit", ...here], 2)).toMatchObject({
      code: "BAD_PARAMETER",
      remedy: "Use a task id as printed by `tributary task list`.",
    });
  });

  test("a checkpoint that it does not have cannot be exported", async () => {
    const task = await box.write(
      "known.yaml",
      "{ population: p, name: n, model: { builtin: logistic-regression } }",
    );
    await box.json(["task", "create", task, ...here]);
    const out = ["model", "export", "--out", "out", ...here];
    expect(await box.failure([...out, "--checkpoint", "0".repeat(64)])).toMatchObject({
      code: "CHECKPOINT_UNKNOWN",
      remedy: "`tributary model list` lists the checkpoints.",
    });
    expect(await box.failure([...out, "--checkpoint", "newest"], 2)).toMatchObject({
      code: "BAD_PARAMETER",
      remedy: "Use 64 lowercase hexadecimal digits.",
    });
    const file = await box.write("file", "");
    expect(await box.failure(["model", "export", "--out", file, ...here])).toMatchObject({
      code: "DATA_UNREADABLE",
      message: `The model cannot be written to ${file}`,
      remedy: "Choose a folder that you may write to.",
    });
  });

  test("a client that pins another key leaves at once", async () => {
    const { url, certPath } = server;
    const other = await box.json<{ serverKey: string }>(["keys", "generate", "--out", "other.key"]);
    const client = ["client", "--url", url, "--ca", certPath, "--server-key"];
    expect(await box.failure([...client, other.serverKey])).toMatchObject({
      code: "SERVER_KEY_MISMATCH",
      message: "The server did not prove that it holds the pinned key",
      remedy:
        "Check the address, and compare --server-key with the key that `tributary serve` prints.",
    });
    // No peer can have this one: its points are of low order.
    expect(await box.failure([...client, STRANGE_KEY])).toMatchObject({ code: "HANDSHAKE_FAILED" });
    expect(await box.failure([...client, "a-key"], 2)).toMatchObject({
      code: "BAD_PARAMETER",
      message: "The text is not a server key",
    });
  });

  test("a client that does not trust the certificate says how to", async () => {
    const { url, serverKey } = server;
    const client = box.start(["client", "--url", url, "--server-key", serverKey, "--rounds", "1"]);
    await client.heard(
      /disconnected, tries again in [\d.]+ s: .*self.signed certificate \[CONNECTION_FAILED\]\n {2}.*--ca/,
    );
    await client.stop();
  });

  test("a client of a population without a task waits, and says so", async () => {
    const client = box.start(["client", ...here, "--population", "nobodies"]);
    await client.heard(
      /not now, tries again in [\d.]+ s: No task is running for population "nobodies"/,
    );
    expect(await client.stop("SIGINT")).toMatchObject({ code: 0 });
  });
});

describe("without a server", () => {
  test("commands say that there is none, and how to get one", async () => {
    const box = await openSandbox();
    for (const args of [["task", "list"], ["client"]]) {
      expect(await box.failure([...args, "--data-dir", "d"])).toMatchObject({
        code: "ADMIN_UNREACHABLE",
        message: "No server is running with the data folder d",
        remedy:
          "Start one with `tributary serve`, or give the address of its admin API with --admin.",
      });
    }
    const admin = `http://127.0.0.1:${await closedPort()}`;
    expect(await box.failure(["task", "list", "--admin", admin])).toMatchObject({
      code: "ADMIN_UNREACHABLE",
      message: `The admin API at ${admin} does not answer`,
    });
    expect(await box.failure(["model", "list", "--data-dir", "d"])).toMatchObject({
      code: "DATA_UNREADABLE",
      message: "There is no data folder d",
    });
  });

  test("a client tries again, until it is told to stop", async () => {
    const box = await openSandbox();
    const url = `wss://127.0.0.1:${await closedPort()}`;
    const client = box.start([
      ...["client", "--url", url, "--server-key", STRANGE_KEY, "--rounds", "1"],
    ]);
    await client.heard(
      /(disconnected, tries again in [\d.]+ s: .*\[CONNECTION_FAILED\]\n( .*\n)?){2}/,
    );
    const { code, stderr } = await client.stop("SIGINT");
    expect(code).toBe(1);
    expect(stderr).toMatch(/tributary: The client was stopped after 0 of 1 rounds \[ABORTED\]\n$/);
  });

  test("a client refuses to speak in the clear to another machine", async () => {
    const box = await openSandbox();
    const args = ["client", "--url", "ws://example.org", "--server-key", STRANGE_KEY];
    expect(await box.failure(args)).toMatchObject({ code: "INSECURE_URL" });
  });
});

/** A port of loopback on which nothing listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
