export {
  bpoObjective,
  nbpoObjective,
  nbpoOriginalObjective,
  nbpoSurrogateObjective,
  type Coefficients,
  type Objective,
} from "./objectives.js";
