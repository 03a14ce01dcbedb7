import { go, hrefOf, hrefWith, useAddress } from "../address/address.js";
import { api, bodyOf } from "../client/client.js";
import { useAnswer } from "../client/use-answer.js";
import { useModels } from "../models/use-models.js";
import { Answer, Button, Card, Empty, Page } from "../parts/parts.js";
import { AnswerCard } from "./answer-card.js";
import { AskForm } from "./ask-form.js";
import { isAskable, isCompared, isEdited, previewOf, type Preview } from "./ask-state.js";
import { HistoryCard } from "./history-card.js";
import { Steps } from "./steps.js";

/** Ask for a person, a session or a place, and see the answer with all that led to it. */
export function AskPage() {
  const { params } = useAddress();
  const models = useModels();
  return (
    <Page
      title="Ask"
      intro="See what somebody would be shown, and why. Nothing here is recorded as shown."
      actions={
        isAskable(params) &&
        (isCompared(params) ? (
          <Button onClick={() => go(withoutSecond(params))}>Show one answer</Button>
        ) : (
          <Button onClick={() => go(hrefWith({ compare: "1" }))}>Compare side by side</Button>
        ))
      }
    >
      <div class="ask">
        <AskForm key={params.get("user") ?? ""} params={params} models={models.value ?? []} />
        {isAskable(params) ? (
          <Answers params={params} />
        ) : (
          <Empty title="Nobody is asked for yet">Type a user, or a few items of a session, and ask.</Empty>
        )}
      </div>
    </Page>
  );
}

function withoutSecond(params: URLSearchParams): string {
  const kept = new URLSearchParams(params);
  for (const name of ["version2", "policy2", "compare", "without", "plus"]) kept.delete(name);
  return hrefOf("ask", kept);
}

function Answers({ params }: { readonly params: URLSearchParams }) {
  const first = usePreview(params, 1);
  const second = usePreview(params, 2);
  return (
    <div class="stack" aria-live="polite">
      <div class="sides">
        <Answer of={first}>
          {(preview) => <AnswerCard title={isCompared(params) ? "As it is" : "The answer"} preview={preview} />}
        </Answer>
        {isCompared(params) && (
          <Answer of={second}>
            {(preview) => (
              <AnswerCard
                title={isEdited(params) ? "With the changed history" : "The other answer"}
                preview={preview}
                before={first.value?.slate.items ?? []}
              />
            )}
          </Answer>
        )}
      </div>
      {first.value !== undefined && (
        <div class="sides">
          <HistoryCard preview={first.value} params={params} />
          <Card title="From the catalogue to the answer">
            <Steps preview={first.value} />
          </Card>
        </div>
      )}
    </div>
  );
}

function usePreview(params: URLSearchParams, side: 1 | 2) {
  const request = side === 2 && !isCompared(params) ? undefined : previewOf(params, side);
  return useAnswer<Preview>(JSON.stringify(request ?? null), () =>
    request === undefined ? new Promise(() => undefined) : bodyOf(api.v1.previews.$post({ json: request })),
  );
}
