export { activeHours } from "./hours/active-hours.js";
export {
  hoursAgreement,
  nextInstantAt,
  stateAt,
  suppressClosed,
  timetableStates,
  type HoursAgreement,
  type Visit,
} from "./hours/closed-places.js";
export { fitHours } from "./hours/fit-hours.js";
export { HARD_PENALTY, hoursConfigSchema, type HoursConfig } from "./hours/hours-config.js";
export { hoursFrom, hoursTensors } from "./hours/hours-tensors.js";
export { pairWeek, placeHours, type HoursSources, type PlaceHours } from "./hours/place-hours.js";
