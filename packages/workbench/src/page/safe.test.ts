import { expect, test } from "vitest";
import { safe, trusted } from "./safe.js";

test("values are escaped in content and in attributes, markup is not escaped twice", () => {
  const evil = `"><script>alert('1')</script>&`;
  const { markup } = safe`<p title="${evil}">${evil}${safe`<b>${"<"}</b>`}</p>`;
  const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;";
  expect(markup).toBe(`<p title="${escaped}">${escaped}<b>&lt;</b></p>`);
});

test("lists are joined; null, undefined and false leave nothing; zero stays", () => {
  expect(safe`${["a", safe`<i>b</i>`, 0]}|${null}${undefined}${false}|${trusted("<hr>")}`.markup).toBe(
    "a<i>b</i>0||<hr>",
  );
});
