import { spawn } from "node:child_process";

/**
 * @typedef {object} CommandResult
 * @property {number} code - Exit code; 127 when the program is not there, 124 when it ran out of time.
 * @property {string} output - Standard output and error, as they came.
 */

/**
 * Runs a program to its end and collects what it prints.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string | undefined>} [options.env] - Added to this process's environment.
 * @param {number} [options.timeLimitMs] - Then the program and what it started are ended.
 * @returns {Promise<CommandResult>}
 */
export async function runCommand(program, args, { cwd, env = {}, timeLimitMs } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // It gets a process group of its own, so that ending the group ends the browsers and servers that it
    // started too.
    detached: timeLimitMs !== undefined,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));

  const endGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // All processes of the group have ended already.
    }
  };
  let timedOut = false;
  const timer =
    timeLimitMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          endGroup();
        }, timeLimitMs);
  const onSignal = () => {
    endGroup();
    process.exit(130);
  };
  if (timeLimitMs !== undefined) process.once("SIGINT", onSignal).once("SIGTERM", onSignal);

  try {
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject).once("close", (exitCode) => resolve(exitCode ?? 1));
    });
    if (timedOut) {
      return { code: 124, output: `${output}\nEnded after ${Number(timeLimitMs) / 1000} s.\n` };
    }
    return { code, output };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { code: 127, output: `${program}: not found` };
    }
    throw error;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/**
 * Runs one of npm's own commands with the npm that started this process, or the one on the path.
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string | undefined>} [options.env]
 * @returns {Promise<CommandResult>}
 */
export async function runNpm(args, { cwd, env } = {}) {
  const npm = process.env["npm_execpath"];
  const quiet = {
    // npm would warn about settings in the person's own .npmrc that it does not know.
    npm_config_loglevel: "error",
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
    // With npm's defaults it would take minutes to find out that a registry is down.
    npm_config_fetch_retries: "2",
    npm_config_fetch_retry_mintimeout: "1000",
    npm_config_fetch_retry_maxtimeout: "5000",
    ...env,
  };
  const options = { ...(cwd !== undefined && { cwd }), env: quiet };
  return npm !== undefined && /npm-cli\.[cm]?js$/.test(npm)
    ? runCommand(process.execPath, [npm, ...args], options)
    : runCommand("npm", args, options);
}
