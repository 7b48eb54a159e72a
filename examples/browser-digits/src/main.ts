import { Page } from "./page.ts";
import { anyWriter, settingsFromQuery } from "./state/settings.ts";

const query = new URLSearchParams(location.search);
const page = new Page(settingsFromQuery(query, anyWriter()));
if (query.has("autojoin")) page.join();
// The round need not wait for a page that was closed.
addEventListener("pagehide", () => page.leave());
