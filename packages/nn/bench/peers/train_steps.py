"""Training steps in PyTorch, the same networks, losses and sizes as bench/step-cases.ts.

Reads one JSON request per line, {"case", "dropout", "threads", "ms"}; answers one line {"times": [ms, ...]}; {"about": true}
is answered by what this PyTorch is. The parent process interleaves it with ours.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

ITEMS, WIDTH, BATCH, HEADS, LAYERS, NEGATIVES = 3500, 64, 128, 2, 2, 256
TABLE_ROWS, ROWS_A_STEP = 100_000, 6_400
POOL = 4


class SasRec(nn.Module):
    def __init__(self, length, dropout):
        super().__init__()
        self.items = nn.Embedding(ITEMS, WIDTH)
        self.positions = nn.Parameter(torch.randn(length, WIDTH) * 0.02)
        self.drop = nn.Dropout(dropout)
        block = nn.TransformerEncoderLayer(
            WIDTH, HEADS, dim_feedforward=WIDTH, dropout=dropout, activation="relu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(block, LAYERS, norm=nn.LayerNorm(WIDTH))
        self.register_buffer("mask", torch.triu(torch.full((length, length), float("-inf")), diagonal=1))
        nn.init.normal_(self.items.weight, std=WIDTH**-0.5)

    def forward(self, x):
        return self.encoder(self.drop(self.items(x) + self.positions), mask=self.mask)


class Gru4Rec(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.items = nn.Embedding(ITEMS, WIDTH)
        self.drop = nn.Dropout(dropout)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
        nn.init.normal_(self.items.weight, std=WIDTH**-0.5)

    def forward(self, x):
        return self.gru(self.drop(self.items(x)))[0]


def last_position(net, x, y):
    return F.cross_entropy(net(x)[:, -1] @ net.items.weight.T, y[:, -1])


def all_positions(net, x, y):
    return F.cross_entropy(net(x).reshape(-1, WIDTH) @ net.items.weight.T, y.reshape(-1))


def shared_negatives(net, x, y):
    h, y = net(x).reshape(-1, WIDTH), y.reshape(-1)
    negatives = torch.randint(ITEMS, (NEGATIVES,))
    positive = (h * net.items(y)).sum(1, keepdim=True)
    scores = h @ net.items(negatives).T
    scores = scores.masked_fill(negatives[None, :] == y[:, None], -1e9)
    logits = torch.cat([positive, scores], 1)
    return F.cross_entropy(logits, torch.zeros(len(y), dtype=torch.long))


def network_step(net, length, loss):
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    pool = [(torch.randint(ITEMS, (BATCH, length)), torch.randint(ITEMS, (BATCH, length))) for _ in range(POOL)]
    net.train()
    count = 0

    def step():
        nonlocal count
        x, y = pool[count % POOL]
        count += 1
        optimiser.zero_grad()
        loss(net, x, y).backward()
        optimiser.step()

    return step


def sparse_adam_step():
    table = nn.Parameter(torch.randn(TABLE_ROWS, WIDTH))
    optimiser = torch.optim.SparseAdam([table], lr=1e-3)
    pool = [(torch.randint(TABLE_ROWS, (1, ROWS_A_STEP)), torch.randn(ROWS_A_STEP, WIDTH)) for _ in range(POOL)]
    count = 0

    def step():
        nonlocal count
        rows, values = pool[count % POOL]
        count += 1
        table.grad = torch.sparse_coo_tensor(rows, values, table.shape)
        optimiser.step()

    return step


CASES = {
    "sasrec-last": lambda p: network_step(SasRec(50, p), 50, last_position),
    "sasrec-all": lambda p: network_step(SasRec(50, p), 50, all_positions),
    "sasrec-sampled": lambda p: network_step(SasRec(200, p), 200, shared_negatives),
    "gru4rec": lambda p: network_step(Gru4Rec(p), 50, all_positions),
    "adam-rows": lambda p: sparse_adam_step(),
}


def measure(step, ms):
    step()
    times, end = [], time.perf_counter() + ms / 1000
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    return times


def about():
    """Speed of a plain product on one thread, since a build without a tuned BLAS is ten times slower."""
    torch.set_num_threads(1)
    a, b = torch.randn(768, 768), torch.randn(768, 768)
    ms = min(measure(lambda: a @ b, 200))
    capability = torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else "unknown"
    return {
        "name": "PyTorch",
        "version": torch.__version__,
        "capability": capability,
        "gflops": round(2 * 768**3 / ms / 1e6, 1),
    }


def main():
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "about" in request:
            answer = about()
        else:
            torch.set_num_threads(request["threads"])
            key = (request["case"], request["dropout"])
            if key not in steps:
                steps.clear()
                torch.manual_seed(1)
                steps[key] = CASES[request["case"]](request["dropout"])
            answer = {"times": measure(steps[key], request["ms"])}
        print(json.dumps(answer), flush=True)


main()
