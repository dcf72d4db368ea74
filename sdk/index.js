// The SDK of Kadath: worlds of words, joined by `join`.

export { Advice, adviceFor, CloseCode } from "./codes.js";
export { Command, Refusal } from "./command.js";
export { standing } from "./durability.js";
export { Happening, Signal } from "./signal.js";
export { join, World } from "./world.js";
