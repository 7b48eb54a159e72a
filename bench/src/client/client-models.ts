/** The models that a page can be measured with, and the shape of their examples. */
export const CLIENT_MODELS = {
  "logistic-regression": [784],
  "mcmahan-2nn": [784],
  "mcmahan-cnn": [28, 28, 1],
} as const;
