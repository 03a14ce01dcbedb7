import { poiSchema, type PoiConfig } from "../network/config.js";
import { poiRecommender } from "../training/poi-recommender.js";

/**
 * SEAGET (Al Hasan & Anwar 2025): GETNext with a recency- and user-aware popularity, seasons and opening hours. Beyond the
 * paper it may go back to any place of the user's past, knows distances and, when told, the time of the next check-in.
 */
export const seaget = poiRecommender("seaget", poiSchema({}));
export type SeagetConfig = PoiConfig;
