// How numbers and names are written on the page.

/** Writes a number of bytes in decimal units with three digits: `201 kB`, `1.42 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Writes a share as a percentage: `0.934` becomes `93.4 %`. */
export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Writes a time: `3.4 s`, or `12 s` from ten seconds on. */
export function formatSeconds(seconds: number): string {
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** The beginning of a checkpoint's id: as much as a person compares. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** The host and port of an address: `ws://127.0.0.1:8444/` becomes `127.0.0.1:8444`. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** The end of a server key. All keys begin alike, and differ at the end. */
export function shortKey(key: string): string {
  return `…${key.slice(-8)}`;
}

const TIME = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Writes a time of day: `14:03:59`. */
export function formatTime(atMs: number): string {
  return TIME.format(atMs);
}
