export { conforms, type ConformsOptions } from "@sequitur/recommender/conforms";
