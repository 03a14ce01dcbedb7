export { apiClient, type ApiRoutes } from "@sequitur/api/client";
