/**
 * Lets a reader sort a table by its head cells; without it the page misses nothing else. Plain browser code as text,
 * since the page is one file. Cells give their value in data-sort; only the body marked data-sortable moves.
 */
export const SORT_SCRIPT = `
for (const table of document.querySelectorAll("table[data-sorting]")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.querySelector("tbody[data-sortable]");
  heads.forEach((head, column) => {
    if (!head.hasAttribute("data-key")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") !== "descending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const value = (row) => row.cells[column].getAttribute("data-sort") ?? row.cells[column].textContent;
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const order = head.dataset.key === "text" ? x.localeCompare(y) : compare(Number(x || NaN), Number(y || NaN));
        return descending ? -order : order;
      });
      body.append(...rows);
    });
  });
}
function compare(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
  return x - y;
}
`;
