import { expect, it } from "vitest";
import { distanceKm, EARTH_RADIUS_KM, type Point } from "./distance.js";
import { Random } from "./random.js";

/** By the angle between the unit vectors of both places: atan2(|a x b|, a . b). */
function slowDistanceKm(from: Point, to: Point): number {
  const vector = ({ latitude, longitude }: Point): [number, number, number] => {
    const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
    return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
  };
  const [a, b] = [vector(from), vector(to)];
  const cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return EARTH_RADIUS_KM * Math.atan2(Math.hypot(...cross), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

it("knows the way from Paris to London, over the pole and half round the earth", () => {
  const paris = { latitude: 48.8566, longitude: 2.3522 };
  expect(distanceKm(paris, { latitude: 51.5074, longitude: -0.1278 })).toBeCloseTo(343.6, 0);
  expect(distanceKm({ latitude: 80, longitude: 10 }, { latitude: 80, longitude: -170 })).toBeCloseTo(2223.9, 0);
  expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(20_015.1, 0);
  expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.2, 1);
  expect(distanceKm(paris, paris)).toBe(0);
});

it("is the angle between two places on the sphere, near and far", () => {
  const random = new Random("places");
  for (let pair = 0; pair < 500; pair++) {
    const from = { latitude: 180 * random.uniform() - 90, longitude: 360 * random.uniform() - 180 };
    const reach = 10 ** (6 * random.uniform() - 4);
    const to = {
      latitude: Math.min(90, Math.max(-90, from.latitude + reach * random.normal())),
      longitude: from.longitude + reach * random.normal(),
    };
    expect(Math.abs(distanceKm(from, to) - slowDistanceKm(from, to))).toBeLessThan(1e-6);
  }
});

it("is no number to or from nowhere", () => {
  const here = { latitude: 1, longitude: 2 };
  expect(distanceKm(here, {})).toBeNaN();
  expect(distanceKm(here, { latitude: undefined, longitude: 2 })).toBeNaN();
  expect(distanceKm(here, { latitude: Number.NaN, longitude: Number.NaN })).toBeNaN();
  expect(distanceKm({ latitude: Number.NaN, longitude: 2 }, here)).toBeNaN();
});
