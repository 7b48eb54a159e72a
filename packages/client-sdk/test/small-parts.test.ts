import { TributaryError, seededRandom } from "@tributary/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipUpdate, modelUpdate } from "../src/participation/model-update.ts";
import { Backoff } from "../src/session/backoff.ts";
import { Inbox } from "../src/session/inbox.ts";
import { checkServerUrl } from "../src/session/server-url.ts";
import { crypto } from "./support/scripted-server.ts";

describe("a server's address", () => {
  it.each([
    "wss://learn.example",
    "wss://10.0.0.7:8443/path?x=1",
    "ws://localhost:1234",
    "ws://127.0.0.1",
    "ws://127.8.9.1:80",
    "ws://[::1]:9",
    "ws://0x7f.1:80",
  ])("may be %s", (url) => {
    expect(checkServerUrl(url)).toBe(new URL(url).href);
  });

  it.each([
    ["ws://learn.example", "INSECURE_URL"],
    ["ws://10.0.0.7", "INSECURE_URL"],
    ["ws://localhost.example", "INSECURE_URL"],
    ["ws://127.0.0.1.example", "INSECURE_URL"],
    ["ws://[::2]", "INSECURE_URL"],
    ["https://learn.example", "BAD_PARAMETER"],
    ["learn.example", "BAD_PARAMETER"],
    ["wss://learn.example/#a", "BAD_PARAMETER"],
  ])("may not be %s", (url, code) => {
    let error: unknown;
    try {
      checkServerUrl(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code, remedy: expect.any(String) as string });
  });
});

describe("backoff", () => {
  it("draws from a range that doubles up to the cap, and starts again after a reset", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, attempts) => {
        const backoff = new Backoff(seededRandom(crypto, seed));
        for (let attempt = 0; attempt < attempts; attempt++) {
          const wait = backoff.nextMs();
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.min(60_000, 500 * 2 ** attempt));
        }
        backoff.reset();
        expect(backoff.nextMs()).toBeLessThanOrEqual(500);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it("draws waits from the whole range", () => {
    const backoff = new Backoff(seededRandom(crypto, 1), { baseMs: 1_000, capMs: 1_000 });
    const waits = Array.from({ length: 2_000 }, () => backoff.nextMs());
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    // Uniform on [0, 1000]: the mean of 2,000 draws has a standard deviation of 6.5.
    expect(Math.abs(mean - 500)).toBeLessThan(30);
    expect(Math.min(...waits)).toBeLessThan(10);
    expect(Math.max(...waits)).toBeGreaterThan(990);
  });
});

describe("an inbox", () => {
  const over = new TributaryError("CONNECTION_LOST", "over");

  it("refuses items above its capacity", () => {
    const inbox = new Inbox<number>(2);
    expect([inbox.push(1), inbox.push(2), inbox.push(3)]).toEqual([true, true, false]);
  });

  it("gives the items that came before its end, and then the error, in every read", async () => {
    const inbox = new Inbox<number>(2);
    inbox.push(1);
    inbox.end(over);
    inbox.push(2);
    expect(await inbox.next()).toBe(1);
    await expect(inbox.next()).rejects.toBe(over);
    await expect(inbox.next()).rejects.toBe(over);
  });

  it("loses no item to a read that was aborted", async () => {
    const inbox = new Inbox<number>(2);
    const controller = new AbortController();
    const given = inbox.next(controller.signal);
    controller.abort();
    inbox.push(1);
    await expect(given).rejects.toMatchObject({ code: "ABORTED" });
    expect(await inbox.next()).toBe(1);
    await expect(inbox.next(controller.signal)).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("an update", () => {
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

  it("is the change of the trained parameters, in order", () => {
    const update = modelUpdate(Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(1, 1, 1, 1, 1), [
      { offset: 1, length: 1 },
      { offset: 3, length: 2 },
    ]);
    expect([...update]).toEqual([1, 3, 4]);
  });

  it("is scaled down to the clip norm, and is unchanged when its norm is smaller", () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 1, maxLength: 50 }),
        fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
        (values, clipNorm) => {
          const update = Float32Array.from(values);
          const before = update.slice();
          clipUpdate(update, clipNorm);
          const [norm, after] = [Math.hypot(...before), Math.hypot(...update)];
          if (norm <= clipNorm) expect(update).toEqual(before);
          else expect(Math.abs(after - clipNorm)).toBeLessThan(1e-5 * clipNorm + 1e-30);
        },
      ),
      { seed: 9, numRuns: 200 },
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "is refused by a clip norm when it has the value %s",
    (value) => {
      expect(() => clipUpdate(Float32Array.of(1, value), 1)).toThrow(/not finite/);
    },
  );
});
