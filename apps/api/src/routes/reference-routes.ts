import type { OpenAPIHono } from "@hono/zod-openapi";
import { readFile } from "node:fs/promises";
import type { ApiEnv } from "../http/api-env.js";

/** Swagger UI, as the build puts it there. */
const FOLDER = new URL("../../dist/reference/", import.meta.url);

/** The files of the reference page, all of them ours to serve: name -> type. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

const START = `window.onload = () => {
  SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null });
};
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sequitur API</title>
<link rel="icon" href="/reference/favicon-32x32.png">
<link rel="stylesheet" href="/reference/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/reference/swagger-ui-bundle.js"></script>
<script src="/reference/start.js"></script>
</body>
</html>
`;

const DAY = "public, max-age=86400";

/** A readable page over /openapi.json; nothing of it comes from another origin. */
export function referenceRoutes(app: OpenAPIHono<ApiEnv>): void {
  app.get("/reference", (c) => c.html(PAGE));
  app.get("/reference/start.js", (c) => c.body(START, 200, { "content-type": "text/javascript; charset=utf-8" }));
  for (const [name, type] of Object.entries(FILES)) {
    app.get(`/reference/${name}`, async (c) => {
      const bytes = new Uint8Array(await readFile(new URL(name, FOLDER)));
      return c.body(bytes, 200, { "content-type": type, "cache-control": DAY });
    });
  }
}
