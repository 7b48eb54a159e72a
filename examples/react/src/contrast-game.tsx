import type { FederatedClientOptions, StoredExamples } from "@tributary/client-sdk";
import { useEffect, useMemo, useState, type ReactElement } from "react";
import { useParticipation } from "./use-participation.ts";

const LEAST_ANSWERS = 20;
const TEXTS = [
  { id: "dark", text: "Dark text" },
  { id: "light", text: "Light text" },
] as const;
const STATUS = { stopped: "Not taking part", waiting: "Waiting for others", training: "Training" };

/** A colour, as red, green and blue from 0 to 1. */
const drawColour = (): number[] => Array.from({ length: 3 }, () => Math.random());

interface GameProps {
  readonly store: StoredExamples;
  readonly server: Pick<FederatedClientOptions, "url" | "serverKey">;
}

/** Asks which text reads better on a colour, and learns from the answers together with others. */
export function ContrastGame({ store, server }: GameProps): ReactElement {
  const [colour, setColour] = useState(drawColour);
  const [answers, setAnswers] = useState(0);
  useEffect(() => void store.count().then(setAnswers), [store]);

  const hasEnough = answers >= LEAST_ANSWERS;
  const options = useMemo(
    () => (hasEnough ? { ...server, population: "contrast", examples: store } : undefined),
    [hasEnough, server, store],
  );
  const { status, progress, round, problem } = useParticipation(options);

  const answer = async (label: number): Promise<void> => {
    setColour(drawColour());
    await store.add({ features: colour, label });
    setAnswers(await store.count());
  };
  const backgroundColor = `rgb(${colour.map((part) => Math.round(part * 255)).join(" ")})`;
  return (
    <main>
      <h1>Which text reads better?</h1>
      <p>
        Your answers stay on this device. From twenty answers on, this page trains a model on them,
        together with other people’s pages.
      </p>
      <p className="choice">
        {TEXTS.map(({ id, text }, label) => (
          <button
            key={id}
            id={id}
            type="button"
            style={{ backgroundColor }}
            onClick={() => void answer(label)}
          >
            {text}
          </button>
        ))}
      </p>
      <p>
        <output>{answers} answers</output>
      </p>
      <p role="status">
        {STATUS[status]}
        {round === undefined ? "" : `, round ${round} is committed`}
      </p>
      <progress value={progress} aria-label="Training in this round" />
      {problem !== undefined && <p role="alert">{problem}</p>}
    </main>
  );
}
