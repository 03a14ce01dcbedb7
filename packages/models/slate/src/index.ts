export type { PolicyKind, PolicyParts } from "./policies/policy-kind.js";
export { randomPolicy } from "./policies/random-policy.js";
export { greedy } from "./policies/greedy.js";
export { epsilonGreedy, type EpsilonGreedyConfig } from "./policies/epsilon-greedy.js";
export { softmax, type SoftmaxConfig } from "./policies/softmax-policy.js";
