/** The pages, in the order of the menu: address, name, and the line of its icon (24 x 24). */
export const PLACES = [
  ["", "Home", "M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z"],
  ["ask", "Ask", "M5 5h14v10H9l-4 4z M9 10h6"],
  ["models", "Models", "M12 3 4 7v10l8 4 8-4V7z M4 7l8 4 8-4 M12 11v10"],
] as const satisfies readonly (readonly [page: string, name: string, icon: string])[];
