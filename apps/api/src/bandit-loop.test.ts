import { loadSlatePolicy } from "@sequitur/builtin";
import { NONE, queryBatch, Random, unknownSlate, type Slate } from "@sequitur/core";
import { encodeArtifact, type Model, type SlatePolicy } from "@sequitur/recommender";
import { readOutcomes, readPolicyState, type Store } from "@sequitur/store";
import { eachStore } from "@sequitur/store/testing";
import { beforeAll, expect, it } from "vitest";
import { circleEvents, testApi, type TestApi } from "./api.fixture.js";

const START = Date.UTC(2026, 0, 5);
const CHOICE = { kind: "greedy" } as const;
const KEY = JSON.stringify(CHOICE);

eachStore((engine) => {
  let store: Store;
  let api: TestApi;
  let model: Model;
  let versionId: number;
  beforeAll(async () => {
    store = await engine.open();
    api = await testApi(store);
    await api.call("POST", "/v1/events", { events: circleEvents(8, 6, 5, START) });
    model = await api.fit("slate-gru", { epochs: 3, width: 4, validation: 0 });
    ({ versionId } = await api.serve(model));
    return () => api.serving.stop();
  });
  const inProcess = async (): Promise<SlatePolicy> =>
    loadSlatePolicy({ name: "greedy:slate-gru", catalog: model.catalog, model });
  const slateFor = async (server: TestApi, user: number, k = 3) => {
    const history = [{ itemId: `i${user % 6}` }];
    const { status, body } = await server.call("POST", "/v1/slates", {
      userId: `u${user}`,
      history,
      k,
      policy: CHOICE,
    });
    expect(status).toBe(200);
    return {
      requestId: body.requestId as string,
      shown: (body.items as { itemId: string }[]).map(({ itemId }) => itemId),
    };
  };
  const queryFor = (user: number) => {
    // Asked with a history of its own, nobody is recognised.
    return queryBatch([{ items: [model.catalog.items.indexOf(`i${user % 6}`)] }]);
  };
  const stateOf = async (policy: SlatePolicy) => encodeArtifact(policy.save!());
  /** What the process that serves has learned, saved. */
  const servedState = async (server: TestApi) => {
    await server.serving.policies.saveAll();
    return (await readPolicyState(store, versionId, KEY))!;
  };
  const mirrored: [number, Slate, number][] = [];

  it("learns from feedback exactly as the policy of a simulation does, click by click", async () => {
    const policy = await inProcess();
    const changed = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const user = round % 8;
      const { requestId, shown } = await slateFor(api, user);
      const [expected] = policy.slates(queryFor(user), 3, { random: new Random(round) });
      expect(shown).toEqual(Array.from(expected!.items, (item) => model.catalog.items.ids[item]));
      changed.add(shown.join());
      const click = round % 3 === 0 ? NONE : 1;
      const reaction = click === NONE ? { kind: "none" } : { kind: "click", itemId: shown[click] };
      const feedback = [{ feedbackId: `f${round}`, requestId, ...reaction }];
      expect((await api.call("POST", "/v1/feedback", { feedback })).body).toMatchObject({ accepted: 1, rejected: 0 });
      // Sent again, or followed by another click: the first outcome stands, and counts once.
      expect((await api.call("POST", "/v1/feedback", { feedback })).body).toMatchObject({ duplicates: 1 });
      const later = [{ feedbackId: `later${round}`, requestId, kind: "click", itemId: shown[2] }];
      await api.call("POST", "/v1/feedback", { feedback: later });
      const slate = unknownSlate(expected!.items);
      mirrored.push([user, slate, click]);
      policy.observe!(queryFor(user), [slate], Int32Array.of(click));
    }
    expect(changed.size).toBeGreaterThan(1);
    const { state, learnedTo } = await servedState(api);
    expect(Buffer.from(state).equals(await stateOf(policy))).toBe(true);
    expect(learnedTo).toBe((await readOutcomes(store, 0, 100)).at(-1)!.seq);
  });

  it("goes on after a restart, and a replica that reads later is equal to the bit", async () => {
    const source = { load: () => Promise.resolve(model), stamp: () => Promise.resolve("same") };
    const restarted = await testApi(store, {}, source);
    const { requestId, shown } = await slateFor(restarted, 3);
    await restarted.call("POST", "/v1/feedback", { feedback: [{ requestId, kind: "visit", itemId: shown[0] }] });
    const after = await servedState(restarted);
    // The first process has not been told; it reads the same list.
    await api.serving.sync();
    const ahead = await inProcess();
    for (const [user, slate, click] of mirrored) ahead.observe!(queryFor(user), [slate], Int32Array.of(click));
    const { items } = model.catalog;
    const last = unknownSlate(Int32Array.from(shown, (id) => items.indexOf(id)));
    ahead.observe!(queryFor(3), [last], Int32Array.of(0));
    expect(Buffer.from(after.state).equals(await stateOf(ahead))).toBe(true);
    const both = await Promise.all([slateFor(api, 5), slateFor(restarted, 5)]);
    expect(both[0].shown).toEqual(both[1].shown);
    await restarted.serving.stop();
  });

  it("takes what a batch tells by time, and refuses an item with none and none without a slate", async () => {
    const [first, second] = [await slateFor(api, 1), await slateFor(api, 1)];
    const before = (await readOutcomes(store, 0, 1000)).length;
    const feedback = [
      { requestId: second.requestId, kind: "click", itemId: second.shown[1], time: START + 2 },
      { requestId: first.requestId, kind: "click", itemId: first.shown[0], time: START + 1 },
    ];
    await api.call("POST", "/v1/feedback", { feedback });
    const outcomes = (await readOutcomes(store, 0, 1000)).slice(before);
    expect(outcomes.map(({ chosen }) => chosen)).toEqual([first.shown[0], second.shown[1]]);
    const wrong = [
      { requestId: first.requestId, kind: "none", itemId: first.shown[0] },
      { requestId: "00000000-0000-4000-8000-000000000000", kind: "none" },
      { requestId: first.requestId, kind: "click" },
    ];
    expect((await api.call("POST", "/v1/feedback", { feedback: wrong })).body.rejected).toBe(3);
  });
});
