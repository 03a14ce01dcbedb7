import type { HoursKind } from "./opening-hours.js";
import type { RhythmName, SeasonName } from "./rhythms.js";

/** A leaf category: what kind of place it is, how common, how sought, when, and words for its texts. */
export interface Category {
  readonly name: string;
  readonly group: string;
  /** Relative number of places. */
  readonly share: number;
  /** Log pull of the category as a whole. */
  readonly pull: number;
  readonly rhythm: RhythmName;
  readonly season: SeasonName;
  readonly hours: HoursKind;
  /** What such a place may be known for. */
  readonly features: readonly string[];
}

type Row = readonly [string, number, number, RhythmName, SeasonName, HoursKind, string];

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  "Coffee & Bakery": [
    [
      "Coffee Shop",
      6,
      1.3,
      "coffee",
      "flat",
      "cafe",
      "single-origin espresso|slow pour-over|cardamom buns|oat cappuccino",
    ],
    ["Bakery", 5, 0.9, "bakery", "flat", "bakery", "sourdough loaves|butter croissants|rye bread|poppy-seed rolls"],
    ["Tea House", 1.5, -0.8, "sweet", "winter", "cafe", "smoked oolong|afternoon scones|herbal infusions"],
    ["Ice Cream Parlour", 2, 0.1, "sweet", "highSummer", "iceCream", "pistachio gelato|lemon sorbet|waffle cones"],
    ["Pastry Shop", 2, -0.2, "sweet", "newYear", "cafe", "hazelnut tarts|layer cakes|candied fruit"],
  ],
  Restaurant: [
    ["Italian Restaurant", 4, 1.2, "dinner", "flat", "restaurant", "hand-rolled pasta|saffron risotto|slow ragu"],
    ["Pizzeria", 4, 1.3, "dinner", "flat", "restaurant", "wood-fired pizza|blistered crusts|marinara"],
    ["Sushi Restaurant", 2, 0.8, "dinner", "flat", "restaurant", "omakase plates|salmon nigiri|seaweed salad"],
    ["Ramen Bar", 2, 0.6, "dinner", "winter", "restaurant", "tonkotsu broth|miso ramen|soft-boiled eggs"],
    ["Indian Restaurant", 2, 0.7, "dinner", "flat", "restaurant", "lamb curry|garlic naan|masala dosa"],
    ["Steakhouse", 1.5, 0.5, "dinner", "autumn", "dinner", "dry-aged ribeye|charcoal grill|bone marrow"],
    ["Seafood Restaurant", 2, 0.8, "dinner", "summer", "dinner", "grilled octopus|oysters|catch of the day"],
    ["Vegetarian Restaurant", 1.5, 0.4, "dinner", "spring", "restaurant", "roasted squash|lentil bowls|garden herbs"],
  ],
  "Quick Bite": [
    ["Sandwich Shop", 3, 1, "lunch", "flat", "lunch", "pressed panini|smoked turkey|pickled onions"],
    ["Salad Bar", 2, 0.6, "lunch", "mildSummer", "lunch", "grain bowls|citrus dressing|seasonal greens"],
    ["Burger Joint", 3, 0.4, "dinner", "flat", "late", "smashed burgers|hand-cut fries|milkshakes"],
    ["Kebab Stand", 3, 0.1, "lateSnack", "flat", "late", "lamb doner|falafel wraps|chilli sauce"],
    ["Soup Kitchen", 1, -0.3, "lunch", "deepWinter", "lunch", "pumpkin soup|beef broth|dumplings"],
  ],
  Nightlife: [
    ["Pub", 3, 0.9, "drinks", "flat", "bar", "cask ale|quiz nights|dart boards"],
    ["Cocktail Bar", 3, 0.6, "drinks", "flat", "bar", "smoked negroni|house bitters|candle-lit booths"],
    ["Wine Bar", 2, 0.5, "drinks", "autumn", "bar", "natural wine|cheese boards|old vintages"],
    ["Beer Garden", 1.5, 0.2, "drinks", "highSummer", "garden", "wheat beer|long benches|chestnut shade"],
    ["Nightclub", 1.5, 0.1, "night", "flat", "club", "house music|resident DJs|two dance floors"],
    ["Live Music Venue", 1.2, 0.9, "show", "autumn", "evening", "jazz trios|indie bands|open stage"],
  ],
  Shopping: [
    ["Clothing Store", 5, 0.7, "shopping", "flat", "shop", "linen shirts|winter coats|denim"],
    ["Bookshop", 2.5, 0.5, "shopping", "advent", "shop", "poetry shelves|signed editions|travel guides"],
    ["Shoe Store", 2, -0.4, "shopping", "flat", "shop", "running shoes|leather boots|repairs"],
    ["Gift Shop", 2, 0.2, "shopping", "advent", "shop", "ceramics|hand-poured candles|postcards"],
    ["Garden Centre", 1, -0.3, "shopping", "spring", "shop", "seedlings|terracotta pots|fruit trees"],
    ["Electronics Store", 1.5, -0.3, "shopping", "advent", "shop", "headphones|cameras|phone repairs"],
  ],
  "Everyday Errands": [
    ["Supermarket", 5, 1.1, "errands", "flat", "longShop", "fresh produce|deli counter|local cheese"],
    ["Pharmacy", 3, 0, "errands", "winter", "shop", "night service|skin care|prescriptions"],
    ["Convenience Store", 3, -0.2, "anytime", "flat", "always", "snacks|newspapers|parcel pick-up"],
    ["Farmers Market", 1, 1.3, "marketMorning", "summer", "market", "heirloom tomatoes|raw honey|cut flowers"],
    ["Hairdresser", 3, -0.4, "shopping", "flat", "salon", "beard trims|colouring|walk-in cuts"],
  ],
  "Sport & Wellness": [
    ["Gym", 3, 0.8, "training", "newYear", "gym", "free weights|spin classes|rowing machines"],
    ["Yoga Studio", 2, 0, "training", "newYear", "gym", "vinyasa|morning flow|breathing classes"],
    ["Climbing Hall", 1, -0.7, "training", "winter", "gym", "bouldering walls|lead routes|moon board"],
    ["Outdoor Pool", 0.8, 0.6, "bathing", "highSummer", "summerPool", "diving tower|sun lawns|50 m lanes"],
    ["Spa", 1, -0.9, "outdoors", "winter", "spa", "steam baths|salt scrubs|quiet rooms"],
    ["Ice Rink", 0.5, -0.3, "bathing", "deepWinter", "winterRink", "skate hire|hockey evenings|hot punch"],
  ],
  "Arts & Entertainment": [
    ["Cinema", 1.5, 0.3, "show", "winter", "evening", "original versions|late screenings|classic film nights"],
    ["Theatre", 1, 0.3, "show", "autumn", "evening", "new drama|puppet plays|velvet boxes"],
    ["Museum", 1.5, 0.5, "culture", "flat", "museum", "maritime history|modern painting|old maps"],
    ["Art Gallery", 1.5, 0.2, "culture", "flat", "museum", "photography|young painters|print studio"],
    ["Zoo", 0.3, 0.2, "culture", "summer", "museum", "otters|tropical hall|petting yard"],
  ],
  Outdoors: [
    ["Park", 3, 0.5, "outdoors", "summer", "always", "old plane trees|duck pond|running loop"],
    ["Playground", 2, -0.6, "outdoors", "mildSummer", "always", "climbing nets|sand pits|water pump"],
    ["Beach", 0.7, 0.2, "bathing", "highSummer", "always", "pebble shore|sunset view|paddle boards"],
    ["Viewpoint", 0.8, -0.6, "outdoors", "mildSummer", "always", "harbour panorama|sunrise|stone steps"],
    ["Christmas Market", 0.5, 0.6, "drinks", "advent", "advent", "mulled wine|roasted almonds|wooden toys"],
  ],
  "Work, Study & Travel": [
    ["Co-working Space", 1.5, 0.2, "office", "flat", "office", "quiet desks|phone booths|fast network"],
    ["Library", 1, 0, "campus", "winter", "library", "reading room|map archive|study carrels"],
    ["University Building", 1.2, 0.4, "campus", "autumn", "office", "lecture halls|seminar rooms|language lab"],
    ["Train Station", 1, 0.4, "commute", "flat", "always", "regional lines|left luggage|platform cafe"],
    ["Hotel", 1.5, -1.3, "anytime", "summer", "always", "roof terrace|sea-view rooms|breakfast buffet"],
    ["Place of Worship", 1.2, -0.1, "worship", "advent", "daylight", "organ concerts|stained glass|choir"],
  ],
};

