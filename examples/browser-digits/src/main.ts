import { config } from "zod";
import { anyWriter, settingsFromQuery } from "./settings.ts";

// zod, which the SDK reads plans with, compiles its checks with `new Function` where it can, and tries whether it can:
// under this page's Content-Security-Policy the browser reports each try. So it is told before the SDK is loaded.
config({ jitless: true });
const { Page } = await import("./page.ts");

const query = new URLSearchParams(location.search);
const page = new Page(settingsFromQuery(query, anyWriter()));
if (query.has("autojoin")) page.join();
// The round need not wait for a page that was closed.
addEventListener("pagehide", () => page.leave());
