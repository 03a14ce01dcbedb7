import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { parseReport, type Report } from "../report.js";
import { reportFixture } from "./report.fixture.js";
import { reportPage } from "./report-page.js";

interface Element {
  readonly textContent: string;
  readonly outerHTML: string;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const parse = (page: string): Element => parseHTML(page).document;
const all = (root: Element, selector: string): Element[] => [...root.querySelectorAll(selector)];
const EVIL = `<img src=x onerror=alert(1)>"'</script><b>`;

/** Every text of the report that a file or a person wrote, made hostile. */
function hostile(report: Report): Report {
  const text = JSON.stringify(report);
  const evil = JSON.stringify(EVIL).slice(1, -1);
  const names = [
    "sasrec",
    "popularity-recent",
    "Drama",
    "MovieLens-100K",
    "2 rows with no title.",
    "fit sasrec",
    "epochs",
    "Home",
    "The office",
  ];
  return JSON.parse(names.reduce((all, name) => all.replaceAll(name, `${name} ${evil}`), text)) as Report;
}

describe("a whole report", () => {
  const report = reportFixture();
  const page = reportPage(report);
  const document = parse(page);

  test("the fixture is a report by the schema", () => {
    expect(parseReport(JSON.parse(JSON.stringify(report)), "fixture")).toEqual(report);
  });

  test("the leaderboard has a row for each model with its number and interval", () => {
    const rows = all(document, "#leaderboard table tbody tr");
    for (const { label, metrics, error } of report.models) {
      const row = rows.find((candidate) => candidate.querySelector("th")?.textContent.includes(label));
      expect(row).toBeDefined();
      expect(row!.textContent).toContain(error ?? metrics["ndcg@10"]!.mean.toFixed(4));
    }
  });

  test("the protocol, the best model and the notes are said before any table", () => {
    const head = document.querySelector("header")!.textContent;
    expect(head).toContain(report.protocol.summary);
    expect(head).toMatch(/sasrec\s+has the highest NDCG@10/);
    expect(head).toContain("2 rows with no title.");
    expect(head).toContain("removed (masked)");
  });

  test("ceilings are in a body of their own, and only competitors are sorted", () => {
    expect(document.querySelector("#leaderboard tbody.ceiling")!.textContent).toContain("oracle");
    expect(document.querySelector("#leaderboard tbody[data-sortable]")!.textContent).not.toContain("oracle");
  });

  test("significance is told in words or marks, not by colour alone", () => {
    const rows = all(document, "#leaderboard tbody[data-sortable] tr");
    expect(rows[0]!.textContent).toContain("★ best");
    expect(rows[1]!.textContent).toMatch(/≈ may be chance,\s+p = 0.630/);
    expect(rows[2]!.textContent).toMatch(/▼ lower,\s+p = 0.001/);
  });

  test("every part that the report has data for is there", () => {
    const parts = [
      "leaderboard",
      "intervals",
      "cutoffs",
      "breakdowns",
      "map",
      "training",
      "beyond",
      "comparisons",
      "tuning",
    ];
    for (const id of [...parts, "data", "reproduce", "words"]) expect(document.querySelector(`#${id}`)).not.toBeNull();
    expect(all(document, "figure")).toHaveLength(4 + 3 + 4 + 2 + 3);
    expect(document.querySelector("#tuning tr.best")!.textContent).toContain("★ chosen");
    expect(document.querySelector("#reproduce")!.textContent).toContain(report.environment.commit);
    expect(document.querySelector("#reproduce details pre")!.textContent).toContain('"leave-one-out"');
  });

  test("every chart is an image with words that hold its numbers", () => {
    const charts = all(document, "figure svg");
    for (const chart of charts) {
      expect(chart.getAttribute("role")).toBe("img");
      expect(chart.getAttribute("aria-label")).toMatch(/\w{3}/);
      expect(chart.getAttribute("aria-description")).toMatch(/\d/);
    }
    expect(charts[0]!.getAttribute("aria-description")).toContain("sasrec 0.0938");
  });

  test("every table has a caption and heads with a scope", () => {
    for (const table of all(document, "table")) {
      expect(table.querySelector("caption")!.textContent.trim()).not.toBe("");
      for (const head of all(table, "th")) expect(head.hasAttribute("scope")).toBe(true);
    }
  });

  test("nothing outside is asked for, and the policy forbids it", () => {
    expect(page).not.toMatch(/(?:src|href|url\()\s*=?\s*["']?(?:https?:)?\/\//i);
    expect(page).not.toMatch(/@import|<link|<iframe|<img/i);
    const policy = document.querySelector("meta[http-equiv]")!.getAttribute("content")!;
    expect(policy).toContain("default-src 'none'");
    const script = /<script>([^]*?)<\/script>/.exec(page)![1]!;
    expect(policy).toContain(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  });

  test("the same report gives the same page", () => {
    expect(reportPage(reportFixture())).toBe(page);
  });
});

test("hostile names stay text everywhere", () => {
  const page = reportPage(hostile(reportFixture()));
  const document = parse(page);
  expect(page).not.toContain("<img");
  expect(all(document, "img, b, [onerror]")).toEqual([]);
  expect(all(document, "script")).toHaveLength(1);
  expect(document.querySelector("h1")!.textContent).toContain(EVIL);
  for (const chart of all(document, "svg")) expect(chart.querySelector("img")).toBeNull();
});

test("a report with little in it leaves parts out and still reads", () => {
  const report = reportFixture();
  const bare = report.models
    .filter(({ label }) => label === "popularity")
    .map((model) => ({ ...model, lists: {}, breakdowns: [], comparisons: { best: [], baseline: [] } }));
  const document = parse(reportPage({ ...report, models: bare, best: "popularity", baseline: null }));
  for (const id of ["breakdowns", "training", "beyond", "comparisons", "tuning"]) {
    expect(document.querySelector(`#${id}`)).toBeNull();
  }
  expect(document.querySelector("#leaderboard")!.textContent).toContain("popularity");
});

test("a report in which everything failed says so", () => {
  const report = reportFixture();
  const document = parse(reportPage({ ...report, models: [report.models.at(-1)!], best: null, baseline: null }));
  expect(document.querySelector("header")!.textContent).toContain("No model finished");
  expect(document.querySelector("#leaderboard")!.textContent).toContain("diverged");
});

test("many models stay distinct by colour and shape together", () => {
  const report = reportFixture();
  const models = Array.from({ length: 20 }, (_, i) => ({ ...report.models[2]!, label: `m${i}` }));
  const document = parse(reportPage({ ...report, models, best: "m0" }));
  const marks = all(document, "#cutoffs .legend svg").map((svg) => svg.outerHTML);
  expect(marks).toHaveLength(20);
  expect(new Set(marks).size).toBe(20);
});
