import * as tf from "#tfjs";

/** TensorFlow.js: tensors, stock operations and the tape. Use this one; a second copy would hold other gradients. */
export { tf };
