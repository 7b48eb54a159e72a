// Draws the page: the table, the picture, and a comparison with published results.

/**
 * @typedef {import("../accuracy-against-bytes.mjs").Figures} Figures
 * @typedef {Figures["cells"][number]} Result
 */

/** @param {Figures} figures @returns {string} */
export function drawPage(figures) {
  const { cells, target, clients, cohort, data, seed, machine } = figures;
  const main = cells.filter(({ cell }) => !cell.name.startsWith("grid-"));
  const base = main.find(({ cell }) => cell.name === "fedsgd");
  const aim = `${Number((100 * target).toFixed(1))} %`;
  const dates = cells.map(({ date }) => date.slice(0, 10));
  const rows = main.map((result) => tableRow(result, base));
  return `# Accuracy against bytes

How much has to be sent until a model knows its task: federated averaging with [update codecs](update-codecs.md) from 32 bits a value
down to a fraction of one, and FedSGD in float32, which is what both are measured against. [bench/accuracy-against-bytes.mjs](../bench/accuracy-against-bytes.mjs) makes
this page, its figures and its picture.

![Test accuracy against megabytes sent up: each halving of the bits moves the curve to the left](img/accuracy-against-bytes.svg)

## To ${aim} on ${data === "mnist" ? "MNIST" : data}

| | payload of one update, kB | rounds | up, MB | down, MB | up: × less than FedSGD | both ways: × less | best accuracy seen, in rounds |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}

${[...new Set(dates)].sort().join(", ")}; ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}; seed ${seed}. A run of a seed gives the same bits again.

- The 2NN of McMahan et al., 199,210 parameters; ${clients} clients with as many examples each, dealt at random; ${cohort} of them, drawn
  at random, in every round; one local epoch. Averaging takes batches of 10 and steps of ${rateOf(main, "float32")}; FedSGD one step of ${rateOf(main, "fedsgd")} on all of a
  client's examples. Every line begins with the same weights, has the same cohorts and shuffles alike.
- Trainer, codecs, exact sums and server step are the code that clients and server run; sockets and the store are left out. MB are 10⁶ bytes of payload, summed over all
  clients. On the wire come the check-in, the frames and their seals: some 430 bytes up and 1,000 to 2,000 down a client and round.
- Accuracy is that of the checkpoint on the test examples, after every round (FedSGD: every tenth), made monotone; where it crosses ${aim} is
  interpolated linearly. One run each, so that differences of a few rounds between codecs mean nothing: [bench/README.md](../bench/README.md#how-many-bytes-an-accuracy-takes) has other seeds.
- The codec is EDEN. Below one bit it sends one bit for a share of the rotated values: for a half, an eighth, a sixteenth.
${claims(main, base)}${downwards(main)}${rates([...cells], aim)}`;
}

/** @param {Result} result @param {Result | undefined} base */
function tableRow({ cell, payloadBytes, target, bestAccuracy, rounds }, base) {
  const reached = target === null ? "not reached" : target.rounds.toFixed(0);
  const kilobytes = (payloadBytes / 1e3).toFixed(1);
  const best = `${(100 * bestAccuracy).toFixed(2)} %, ${rounds}`;
  const none = "–";
  const traffic =
    target === null
      ? [none, none]
      : [megabytes(target.megabytesUp), megabytes(target.megabytesDown)];
  return `| ${[cell.label, kilobytes, reached, ...traffic, factor(base, target, upOf), factor(base, target, bothOf), best].join(" | ")} |`;
}

/** @typedef {NonNullable<Result["target"]>} Reached */
const upOf = (/** @type {Reached} */ { megabytesUp }) => megabytesUp;
const bothOf = (/** @type {Reached} */ { megabytesUp, megabytesDown }) =>
  megabytesUp + megabytesDown;
const roundsOf = (/** @type {Reached} */ { rounds }) => rounds;

/**
 * @param {Result | undefined} base
 * @param {Result["target"] | undefined} target
 * @param {(reached: Reached) => number} measure
 */
function factor(base, target, measure) {
  if (!base?.target || !target) return "–";
  const times = measure(base.target) / measure(target);
  return times >= 100 ? Math.round(times).toLocaleString("en") : times.toFixed(times >= 10 ? 0 : 1);
}

/** @param {number} value */
const megabytes = (value) =>
  value >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));

/** @param {readonly Result[]} cells @param {string} name */
const rateOf = (cells, name) =>
  cells.find(({ cell }) => cell.name === name)?.cell.learningRate ?? "–";

