import puppeteer from "puppeteer-core";
import type { OtherBrowser } from "./other-browser.ts";

/** Starts the Firefox that vitest.config.ts has found, driven by WebDriver BiDi. */
export async function launchFirefox(): Promise<OtherBrowser> {
  const executablePath = process.env["FIREFOX_PATH"];
  if (executablePath === undefined || executablePath === "") {
    throw new Error(
      "There is no Firefox: `node infra/bootstrap.mjs --test` installs one, or set FIREFOX_PATH.",
    );
  }
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
  return {
    async textOf(url, isWhole) {
      const page = await browser.newPage();
      try {
        await page.goto(url);
        await page.waitForFunction(
          (pattern) => new RegExp(pattern).test(document.body?.textContent ?? ""),
          { timeout: 90_000 },
          isWhole.source,
        );
        return await page.evaluate(() => document.body.textContent ?? "");
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}
