import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { safe, trusted, type Html } from "./safe.js";

/** Every chart is drawn this wide, so that its text stays readable on a phone; the page sets them side by side. */
export const CHART_WIDTH = 360;

/** What a person who cannot see the chart is told. */
export interface ChartWords {
  readonly label: string;
  readonly description: string;
}

type Options = Plot.PlotOptions & { readonly height: number };

interface Node {
  readonly attributes: readonly { name: string; value: string }[];
  setAttribute(name: string, value: string): void;
  querySelectorAll(selector: string): Iterable<Node>;
  querySelector(selector: string): (Node & { remove(): void }) | null;
  readonly outerHTML: string;
}

/** Draws a plot as inline SVG without a browser; its texts are escaped by the document that it is drawn into. */
export function plotSvg(words: ChartWords, options: Options): Html {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = Plot.plot({
    width: CHART_WIDTH,
    ...options,
    document,
    className: "chart",
  }) as unknown as Node;
  svg.setAttribute("font-size", "11");
  return withAttributes(svg, safe`role="img" aria-label="${words.label}" aria-description="${words.description}"`);
}

/** Two decimals of a pixel are enough, and make the page a third smaller. */
function roundNumbers(node: Node): void {
  for (const { name, value } of node.attributes) {
    if (name === "aria-label" || !/\.\d{3}/.test(value)) continue;
    node.setAttribute(
      name,
      value.replaceAll(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
    );
  }
}

/** A small mark in the shape and colour of a series, to stand before its name; says nothing to a screen reader. */
export function swatch(series: { readonly color: string; readonly symbol: string }): Html {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = Plot.plot({
    width: 14,
    height: 14,
    margin: 0,
    axis: null,
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    className: "swatch",
    document,
    marks: [Plot.dot([0], { x: 0.5, y: 0.5, r: 5, symbol: series.symbol as Plot.SymbolType, fill: series.color })],
  }) as unknown as Node;
  return withAttributes(svg, safe`aria-hidden="true"`);
}

/** The drawing as markup; words are put in here because the document leaves < in attributes as it is. */
function withAttributes(svg: Node, attributes: Html): Html {
  svg.querySelector("style")?.remove();
  for (const node of svg.querySelectorAll("*")) roundNumbers(node);
  return trusted(svg.outerHTML.replace("<svg ", () => `<svg ${attributes.markup} `));
}
