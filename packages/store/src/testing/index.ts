export { eachStore, onServer, type TestEngine } from "./each-store.js";
export { findPostgres, startPostgres, type OwnServer } from "./postgres-server.js";
