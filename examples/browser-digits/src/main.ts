import { Page } from "./page.ts";
import { anyWriter, settingsFromQuery } from "./settings.ts";

const query = new URLSearchParams(location.search);
const page = new Page(settingsFromQuery(query, anyWriter()));
if (query.has("autojoin")) page.join();
// A page that is closed withdraws from its round, so that the round does not wait for it.
addEventListener("pagehide", () => page.leave());
