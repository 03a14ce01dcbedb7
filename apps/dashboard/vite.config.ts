import { defineConfig } from "vite";

/** The pages become static files in dist/pages; names carry a hash, so that browsers may keep them. */
export default defineConfig({
  root: "pages",
  base: "/",
  build: {
    outDir: "../dist/pages",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the policy of the page allows files of our origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  logLevel: "warn",
});
