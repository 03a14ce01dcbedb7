export { baselineNames, loadModel, loadRecommender, noSuchModel, recommenderNames } from "./recommenders.js";
