// A page without a bundler: it loads the built SDK from the server that serves the page.
// oxlint-disable-next-line import/no-absolute-path -- It is an address of the web server.
import { FederatedClient, openExampleStore } from "/tributary/tributary.js";

const LEAST_ANSWERS = 20;

/** @param {string} id @returns {HTMLElement} */
const element = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}`);
  return found;
};

/** @param {string} text */
function say(text) {
  const line = document.createElement("li");
  line.textContent = text;
  element("events").append(line);
}

/** @returns {number[]} A colour, as red, green and blue from 0 to 1. */
const drawColour = () => Array.from({ length: 3 }, () => Math.random());

/** @param {readonly number[]} colour */
function show(colour) {
  const css = `rgb(${colour.map((part) => Math.round(part * 255)).join(" ")})`;
  for (const id of ["dark", "light"]) element(id).style.backgroundColor = css;
}

/**
 * Takes part until the page is left.
 * @param {Awaited<ReturnType<typeof openExampleStore>>} examples
 */
async function takePart(examples) {
  const query = new URLSearchParams(location.search);
  const client = new FederatedClient({
    url: query.get("url") ?? "ws://127.0.0.1:8444",
    serverKey: query.get("serverKey") ?? "",
    population: "contrast",
    examples,
  });
  for await (const event of client.participate()) {
    if (event.type === "connected") say("Connected: the server has proved its key.");
    else if (event.type === "selected") say(`Training for round ${event.roundNumber}.`);
    else if (event.type === "round-finished") {
      say(`Round ${event.roundNumber} is ${event.outcome.type}.`);
      if (event.taskFinished) say("The task has ended.");
    } else if ("error" in event) say(`${event.error.message}. ${event.error.remedy ?? ""}`);
  }
}

// Answers are kept, encrypted, so that a reload loses none.
const store = await openExampleStore({ name: "contrast", featureShape: [3], classes: 2 });
let colour = drawColour();
let participation;

async function showAnswers() {
  const count = await store.count();
  element("answers").textContent = `${count} answers`;
  if (count < LEAST_ANSWERS) return;
  participation ??= takePart(store).catch((error) => say(String(error)));
}

/** @param {number} label */
async function answer(label) {
  const answered = colour;
  colour = drawColour();
  show(colour);
  await store.add({ features: answered, label });
  await showAnswers();
}

["dark", "light"].forEach((id, label) =>
  element(id).addEventListener("click", () => void answer(label)),
);

show(colour);
await showAnswers();
