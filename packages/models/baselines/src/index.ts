export { popularity, popularityConfig, type PopularityConfig } from "./popularity.js";
export { markov, markovConfig, type MarkovConfig } from "./markov.js";
export { itemKnn, itemKnnConfig, type ItemKnnConfig } from "./item-knn.js";
export { ease, easeConfig, type EaseConfig } from "./ease.js";
export { sessionKnn, sessionKnnConfig, type SessionKnnConfig } from "./session-knn.js";
export { personal, personalConfig, type PersonalConfig } from "./personal.js";
export { contentKnn, contentKnnConfig, type ContentKnnConfig } from "./content-knn.js";
export { coOccurrence, coOccurrenceConfig, type CoOccurrenceConfig } from "./co-occurrence.js";
