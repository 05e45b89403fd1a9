"""The load generators that bench.py compares: how each is told what to send, and what it reports.

A tool is a row of TOOLS. `paced` and `flat_out` give its command line; None means that it cannot do
that. `p99_ms` reads the 99th percentile from its output; None: it prints none.
"""

import json
import os
import re

SECOND_NS = 1e9


class Job:
    """What a tool is asked for: requests at a rate to a port, or as many as it can for some seconds."""

    def __init__(self, port, rate, seconds, connections, work):
        self.port = port
        self.rate = rate
        self.seconds = seconds
        self.connections = connections
        self.work = work

    @property
    def count(self):
        return int(self.rate * self.seconds)

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port


# Of a closed loop without a duration; about two seconds.
FLAT_OUT_COUNT = 200000


def memgate(program, batch_us):
    def paced(job):
        return [program, str(job.port), str(job.rate), str(job.count), str(job.connections), str(batch_us)]

    def flat_out(job):
        return [program, str(job.port), "0", str(FLAT_OUT_COUNT), str(job.connections), "0"]

    return {"paced": paced, "flat_out": None if batch_us else flat_out, "p99_ms": memgate_p99_ms}


def memgate_values(output):
    return dict(line.split() for line in output.splitlines())


def memgate_p99_ms(output):
    return int(memgate_values(output)["latency_p99_ns"]) / 1e6


def wrk_flat_out(job):
    return ["wrk", "-t1", "-c%d" % job.connections, "-d%gs" % job.seconds, "--latency", job.url]


def wrk_p99_ms(output):
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", output).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def h2load_paced(job):
    each = job.rate / job.connections
    return ["h2load", "--h1", "-t1", "-c%d" % job.connections, "-n%d" % job.count, "--rps=%g" % each, job.url]


def h2load_flat_out(job):
    return ["h2load", "--h1", "-t1", "-c%d" % job.connections, "-n%d" % FLAT_OUT_COUNT, job.url]


def hey_paced(job):
    each = job.rate / job.connections
    return ["hey", "-c", str(job.connections), "-n", str(job.count), "-q", "%g" % each, job.url]


def hey_flat_out(job):
    return ["hey", "-c", str(job.connections), "-n", str(FLAT_OUT_COUNT), job.url]


def hey_p99_ms(output):
    return float(re.search(r"99%+ in ([\d.]+) secs", output).group(1)) * 1e3


K6_SCRIPT = """import http from 'k6/http';
export const options = {summaryTrendStats: ['p(99)'], scenarios: {load: %s}};
export default function () { http.get('%s'); }
"""


def k6_command(program, job, scenario):
    script = os.path.join(job.work, "load.js")
    with open(script, "w", encoding="ascii") as out:
        out.write(K6_SCRIPT % (json.dumps(scenario), job.url))
    return [program, "run", "--quiet", "--no-usage-report", script]


def k6(program):
    def paced(job):
        scenario = {"executor": "constant-arrival-rate", "rate": job.rate, "timeUnit": "1s",
                    "duration": "%gs" % job.seconds, "preAllocatedVUs": job.connections}
        return k6_command(program, job, scenario)

    def flat_out(job):
        scenario = {"executor": "constant-vus", "vus": job.connections, "duration": "%gs" % job.seconds}
        return k6_command(program, job, scenario)

    return {"paced": paced, "flat_out": flat_out, "p99_ms": k6_p99_ms}


def k6_p99_ms(output):
    value, unit = re.search(r"http_req_duration[.:\s]+p\(99\)=([\d.]+)(µs|ms|s)", output).groups()
    return float(value) * {"µs": 1e-3, "ms": 1, "s": 1e3}[unit]


def all_tools(load_bench, k6_program, batch_us):
    """In the order of the tables; k6_program may be None."""
    tools = {
        "memgate": memgate(load_bench, 0),
        "memgate, batches": memgate(load_bench, batch_us),
        "wrk": {"paced": None, "flat_out": wrk_flat_out, "p99_ms": wrk_p99_ms},
        "h2load": {"paced": h2load_paced, "flat_out": h2load_flat_out, "p99_ms": None},
        "hey": {"paced": hey_paced, "flat_out": hey_flat_out, "p99_ms": hey_p99_ms},
    }
    if k6_program:
        tools["k6"] = k6(k6_program)
    return tools
