import { openExampleStore } from "@tributary/client-sdk";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ContrastGame } from "./contrast-game.tsx";

const query = new URLSearchParams(location.search);
const server = {
  url: query.get("url") ?? "ws://127.0.0.1:8444",
  serverKey: query.get("serverKey") ?? "",
};
const store = await openExampleStore({ name: "contrast", featureShape: [3], classes: 2 });
const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root");
createRoot(root).render(
  <StrictMode>
    <ContrastGame store={store} server={server} />
  </StrictMode>,
);
