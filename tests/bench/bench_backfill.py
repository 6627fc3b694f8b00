#!/usr/bin/env python3
"""How fast a lifted posture lets flow what waited, and what is new meanwhile.

  bench_backfill.py BUILD [--records N]

A holds N records that B may not have while its country is suspended.  Then
the posture is lifted: records per second durable at B, beside the ratio to
the serial bound of the same run, and how long a record published meanwhile
takes from A's answer to its admission at B.
"""
import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from bench_exchange import indicator, received  # noqa: E402
from bench_latency import (  # noqa: E402
    END, OBJECTS, REQUEST, Control, arrivals, option, percentile)
from daemons import Net, set_in_force, settled, wait_for  # noqa: E402

import struct  # noqa: E402


class Live(threading.Thread):
    """Publishes one record every 50 ms and keeps when A had answered."""

    def __init__(self, inst, first):
        super().__init__()
        self.c = Control(inst.path('state', 'control.sock'))
        self.first, self.answered, self.stop = first, {}, False

    def run(self):
        self.c.send(REQUEST, json.dumps({'v': 1, 'command': 'publish',
                                         'arguments': {'desk': 'ops'}}
                                        ).encode())
        n = 0
        while not self.stop:
            o = indicator(self.first + n).encode()
            self.c.send(OBJECTS, struct.pack('>QHI', n, 1, len(o)) + o)
            r = self.c.reply()
            assert r['ok'] and r['stored'] == 1, r
            self.answered[json.loads(o)['id']] = time.time() * 1000
            n += 1
            time.sleep(0.05)
        self.c.send(END, b'')
        self.c.reply()


def run(build, records):
    net = Net(build, 2)
    failed = True
    try:
        a, b = net.all
        set_in_force(a, {'XB': 'suspended'})
        net.start()
        net.introduce()
        path = os.path.join(net.dir, 'in.jsonl')
        with open(path, 'w', encoding='ascii') as f:
            for i in range(records):
                f.write(indicator(i) + '\n')
        a.ctl('publish', path)
        wait_for(lambda: settled(a), 300, 'all is denied')
        assert received(b) == 0, 'a suspended peer has got records'
        lift = time.monotonic()
        set_in_force(a, {})
        net.apply(a)
        live = Live(a, records)
        live.start()
        wait_for(lambda: received(b) > 0, 60, 'the first is at B', 0.01)
        begin, early = time.monotonic(), received(b)
        wait_for(lambda: received(b) >= records, 900, 'all are at B', 0.02)
        end = time.monotonic()
        live.stop = True
        live.join()
        wait_for(lambda: settled(a), 60, 'settled')
        assert received(b) == records + len(live.answered)
        there = arrivals(b, a.id)
        late = [there[i] - t for i, t in live.answered.items()]
        bound = json.loads(subprocess.check_output(
            [os.path.join(build, 'tests/bench/bench_bound'), net.dir]))
        failed = False
    finally:
        net.close(failed)
    rate = (records - early) / (end - begin)
    ratio = rate / bound['bound_per_second']
    p99 = percentile(late, .99)
    print('backfill, %d records waited' % records)
    print('  durable at peer  %9.0f records/s, %.2f of the serial bound B '
          '(goal >= 0.60) %s' % (rate, ratio,
                                 'PASS' if ratio >= 0.6 else 'MISS'))
    print('  lift to the last %9.1f s' % (end - lift))
    print('  live meanwhile   %9d records, p50 %.0f ms, p99 %.0f ms '
          '(goal <= 200) %s' % (len(late), percentile(late, .5), p99,
                                'PASS' if p99 <= 200 else 'MISS'))


if __name__ == '__main__':
    run(sys.argv[1], option('--records', 50000))
