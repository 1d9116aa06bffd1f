"""OpenMined PSI: openmined.py FOLDER REPEATS. The folder holds server.csv and client.csv, one column
`id`. One process plays both sides; prints one line of JSON with the CPU seconds of each step."""

import json
import resource
import sys
import time

import private_set_intersection.python as psi

# Chance of any false hit in a query. Ours is 2^-40 a look-up.
FALSE_HITS = 1e-9


def read(path):
    with open(path) as file:
        return file.read().split("\n")[1:-1]


def timed(work):
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


def both(one, other):
    return {key: one[key] + other[key] for key in one}


if __name__ == "__main__":
    folder, repeats = sys.argv[1], int(sys.argv[2])
    listed, asked = read(f"{folder}/server.csv"), read(f"{folder}/client.csv")
    server = psi.server.CreateWithNewKey(True)
    setup, prepare = timed(
        lambda: server.CreateSetupMessage(FALSE_HITS, len(asked), listed, psi.DataStructure.GCS)
    )
    answers, asks = [], []
    for _ in range(repeats):
        client = psi.client.CreateWithNewKey(True)
        request, first = timed(lambda: client.CreateRequest(asked))
        response, answer = timed(lambda: server.ProcessRequest(request))
        hits, second = timed(lambda: client.GetIntersection(setup, response))
        answers.append(answer)
        asks.append(both(first, second))
    print(
        json.dumps(
            {
                "prepare": prepare,
                "answer": answers,
                "ask": asks,
                "hits": len(hits),
                "set_bytes": setup.ByteSize(),
                "wire_bytes": request.ByteSize() + response.ByteSize(),
                "rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )
