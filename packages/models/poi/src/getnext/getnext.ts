import { poiSchema, type PoiConfig } from "../network/config.js";
import { poiRecommender } from "../training/poi-recommender.js";

/**
 * GETNext (Yang, Liu & Zhao 2022): the same network without season, opening hours and the new popularity, reading the
 * current trajectory and the user's vector only; SEAGET's control.
 */
export const getnext = poiRecommender(
  "getnext",
  poiSchema({
    nextTime: "predicted",
    season: null,
    hours: { form: "off", penalty: 0, unreadable: "unknown", pairs: {}, learnedShare: 0 },
    popularity: "counts",
    placeIds: false,
    userDropout: 0,
    visits: 0,
    geography: null,
    distance: false,
    askFirst: false,
    sampledPlaces: 0,
    epochs: 12,
  }),
);
export type GetnextConfig = PoiConfig;
