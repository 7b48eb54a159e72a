import { defineConfig, type Plugin } from "vite";
import { printJoinLink } from "./join-link.ts";

export default defineConfig({
  // Relative addresses, so that the page can be served from any folder.
  base: "./",
  server: { host: "127.0.0.1", port: 5173 },
  preview: { host: "127.0.0.1", port: 4173 },
  build: {
    target: "es2022",
    // As files, and not as data: URLs, which the page's policy allows for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // tfjs is large, but it is loaded only when it is needed.
    chunkSizeWarningLimit: 2_000,
  },
  // The page, the SDK and the backend must share one tfjs.
  resolve: { dedupe: ["@tensorflow/tfjs", "@tensorflow/tfjs-core"] },
  plugins: [allowInjectedStyles(), printJoinLink()],
});

/**
 * Relaxes the policy for styles during development, when Vite inserts them into the page. The built
 * page keeps the policy as it is.
 */
function allowInjectedStyles(): Plugin {
  return {
    name: "allow-injected-styles",
    apply: "serve",
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    },
  };
}
