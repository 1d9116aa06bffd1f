"""What the scripts for SecretFlow's `spu` share: parties as processes, and what each of them used."""

import multiprocessing
import queue
import resource
import socket
import time

WAIT_SECONDS = 3600


def link_of(rank, ports, alone=False):
    """The connection of one party: brpc over loopback, or none if it works alone."""
    import spu.libspu.link as link

    desc = link.Desc()
    desc.recv_timeout_ms = WAIT_SECONDS * 1000
    for number, port in enumerate(ports[:1] if alone else ports):
        desc.add_party(f"party{number}", f"127.0.0.1:{port}")
    return link.create_mem(desc, 0) if alone else link.create_brpc(desc, rank)


def loopback_bytes():
    """Bytes that this machine has sent over loopback so far."""
    with open("/proc/net/dev") as devices:
        for line in devices:
            name, _, numbers = line.partition(":")
            if name.strip() == "lo":
                return int(numbers.split()[8])
    return 0


def run(work, ranks, *arguments):
    """Runs `work(link, rank, *arguments)`, which returns the size of the intersection or None, in a
    process for each rank; gives CPU seconds, wall seconds and peak memory of the call of each.

    Starting Python and loading the library are not counted."""
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    ready = context.Barrier(len(ranks))
    ports = [free_port(), free_port()]
    before = loopback_bytes()
    parties = [
        context.Process(target=_party, args=(work, rank, ports, len(ranks) == 1, ready, done, arguments))
        for rank in ranks
    ]
    for party in parties:
        party.start()
    results = {}
    while len(results) < len(ranks):
        try:
            rank, result = done.get(timeout=1)
            results[rank] = result
        except queue.Empty:
            # A crash of the native library leaves nothing in the queue.
            if any(party.exitcode not in (None, 0) for party in parties):
                for party in parties:
                    party.terminate()
                raise SystemExit("a party ended without a result")
    for party in parties:
        party.join(20)
    errors = [result["error"] for result in results.values() if "error" in result]
    if errors:
        raise SystemExit(errors[0])
    return {"parties": results, "wire_bytes": loopback_bytes() - before}


def _party(work, rank, ports, alone, ready, done, arguments):
    try:
        link = link_of(rank, ports, alone)
        ready.wait()
        cpu, wall = time.process_time(), time.perf_counter()
        count = work(link, rank, *arguments)
        result = {
            "cpu_s": time.process_time() - cpu,
            # The library has `sort` do a part. It is shown, and not counted.
            "children_cpu_s": children_cpu(),
            "wall_s": time.perf_counter() - wall,
            "rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "hits": count,
        }
        if not alone:
            link.stop_link()
    except Exception as error:  # reported to the parent, which ends
        result = {"error": str(error)[:300]}
    done.put((rank, result))


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
