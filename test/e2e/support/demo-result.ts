/** The line that `demo --json` prints. */
export interface DemoResult {
  readonly rounds: number;
  readonly finalAccuracy: number | null;
  readonly finalPerplexity: number | null;
  readonly finalLoss: number;
  readonly finalMeanAbsoluteError: number | null;
  readonly finalRootMeanSquaredError: number | null;
  readonly target: { readonly round: number; readonly seconds: number } | null;
  readonly clients: number;
  readonly bytesUpPerClientRound: number;
  readonly bytesDownPerClientRound: number;
  readonly float32BytesPerUpdate: number;
  readonly checkpoint: string;
  readonly model: string;
  readonly seed: number;
  readonly seconds: number;
}
