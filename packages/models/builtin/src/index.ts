export { loadModel, loadRecommender, recommenderNames } from "./recommenders.js";
