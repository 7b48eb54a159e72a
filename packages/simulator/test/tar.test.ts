import { describe, expect, it } from "vitest";
import { readTar } from "../src/files/tar.ts";
import { tarOf } from "./support.ts";

describe("readTar", () => {
  it("finds the files of an archive by their names, without folders", () => {
    const long = new Uint8Array(1_000).fill(7);
    const files = readTar(tarOf({ "set/a.bin": Uint8Array.of(1, 2), "set/b.bin": long }), "x.tar");
    expect([...files.keys()]).toEqual(["a.bin", "b.bin"]);
    expect([...files.get("a.bin")!]).toEqual([1, 2]);
    expect([...files.get("b.bin")!]).toEqual([...long]);
  });

  it("refuses an archive that is cut off or no archive", () => {
    const whole = tarOf({ "a.bin": new Uint8Array(600) });
    const fault = expect.objectContaining({ code: "DATA_UNREADABLE" });
    expect(() => readTar(whole.subarray(0, 700), "x.tar")).toThrow(fault);
    expect(() => readTar(new Uint8Array(1_024).fill(65), "x.tar")).toThrow("is a broken archive");
  });
});
