import { columnsOf, writeTfjsModel, type Feature } from "@tributary/protocol";
import { imageContract, pixelsOf } from "../input/images.ts";
import type { Model } from "../kept-model.ts";
import { element, onPress, say, show } from "../view/elements.ts";
import { showProblem } from "../view/problem.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { continueText, predictRow } from "./predict.ts";

/** How many bytes the page goes on with a text. */
const CONTINUED_BYTES = 80;

/** Lets a person try the newest model on examples of their own, and save it. */
export class TrialView {
  #model: Model | undefined;
  #ask: () => Promise<string> = () => Promise.resolve("");

  constructor() {
    element("try-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      say("answer", "Thinking …");
      this.#ask().then((answer) => say("answer", answer), showProblem);
    });
    onPress("save", () => this.#save());
  }

  /** Uses this model from now on. What was typed stays. */
  use(model: Model, isOffline: boolean): void {
    const isFirst = this.#model === undefined;
    this.#model = model;
    const age =
      model.roundNumber === 0 ? "has not learned yet" : `is of round ${model.roundNumber}`;
    say("model-age", `The model ${age}.${isOffline ? " It was kept on this device." : ""}`);
    if (isFirst) this.#build(model);
    show("try");
  }

  #build({ plan }: Model): void {
    const form = element("try-form", HTMLFormElement);
    const contract = plan.examples;
    if (contract === undefined) return;
    const image = imageContract(contract);
    if (contract.type === "text") {
      const text = Object.assign(document.createElement("textarea"), { rows: 3, value: "The " });
      form.append(labelled("Begin a text", text, "wide"), submit("Go on"));
      this.#ask = () => continueText(this.#model!, text.value, CONTINUED_BYTES);
    } else if (image !== undefined) {
      const pad = new DrawingPad();
      const file = Object.assign(document.createElement("input"), {
        type: "file",
        accept: "image/*",
      });
      const clear = Object.assign(document.createElement("button"), {
        type: "button",
        className: "quiet",
      });
      clear.textContent = "Clear the drawing";
      clear.addEventListener("click", () => pad.clear());
      // A drawing is as large as a digit of MNIST; other tasks are tried on pictures.
      const [height, width, channels = 1] = image.feature.shape;
      const canDraw = height === 28 && width === 28 && channels === 1;
      if (canDraw) form.append(pad.canvas, clear);
      form.append(labelled("A picture", file, "wide"), submit("What is it?"));
      this.#ask = async () => {
        const [picture] = file.files ?? [];
        if (picture === undefined && pad.isEmpty) return "Draw something, or choose a picture.";
        const values = pad.isEmpty ? await pixelsOf(picture!, image.feature) : pad.pixels();
        return predictRow(this.#model!, { columns: columnsOf(image.feature), rows: [values] });
      };
    } else {
      const fields = contract.features.map((feature) => ({ feature, field: fieldOf(feature) }));
      for (const { feature, field } of fields) form.append(labelled(feature.name, field));
      form.append(submit("What would it be?"));
      this.#ask = () =>
        predictRow(this.#model!, {
          columns: fields.map(({ feature }) => feature.name),
          rows: [fields.map(({ field }) => field.value)],
        });
    }
  }

  /** Saves the model in the form of tfjs: `model.json` and the weights beside it. */
  #save(): void {
    if (this.#model === undefined) return;
    const files = writeTfjsModel(this.#model.plan.model, this.#model.weights);
    for (const [name, content] of Object.entries(files)) {
      const href = URL.createObjectURL(new Blob([content as BlobPart]));
      Object.assign(document.createElement("a"), { href, download: name }).click();
      URL.revokeObjectURL(href);
    }
  }
}

function fieldOf(feature: Feature): HTMLInputElement | HTMLSelectElement {
  if (feature.type !== "categorical") {
    return Object.assign(document.createElement("input"), {
      ...{ type: "text", inputMode: "decimal", required: true },
    });
  }
  const choice = document.createElement("select");
  choice.append(...feature.levels.map((level) => new Option(level)));
  return choice;
}

function labelled(text: string, field: HTMLElement, className = ""): HTMLLabelElement {
  const label = Object.assign(document.createElement("label"), { className });
  label.append(text, field);
  return label;
}

const submit = (text: string): HTMLButtonElement =>
  Object.assign(document.createElement("button"), { type: "submit", textContent: text });
