import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { summaryOf, type HistogramSummary } from "./histogram-summary.js";

const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Routes that answer with items. */
const ANSWERING = /^\/v1\/(recommendations|slates|next-poi|items\/[^/]+\/similar)/;

/** What /metrics shows; one registry an app, so that two apps in a process do not mix. */
export class ApiMetrics {
  readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: "sequitur_http_request_seconds",
    help: "Time to answer a request.",
    labelNames: ["method", "route", "status"],
    buckets: LATENCIES,
    registers: [this.registry],
  });
  readonly events = new Counter({
    name: "sequitur_events_total",
    help: "Events received, by what became of them.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly feedback = new Counter({
    name: "sequitur_feedback_total",
    help: "Feedback received, by what became of it.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly answers = new Counter({
    name: "sequitur_answers_total",
    help: "Questions answered, by the stage of the fallback chain that served.",
    labelNames: ["route", "served_by"],
    registers: [this.registry],
  });
  readonly ranking = new Histogram({
    name: "sequitur_ranking_seconds",
    help: "Time to rank one question in memory.",
    buckets: LATENCIES,
    registers: [this.registry],
  });
  readonly stageFailures = new Counter({
    name: "sequitur_stage_failures_total",
    help: "Models that threw while ranking; the next stage served.",
    labelNames: ["stage"],
    registers: [this.registry],
  });
  readonly loadFailures = new Counter({
    name: "sequitur_model_load_failures_total",
    help: "Artifacts that could not be loaded; the newest activation that can be serves.",
    registers: [this.registry],
  });
  readonly modelVersion = new Gauge({
    name: "sequitur_model_version",
    help: "Version that serves in a slot.",
    labelNames: ["slot"],
    registers: [this.registry],
  });
  readonly modelFallback = new Gauge({
    name: "sequitur_model_fallback",
    help: "1 while the active version of a slot cannot be loaded and another or none serves.",
    labelNames: ["slot"],
    registers: [this.registry],
  });
  readonly items = new Gauge({
    name: "sequitur_items",
    help: "Live items in memory.",
    registers: [this.registry],
  });
  readonly shadowOverlap = new Histogram({
    name: "sequitur_shadow_overlap",
    help: "Share of the answer that the shadow version would have shown too.",
    buckets: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    registers: [this.registry],
  });

  /** Memory, event loop and garbage collection of the process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry, prefix: "sequitur_" });
  }

  observeRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Answers since the start, by the stage that served. */
  async answersByStage(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { labels, value } of (await this.answers.get()).values) {
      const stage = String(labels["served_by"]);
      counts[stage] = (counts[stage] ?? 0) + value;
    }
    return counts;
  }

  /** How long answers with items took, and the share of all requests that failed on our side; NaN without requests. */
  async requestSummary(): Promise<{ readonly answering: HistogramSummary; readonly errorShare: number }> {
    const { values } = await this.requests.get();
    const failed = summaryOf(values, ({ status }) => Number(status) >= 500).count;
    return {
      answering: summaryOf(values, ({ route }) => ANSWERING.test(String(route))),
      errorShare: failed / summaryOf(values, () => true).count,
    };
  }
}
