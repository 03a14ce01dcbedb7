import type { Principal } from "./principal.js";

/** What the middlewares leave for the routes. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    /** Who asks; absent on the routes that take no key. */
    principal: Principal | undefined;
  };
}
