// The page with which anybody takes part: from a link, with data of their own, after consent.
import { droppedFiles } from "./input/dropped-files.ts";
import { readGiven } from "./input/given-data.ts";
import { needsOf } from "./contract-words.ts";
import { keepModel, keptModel, type Model } from "./kept-model.ts";
import { readLink, type JoinLink } from "./link.ts";
import { Participation } from "./participation.ts";
import { TrialView } from "./trial/trial-view.ts";
import { ConsentView } from "./view/consent.ts";
import { element, list, onPress, say, show } from "./view/elements.ts";
import { clearProblem, showProblem } from "./view/problem.ts";
import { showBattery, TrainingView } from "./view/training.ts";

const trial = new TrialView();
const consent = new ConsentView();

/** Runs what a person has asked for, and shows what goes wrong. */
function attempt(work: () => Promise<void>): void {
  clearProblem();
  work().catch((error: unknown) => {
    say("status", "");
    showProblem(error);
  });
}

async function start(): Promise<void> {
  const link = readLink(location.hash);
  if (link.population !== undefined) return open(link, link.population);
  const tasks = await runningTasks();
  if (tasks.length === 1) return open(link, tasks[0]!.population);
  say("status", tasks.length === 0 ? "No task is running on this server now." : "");
  const choice = element("task", HTMLSelectElement);
  choice.replaceChildren(...tasks.map(({ name, population }) => new Option(name, population)));
  show("choose", tasks.length > 0);
  onPress("open-task", () => {
    show("choose", false);
    attempt(() => open(link, choice.value));
  });
}

interface RunningTask {
  readonly population: string;
  readonly name: string;
}

async function runningTasks(): Promise<readonly RunningTask[]> {
  const answer = await fetch("tasks.json");
  return (await answer.json()) as readonly RunningTask[];
}

/** Shows a task, and takes part in it as the person decides. */
async function open({ serverKey }: JoinLink, population: string): Promise<void> {
  say("title", `Take part in ${population}`);
  document.title = `${population} · Tributary`;
  // The link stays whole, so that it opens the same task again, also without a connection.
  history.replaceState(null, "", `#${new URLSearchParams({ key: serverKey, population })}`);
  const keptAs = `${serverKey} ${population}`;
  const participation = new Participation(serverKey, population, {
    consent,
    training: new TrainingView(),
    modelCame(model) {
      trial.use(model, false);
      void keepModel(keptAs, model);
    },
  });
  const known = await participation.look().catch(async (error: unknown) => {
    const kept = await keptModel(keptAs);
    if (kept === undefined) throw error;
    trial.use(kept, true);
    say("status", "The server cannot be reached. You can try the model that was kept here.");
    return "offline" as const;
  });
  if (known === "offline") return;
  say("status", "");
  takeData(participation, known);
}

function takeData(participation: Participation, known: Model | undefined): void {
  const contract = known?.plan.examples;
  const { sentence, items } = needsOf(contract);
  say("needs", sentence);
  list("columns", items);
  show("data");
  const preview = element("preview", HTMLButtonElement);
  const take = (files: readonly File[]): void =>
    attempt(async () => {
      say("given", "Reading …");
      preview.disabled = true;
      const given = await readGiven(files, contract).catch((error: unknown) => {
        say("given", "");
        throw error;
      });
      participation.give(given);
      say("given", given.description);
      preview.disabled = false;
    });
  acceptFiles(take);
  onPress("preview", () =>
    attempt(async () => {
      preview.disabled = true;
      say("status", "Trying on this device what a round would do …");
      try {
        const agrees = await participation.preview(known !== undefined);
        say("status", agrees ? "" : "You have not agreed. Nothing was sent.");
        if (agrees) await takePart(participation);
      } finally {
        show("consent", false);
        preview.disabled = false;
      }
    }),
  );
}

/** Takes files that are chosen or dropped. */
function acceptFiles(take: (files: readonly File[]) => void): void {
  for (const [button, id] of [
    ["choose-files", "files"],
    ["choose-folder", "folder"],
  ] as const) {
    const input = element(id, HTMLInputElement);
    onPress(button, () => input.click());
    input.addEventListener("change", () => take([...(input.files ?? [])]));
  }
  const drop = element("drop", HTMLElement);
  const isOver = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    drop.classList.toggle("over", over);
  };
  drop.addEventListener("dragover", isOver(true));
  drop.addEventListener("dragleave", isOver(false));
  drop.addEventListener("drop", (event) => {
    isOver(false)(event);
    const { dataTransfer } = event;
    if (dataTransfer !== null) void droppedFiles(dataTransfer.items).then(take, showProblem);
  });
}

async function takePart(participation: Participation): Promise<void> {
  show("consent", false);
  show("data", false);
  show("training");
  element("training", HTMLElement).focus();
  const pause = element("pause", HTMLButtonElement);
  pause.onclick = () => {
    const isPaused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(isPaused));
    participation.setPaused(isPaused);
  };
  element("stop", HTMLButtonElement).onclick = () => participation.stop();
  show("orders");
  try {
    show("data", !(await participation.takePart()));
  } catch (error) {
    show("data");
    throw error;
  } finally {
    show("orders", false);
  }
}

void showBattery();
void navigator.serviceWorker?.register("service-worker.js").catch(() => {
  // Without it, such as in a private window, the page works as long as there is a connection.
});
attempt(start);
