import { distanceKm } from "@sequitur/core";
import { caption, count, safe, type Html } from "@sequitur/workbench";
import type { MapPlace, PlaceMap, Report } from "../../report.js";
import { densityMap, exampleMap, kilometres, SHADES, shadeLimits } from "../charts/place-maps.js";

/** Where the check-ins are, and for a few test users where they came from, what is recommended, where they went. */
export function mapSection({ map }: Report): Html | null {
  if (map === null) return null;
  const aside = map.outside === 0 ? "" : ` ${count(map.outside)} check-ins lie outside the frame.`;
  return safe`<section id="map">
    <h2>On the map</h2>
    <p>
      ${count(map.checkIns)} training check-ins in squares of ${kilometres(map.squareKm)}; north is up.${aside}
    </p>
    ${shadeLegend(map)}
    <figure>
      <figcaption>Training check-ins</figcaption>
      ${densityMap(map)}
    </figure>
    ${map.examples.length > 0 && map.model !== null && examples(map, map.model)}
  </section>`;
}

function examples(map: PlaceMap, model: string): Html {
  return safe`<h3>What ${model} recommends to ${count(map.examples.length)} test users</h3>
    <p>The users were drawn at random before anything was measured. Each map has its own scale; marks that would cover each other are moved east.</p>
    <ul class="legend" aria-label="Marks of the maps">
      <li>${mark(safe`<circle cx="7" cy="7" r="4" fill="var(--c7)" />`)} places of the past, larger with more visits</li>
      <li>${mark(safe`<path d="M0 7H14" stroke="var(--ink)" stroke-dasharray="3 3" />`)} the current trip</li>
      <li>${mark(safe`<rect x="2" y="2" width="10" height="10" fill="none" stroke="var(--ink)" stroke-width="2" />`)} the last place</li>
      <li>${mark(safe`<circle cx="7" cy="7" r="6" fill="var(--c1)" />`)} recommended, with its rank</li>
      <li>${mark(safe`<circle cx="7" cy="7" r="5.5" fill="none" stroke="var(--c2)" stroke-width="3" />`)} where the user went</li>
    </ul>
    <div class="charts">
      ${map.examples.map(
        (example, i) =>
          safe`<figure>
            <figcaption>${title(example, i)}</figcaption>
            ${exampleMap(map, example)}
          </figure> `,
      )}
    </div>
    <details>
      <summary>The same as tables</summary>
      ${map.examples.map((example, i) => exampleTable(example, title(example, i)))}
    </details>`;
}

function title({ rank, checkIns }: PlaceMap["examples"][number], i: number): string {
  const found = rank === null ? "the answer was not ranked" : `the answer had rank ${rank}`;
  return `User ${i + 1}, ${count(checkIns)} earlier check-ins: ${found}`;
}

function exampleTable({ history, recommended, truth }: PlaceMap["examples"][number], name: string): Html {
  const last = history.at(-1);
  const rows: [string, MapPlace][] = [
    ...(last === undefined ? [] : [["last place", last] as [string, MapPlace]]),
    ...recommended.map((place, i): [string, MapPlace] => [`recommended ${i + 1}`, place]),
    ["went to", truth],
  ];
  return safe`<div class="scroll" tabindex="0" role="region" aria-label="${name}">
    <table>
      ${caption(safe`${name}`)}
      <thead>
        <tr>
          <th scope="col" class="text">What</th>
          <th scope="col" class="text">Place</th>
          <th scope="col" class="text">Category</th>
          <th scope="col">From the last place</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([what, place]) =>
            safe`<tr>
              <th scope="row">${what}${what !== "went to" && isSame(place, truth) && " ★ the answer"}</th>
              <td class="text">${place.name}</td>
              <td class="text">${place.category}</td>
              <td>${last === undefined ? "–" : kilometres(distanceKm(last, place))}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function isSame(a: MapPlace, b: MapPlace): boolean {
  return a.name === b.name && a.latitude === b.latitude && a.longitude === b.longitude;
}

function shadeLegend(map: PlaceMap): Html {
  const limits = shadeLimits(map);
  return safe`<ul class="legend" aria-label="Shades of the density, in check-ins a square">
    ${limits.map((limit, i) => {
      const opacity = SHADES[i + SHADES.length - limits.length]!;
      const from = i === 0 ? 1 : limits[i - 1]! + 1;
      const square = mark(safe`<rect width="14" height="14" fill="var(--c0)" fill-opacity="${opacity}" />`);
      return safe`<li>${square} ${from === limit ? count(limit) : `${count(from)} to ${count(limit)}`}</li>`;
    })}
    <li>check-ins a square</li>
  </ul>`;
}

function mark(shape: Html): Html {
  return safe`<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true">${shape}</svg>`;
}
