import { useState } from "preact/hooks";
import { go, hrefOf, hrefWith } from "../address/address.js";
import { Badge, Button, Card, Empty, Field, When } from "../parts/parts.js";
import { counted } from "../parts/numbers.js";
import { eventKey, type PastItem, type Preview } from "./ask-state.js";

/** The history that the answer was given by; leaving an event out or adding an item asks again beside it. */
export function HistoryCard({ preview, params }: { readonly preview: Preview; readonly params: URLSearchParams }) {
  const left = new Set(params.getAll("without"));
  const added = params.getAll("plus");
  const newest = [...preview.history].reverse();
  return (
    <Card
      title="The history behind it"
      note={
        preview.history.length === 0
          ? undefined
          : `${counted(preview.history.length, "event")}, newest first. Leave one out, or add an item, to see what changes.`
      }
    >
      {newest.length === 0 && (
        <Empty title="No history">
          {preview.knownUser ? "This user has done nothing yet." : "The store knows no events of this asker."}
        </Empty>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul class="history" tabIndex={0} aria-label="History, newest first">
        {added.map((itemId, at) => (
          <li key={`plus ${itemId}`}>
            <span>
              <Badge mood="good">added</Badge> {itemId}
            </span>
            <Button
              kind="quiet"
              onClick={() =>
                go(
                  withList(
                    "plus",
                    added.filter((_, place) => place !== at),
                  ),
                )
              }
            >
              Undo<span class="soft"> adding {itemId}</span>
            </Button>
          </li>
        ))}
        {newest.map((event, place) => (
          <PastEvent key={`${eventKey(event)} ${place}`} event={event} left={left} />
        ))}
      </ul>
      <AddItem added={added} />
    </Card>
  );
}

function PastEvent({ event, left }: { readonly event: PastItem; readonly left: ReadonlySet<string> }) {
  const key = eventKey(event);
  const isLeft = left.has(key);
  const toggled = isLeft ? [...left].filter((one) => one !== key) : [...left, key];
  const name = event.title === "" ? event.itemId : event.title;
  return (
    <li>
      <span>
        {isLeft ? <s>{name}</s> : name}{" "}
        {event.role !== "positive" && <Badge mood={event.role === "negative" ? "bad" : ""}>{event.role}</Badge>}{" "}
        <span class="soft">
          <When at={event.time} />
        </span>
      </span>
      <Button
        kind="quiet"
        aria-label={isLeft ? `Put ${name} back` : `Leave ${name} out`}
        onClick={() => go(withList("without", toggled))}
      >
        {isLeft ? "Put back" : "Leave out"}
      </Button>
    </li>
  );
}

function AddItem({ added }: { readonly added: readonly string[] }) {
  const [item, setItem] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (item.trim() !== "") go(withList("plus", [...added, item.trim()]));
        setItem("");
      }}
    >
      <Field label="Add an item as if it had just been chosen">
        {(id) => (
          <input id={id} value={item} placeholder="item id" onInput={(event) => setItem(event.currentTarget.value)} />
        )}
      </Field>
      <Button type="submit">Add</Button>
    </form>
  );
}

/** The present address with all values of a parameter replaced. */
function withList(name: string, values: readonly string[]): string {
  const { search } = new URL(hrefWith({}), location.origin);
  const params = new URLSearchParams(search);
  params.delete(name);
  for (const value of values) params.append(name, value);
  return hrefOf("ask", params);
}
