import { TributaryError, type Clock } from "@tributary/protocol";

/**
 * Waits for an answer of the store, but not for ever. The call goes on when nobody waits for it any
 * more.
 * @param timeoutMs - Milliseconds after which this rejects.
 * @throws TributaryError `STORAGE_UNAVAILABLE` after that time; what `answer` rejects with.
 */
export function answerWithin<Answer>(
  answer: Promise<Answer>,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () =>
      reject(
        new TributaryError(
          "STORAGE_UNAVAILABLE",
          `The store has not answered within ${timeoutMs / 1_000} s`,
          { remedy: "Check the database and the disk. Tasks go on by themselves afterwards." },
        ),
      ),
    );
    void answer.then(resolve, reject).finally(cancel);
  });
}