/** The groups of the hierarchy, in the order of `groupIndices`. */
export const GROUPS: readonly string[] = Object.keys(TABLE);

/** Every leaf category, group by group. */
export const CATEGORIES: readonly Category[] = Object.entries(TABLE).flatMap(([group, rows]) =>
  rows.map(([name, share, pull, rhythm, season, hours, features]) => ({
    name,
    group,
    share,
    pull,
    rhythm,
    season,
    hours,
    features: features.split("|"),
  })),
);

/** (categories) the group of each category. */
export const groupIndices: Int32Array = Int32Array.from(CATEGORIES, ({ group }) => GROUPS.indexOf(group));

/** "From" (leaf or group) is often followed by "to" (leaf or group), by so much log appeal. */
const FOLLOWS: readonly (readonly [string, string, number])[] = [
  ["Train Station", "Coffee & Bakery", 1.4],
  ["Train Station", "Co-working Space", 1.2],
  ["Coffee & Bakery", "Co-working Space", 1],
  ["Coffee & Bakery", "University Building", 0.8],
  ["Co-working Space", "Quick Bite", 1.5],
  ["University Building", "Quick Bite", 1.3],
  ["University Building", "Library", 1.5],
  ["Library", "Coffee Shop", 1.4],
  ["Quick Bite", "Coffee Shop", 1.3],
  ["Restaurant", "Nightlife", 1.4],
  ["Restaurant", "Ice Cream Parlour", 1.3],
  ["Restaurant", "Cinema", 1],
  ["Cinema", "Nightlife", 1.1],
  ["Cinema", "Burger Joint", 1.2],
  ["Theatre", "Wine Bar", 1.8],
  ["Nightlife", "Nightclub", 1.2],
  ["Nightclub", "Kebab Stand", 2.2],
  ["Pub", "Kebab Stand", 1.6],
  ["Live Music Venue", "Pub", 1.4],
  ["Shopping", "Shopping", 1.2],
  ["Shopping", "Coffee & Bakery", 0.9],
  ["Supermarket", "Pharmacy", 1.1],
  ["Farmers Market", "Bakery", 1.5],
  ["Farmers Market", "Coffee Shop", 1.3],
  ["Sport & Wellness", "Salad Bar", 1.4],
  ["Gym", "Supermarket", 1],
  ["Yoga Studio", "Tea House", 1.8],
  ["Climbing Hall", "Pub", 1.3],
  ["Outdoor Pool", "Ice Cream Parlour", 1.8],
  ["Ice Rink", "Tea House", 1.5],
  ["Museum", "Art Gallery", 1.2],
  ["Museum", "Pastry Shop", 1.4],
  ["Zoo", "Playground", 1.5],
  ["Park", "Ice Cream Parlour", 1.2],
  ["Park", "Playground", 1],
  ["Beach", "Seafood Restaurant", 1.5],
  ["Beach", "Beer Garden", 1.3],
  ["Viewpoint", "Park", 1],
  ["Gift Shop", "Christmas Market", 1.2],
  ["Place of Worship", "Pastry Shop", 1.6],
  ["Hotel", "Museum", 1.2],
];
const SAME_CATEGORY = -1.2;
const SAME_MEAL_GROUPS = ["Restaurant", "Quick Bite", "Coffee & Bakery"];

/** (C, C) row-major log bonus of a category (column) right after another (row). */
export function transitionTable(): Float64Array {
  const size = CATEGORIES.length;
  const table = new Float64Array(size * size);
  const is = (category: Category, name: string): boolean => category.name === name || category.group === name;
  CATEGORIES.forEach((from, i) => {
    CATEGORIES.forEach((to, j) => {
      let bonus = i === j ? SAME_CATEGORY : 0;
      if (i !== j && from.group === to.group && SAME_MEAL_GROUPS.includes(from.group)) bonus += SAME_CATEGORY;
      for (const [before, after, gain] of FOLLOWS) if (i !== j && is(from, before) && is(to, after)) bonus += gain;
      table[i * size + j] = bonus;
    });
  });
  return table;
}
