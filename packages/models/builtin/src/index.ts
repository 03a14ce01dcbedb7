export { baselineNames, loadModel, loadRecommender, recommenderNames } from "./recommenders.js";
