// An A/B test on simulated users before a real one: which arm brings more clicks, and is that more than chance?
import { simulate } from "sequitur";

const report = await simulate({
  world: "latent",
  arms: ["popularity", "random", "oracle"],
  users: 100,
  days: 3,
  seeds: 2,
});
console.log(report.text());
