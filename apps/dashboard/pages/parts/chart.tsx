import type * as PlotLibrary from "@observablehq/plot";
import { useEffect, useRef, useState } from "preact/hooks";

type Plot = typeof PlotLibrary;
/** What every chart shares: its class name, which the policy of the page knows, and the room for its labels. */
export const CHART = { className: "plot", marginLeft: 52, marginBottom: 32, style: { background: "none" } } as const;

/** A chart of Observable Plot as wide as its place; `label` says in words what it shows. */
export function Chart({
  label,
  draw,
  drawnFrom,
  height = 220,
}: {
  readonly label: string;
  readonly draw: (plot: Plot, size: { readonly width: number; readonly height: number }) => Element;
  /** What the drawing depends on: it is made again when this changes. */
  readonly drawnFrom: readonly unknown[];
  readonly height?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  useEffect(() => {
    let isGone = false;
    if (width === 0) return;
    void import("@observablehq/plot").then((plot) => {
      if (!isGone) place.current?.replaceChildren(draw(plot, { width, height }));
    });
    return () => {
      isGone = true;
    };
  }, [width, height, ...drawnFrom]);
  return <div class="chart" role="img" aria-label={label} ref={place} style={{ minHeight: `${height}px` }} />;
}

/** The width of an element in pixels, as it is now. */
function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
