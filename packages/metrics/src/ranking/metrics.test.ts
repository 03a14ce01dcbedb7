import { describe, expect, test } from "vitest";
import { expandMetrics, METRICS, parseMetric } from "./metrics.js";

describe("parseMetric", () => {
  test("reads a name with and without a cut-off", () => {
    expect(parseMetric("ndcg@10")).toMatchObject({ name: "ndcg@10", metric: { name: "ndcg" }, k: 10 });
    expect(parseMetric("mrr")).toMatchObject({ name: "mrr", k: Infinity });
  });

  test.each(["dcg@10", "", "NDCG@10", "recall", "auc@5"])("refuses %j and lists the known ones", (text) => {
    expect(() => parseMetric(text)).toThrow(
      `metric must be one of recall@k, hit@k, precision@k, f1@k, ndcg@k, ndcg, ndcg-linear@k, ndcg-linear, ndcg-exp@k, ndcg-exp, mrr@k, mrr, map@k, map, rbp@k, rbp, err@k, auc, got "${text}".`,
    );
    expect(() => parseMetric(text)).toThrow(expect.objectContaining({ code: "bad-config" }));
  });

  test.each(["0", "-1", "1.5", "", "x", "1e3", " 1", "99999999999999999999"])("refuses k = %j", (k) => {
    expect(() => parseMetric(`hit@${k}`)).toThrow(`must be a positive integer, got "${k}".`);
  });
});

test.each(["0%", "100.1%"])("refuses the share %j, and reads shares of the ranked columns", (share) => {
  expect(() => parseMetric(`recall@${share}`)).toThrow("must be above 0 and at most 100%");
  expect(parseMetric("recall@2.5%")).toMatchObject({ name: "recall@2.5%", share: 0.025 });
});

describe("expandMetrics", () => {
  test("crosses bare names with the cut-offs and keeps explicit ones, in order and once", () => {
    const names = expandMetrics(["ndcg@3", "recall", "mrr", "auc", "recall@5"], [5, 10]).map(({ name }) => name);
    expect(names).toEqual(["ndcg@3", "recall@5", "recall@10", "mrr@5", "mrr@10", "mrr", "auc"]);
  });

  test("refuses a bad cut-off and a bare name that needs one", () => {
    expect(() => expandMetrics(["recall"], [0])).toThrow('k of metric "recall@0"');
    expect(() => expandMetrics(["recall"], [])).toThrow('got "recall"');
    expect(() => expandMetrics(["nothing"], [5])).toThrow('got "nothing"');
  });
});

test("every metric has a distinct name and a formula", () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  for (const { doc } of METRICS) expect(doc.length).toBeGreaterThan(5);
});