/** @param {readonly Result[]} main @param {Result | undefined} base */
function claims(main, base) {
  const find = (/** @type {string} */ name) => main.find(({ cell }) => cell.name === name);
  const float32 = find("float32");
  const coded = main.filter(
    ({ cell, target }) => cell.name.startsWith("eden-") && cell.download === undefined && target,
  );
  const least = coded.reduce(
    (/** @type {Result | undefined} */ best, cell) =>
      best?.target && upOf(best.target) <= upOf(cell.target ?? best.target) ? best : cell,
    undefined,
  );
  if (!base?.target || !float32?.target || !least?.target) return "";
  const eighth = find("eden-0.125");
  const compression = (/** @type {Result} */ result) => factor(float32, result.target, upOf);
  const share = (/** @type {Result} */ result) =>
    (float32.payloadBytes / result.payloadBytes).toFixed(0);
  return `
## The two published claims, beside ours

| claim | published | here |
|---|---|---|
| averaging against FedSGD: fewer rounds | 10 to 100 times ([McMahan 2017](https://arxiv.org/abs/1602.05629)); this model, task and cohort: 1,474 rounds to 87, 17 times | ${base.target.rounds.toFixed(0)} rounds to ${float32.target.rounds.toFixed(0)}, ${factor(base, float32.target, roundsOf)} times |
| rotation, quantization and subsampling: fewer bytes an update | about 256 times, at 2 bits for 6.25 % of the values ([Konečný 2016](https://arxiv.org/abs/1610.05492)) | ${eighth ? `${share(eighth)} times at an eighth of a bit${eighth.target ? `, and ${compression(eighth)} times fewer bytes to the target, since it takes ${eighth.target.rounds.toFixed(0)} rounds` : ", which does not reach the target in time"}` : "not measured"} |
| what compression saves to the target, its extra rounds counted | – | ${coded.map((each) => `${compression(each)} (${each.cell.label})`).join(", ")} |
| both together, bytes up | – | ${factor(base, least.target, upOf)} times: ${megabytes(upOf(base.target))} MB to ${megabytes(upOf(least.target))} MB (${least.cell.label}) |

From our first weights and with our rates, FedSGD and averaging both need fewer rounds than was published; their ratio is about the published one. Codecs cost next to no
rounds, even where the error of an encoding is more than ten times the update itself ([bench/README.md](../bench/README.md)): it is unbiased and differs from client to
client, and noise spread over 199,210 values does little to what this model says. Models that are harder to train leave less room.

What is saved upwards does not help those who download: a float32 checkpoint is ${megabytes(float32.wholeBytes / 1e6)} MB for each client in every round, so that both ways together
only ${factor(base, least.target, bothOf)} times less is sent, ${factor(base, float32.target, bothOf)} times of it by averaging alone.
`;
}

/** @param {readonly Result[]} main */
function downwards(main) {
  const measured = main.find(({ cell }) => cell.name === "eden-4-difference");
  const plain = main.find(({ cell }) => cell.name === "eden-4");
  if (!measured?.target || !plain?.target || measured.differenceBytes === null) return "";
  const whole = measured.wholeBytes / 1e3;
  const difference = measured.differenceBytes / 1e3;
  const perClient = (1e3 * measured.target.megabytesDown) / measured.target.rounds / 10;
  return `
## Downwards

A plan's \`download\` shortens that: \`float16\` halves it, whoever downloads. \`difference\` sends what has changed to clients that hold the checkpoint
before, ${difference.toFixed(0)} kB at 8 bits instead of ${whole.toFixed(0)}. Of a tenth of the clients, drawn anew for each round, only a tenth hold it: measured with 4 bits up, it
takes ${measured.target.rounds.toFixed(0)} rounds (${plain.target.rounds.toFixed(0)} without) and ${perClient.toFixed(0)} kB a client and round, ${(100 - (100 * perClient) / whole).toFixed(0)} % less. Where every client is in every round, it is
${(whole / difference).toFixed(1)} times less. The checkpoint is then not what averaging meant to the last bit; what is missing goes into the next step.
`;
}

/** Rounds after which learning rates are compared: all have run that long. */
const COMPARED_AFTER = { averaging: 30, fedsgd: 100 };

/** @param {readonly Result[]} cells @param {string} aim */
function rates(cells, aim) {
  const tried = cells.filter(({ cell }) => /^(grid-)?(fedsgd|float32)/.test(cell.name));
  if (tried.every(({ cell }) => !cell.name.startsWith("grid-"))) return "";
  const rows = tried
    .sort(
      (a, b) => a.cell.batchSize - b.cell.batchSize || a.cell.learningRate - b.cell.learningRate,
    )
    .map(({ cell, points, target, rounds, divergedIn }) => {
      const isFedSgd = cell.name.includes("fedsgd");
      const after = isFedSgd ? COMPARED_AFTER.fedsgd : COMPARED_AFTER.averaging;
      const until = points.filter((point) => point.rounds <= after);
      const best = Math.max(...until.map(({ accuracy }) => accuracy));
      return [
        isFedSgd ? "FedSGD" : "averaging",
        cell.name.startsWith("grid-") ? cell.learningRate : `**${cell.learningRate}**`,
        until.length === 0 ? "–" : `${(100 * best).toFixed(2)} % in ${after}`,
        target !== null
          ? target.rounds.toFixed(0)
          : divergedIn
            ? `diverges in round ${divergedIn}`
            : `not in the ${rounds} tried`,
      ].join(" | ");
    });
  return `
## Learning rates

Tried with float32, a factor of 10^⅓ apart; the best is taken, and for every codec too: one of its own could only help those that lose most.

| | η | best accuracy in so many rounds | rounds to ${aim} |
|---|---|---|---|
${rows.map((row) => `| ${row} |`).join("\n")}
`;
}
