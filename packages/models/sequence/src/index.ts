export { gru4rec } from "./gru4rec/gru4rec.js";
export { gru4recConfig, type Gru4recConfig } from "./gru4rec/config.js";
export { liteLlm4rec, type LiteLlm4rec } from "./lite-llm4rec/lite-llm4rec.js";
export { liteLlm4recConfig, type LiteLlm4recConfig } from "./lite-llm4rec/config.js";
export { type LiteLlm4recModel, type Work } from "./lite-llm4rec/lite-model.js";
export { sasrec } from "./sasrec/sasrec.js";
export { sasrecConfig, type SasrecConfig } from "./sasrec/config.js";
export { type SequenceModel, type SequenceRecommender } from "./serving/sequence-model.js";
export { type SequenceSession } from "./serving/sequence-session.js";
