"""Decoders are built by one thread at a time: two at once crash the process, so a process of its own tries it."""

import subprocess
import sys

PROGRAM = """
import sys, threading
from hub.fhir.codec import parse
from hub.fhir.models import struct_for

sys.setswitchinterval(1e-6)
KINDS = ("Patient", "Organization", "Observation", "Encounter", "Condition", "Task", "Flag", "Device")
BODY = (
    '{"resourceType":"%s","id":"a","meta":{"versionId":"1","security":[{"system":"s","code":"c"}]},'
    '"extension":[{"url":"http://x.example","valueReference":{"reference":"Patient/1",'
    '"identifier":{"system":"http://a.example","value":"b","assigner":{"display":"x"}}}}],'
    '"identifier":[{"system":"http://a.example","value":"b","type":{"coding":[{"code":"c"}],"text":"t"}}]}'
)
for kind in KINDS:
    struct_for(kind)
start = threading.Barrier(len(KINDS))

def work(kind):
    start.wait()
    for _ in range(100):
        try:
            parse((BODY % kind).encode(), kind)
        except Exception:
            pass

threads = [threading.Thread(target=work, args=(kind,)) for kind in KINDS]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_meet_resource_types_at_the_same_time_do_not_crash_the_process():
    command = [sys.executable, "-c", PROGRAM]

    done = subprocess.run(command, check=False, capture_output=True, timeout=60)

    assert done.stderr == b""
    assert done.returncode == 0
