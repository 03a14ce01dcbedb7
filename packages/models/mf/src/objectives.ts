/**
 * Point-wise objectives of implicit feedback with a flip model (Yu & Qin, SIGIR 2020, "NBPO"), as the ascent
 * coefficients of one sampled pair (u, x). With s = sigmoid(U_u . V_x) and gamma = sigmoid(P_u . Q_x):
 *   U_u += c_R V_x,  V_x += c_R U_u,  P_u += c_g Q_x,  Q_x += c_g P_u   (times the learning rate, before L2)
 */

/** s and gamma in [0, 1]; the coefficient of the preference factors (preference) and of the flip factors (flip). */
export interface Objective {
  readonly name: "bpo" | "nbpo" | "nbpo-original" | "nbpo-surrogate";
  /** Whether the objective has a flip model at all; without one, flip coefficients are 0 and gamma is ignored. */
  readonly flips: boolean;
  readonly positive: (s: number, gamma: number) => Coefficients;
  readonly unvoted: (s: number, gamma: number) => Coefficients;
}

export interface Coefficients {
  readonly preference: number;
  readonly flip: number;
}

/** Keeps the exact likelihood's denominator away from 0, as the authors do. */
const EPSILON = 1e-10;

/** Maximises sum log s_ui + log(1 - s_uj): unvoted pairs are taken for negatives. */
export const bpoObjective: Objective = {
  name: "bpo",
  flips: false,
  positive: (s) => ({ preference: 1 - s, flip: 0 }),
  unvoted: (s) => ({ preference: -s, flip: 0 }),
};

/** NBPOo, the exact log-likelihood: sum log s_ui + log(1 - gamma_ui) + log(1 - s_uj + gamma_uj s_uj). */
export const nbpoOriginalObjective: Objective = {
  name: "nbpo-original",
  flips: true,
  positive: (s, gamma) => ({ preference: 1 - s, flip: -gamma }),
  unvoted: (s, gamma) => {
    const denominator = 1 - s + gamma * s + EPSILON;
    return {
      preference: ((gamma - 1) * s * (1 - s)) / denominator,
      flip: (gamma * (1 - gamma) * s) / denominator,
    };
  },
};

/** NBPOs, the likelihood without the logarithm: sum (1 - gamma_ui) s_ui + (1 - s_uj) + gamma_uj s_uj. */
export const nbpoSurrogateObjective: Objective = {
  name: "nbpo-surrogate",
  flips: true,
  positive: (s, gamma) => ({ preference: (1 - gamma) * s * (1 - s), flip: -gamma * (1 - gamma) * s }),
  unvoted: (s, gamma) => ({ preference: (gamma - 1) * s * (1 - s), flip: gamma * (1 - gamma) * s }),
};

/**
 * NBPO: the surrogate's gradient with each factor's derivative replaced by its log-derivative, so that it does not
 * vanish when the sigmoids saturate. It is not the gradient of one fixed function.
 */
export const nbpoObjective: Objective = {
  name: "nbpo",
  flips: true,
  positive: (s, gamma) => ({ preference: (1 - gamma) * (1 - s), flip: -gamma * s }),
  unvoted: (s, gamma) => ({ preference: gamma * (1 - s) - s, flip: (1 - gamma) * s }),
};
