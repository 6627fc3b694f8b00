#!/usr/bin/env python3
"""How long a record takes from the publisher's commit to the peer's store.

  bench_latency.py BUILD [--peers N] [--seconds S] [--rate R]

Publishes R records a second at A over its control socket and compares when A
had answered for each with when B says that it received it: the moment B
admits it, in whole milliseconds, just before its own commit.  So a figure can
be below zero, and B's sync is not in it.  Prints the median and the 99th percentile against append +
fdatasync of the same run, twice (A's disk and B's).
"""
import calendar
import json
import os
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from bench_exchange import indicator  # noqa: E402
from daemons import Net, settled, wait_for  # noqa: E402

REQUEST, REPLY, OBJECTS, END = 96, 97, 98, 99


class Control:
    """One connection to a control socket (comityctl(1), CONTROL SOCKET)."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(30)
        self.s.connect(path)

    def send(self, kind, payload):
        self.s.sendall(struct.pack('>IB3x', len(payload), kind) + payload)

    def reply(self):
        head = self.read(8)
        length, kind = struct.unpack('>IB3x', head)
        assert kind == REPLY, kind
        return json.loads(self.read(length))

    def read(self, n):
        data = b''
        while len(data) < n:
            got = self.s.recv(n - len(data))
            assert got, 'the daemon closed the connection'
            data += got
        return data


def publish(inst, rate, seconds):
    """id -> milliseconds at which A had answered for it."""
    c = Control(inst.path('state', 'control.sock'))
    c.send(REQUEST, json.dumps({'v': 1, 'command': 'publish', 'arguments': {
        'desk': 'ops'}}).encode())
    answered, n, step = {}, 0, max(1, rate // 100)
    begin = time.monotonic()
    while n < rate * seconds:
        objects = [indicator(n + i).encode() for i in range(step)]
        payload = struct.pack('>QH', n, step)
        for o in objects:
            payload += struct.pack('>I', len(o)) + o
        c.send(OBJECTS, payload)
        r = c.reply()
        now = time.time() * 1000
        assert r['ok'] and r['stored'] == step, r
        for o in objects:
            answered[json.loads(o)['id']] = now
        n += step
        time.sleep(max(0, begin + n / rate - time.monotonic()))
    c.send(END, b'')
    c.reply()
    return answered


def arrivals(inst, origin):
    """id -> milliseconds at which the daemon says it received it."""
    found, since = {}, []
    while True:
        page = inst.ask('records', '--source', origin, *since)
        for r in page['records']:
            t = r['received']
            whole = time.strptime(t[:19], '%Y-%m-%dT%H:%M:%S')
            found[r['id']] = calendar.timegm(whole) * 1000 + int(t[20:23])
        if 'next' not in page:
            return found
        since = ['--since', page['next']]


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


def run(build, peers, seconds, rate):
    net = Net(build, peers + 1)
    failed = True
    try:
        net.start()
        net.introduce()
        a = net.all[0]
        answered = publish(a, rate, seconds)
        wait_for(lambda: settled(a), 60, 'settled')
        late = []
        for b in net.all[1:]:
            there = arrivals(b, a.id)
            assert len(there) == len(answered), (len(there), len(answered))
            late += [there[i] - t for i, t in answered.items()]
        bound = json.loads(subprocess.check_output(
            [os.path.join(build, 'tests/bench/bench_bound'), net.dir]))
        failed = False
    finally:
        net.close(failed)
    for name, p, goal in (('p50', .5, 2.5), ('p99', .99, 3.0)):
        ms = percentile(late, p)
        base = 2 * bound['sync_%s_ms' % name]
        print('latency to %d peers at %d/s: %s %.1f ms; 2 x (append + '
              'fdatasync) %.2f ms; ratio %.2f (goal <= %.1f; without the '
              'sync at the peer) %s' % (peers, rate, name, ms, base, ms / base, goal,
                            'PASS' if ms <= goal * base else 'MISS'))


def option(name, default):
    if name in sys.argv:
        return int(sys.argv[sys.argv.index(name) + 1])
    return default


if __name__ == '__main__':
    run(sys.argv[1], option('--peers', 1), option('--seconds', 5),
        option('--rate', 1000))
