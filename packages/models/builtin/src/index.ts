export { baselineNames, loadModel, loadRecommender, noSuchModel, recommenderNames } from "./recommenders.js";
export {
  loadSlatePolicy,
  parseSlatePolicy,
  slatePolicyNeeds,
  slatePolicyNames,
  type SlatePolicyName,
  type SlatePolicyRequest,
} from "./slate-policies.js";
