#!/usr/bin/env python3
"""How fast stored records cross to an empty peer, against bounds of the run.

  bench_exchange.py BUILD [--records N]

A holds N records, B is empty; two real daemons, real TLS, loopback.  Prints
records per second durable at B, CPU time per record of each process, bytes on
disk per record, and the ratios to the serial bound that bench_bound measures
in the same run (one JSON parse, one bare SQLite row, one TLS read each).
"""
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import TLP_GREEN, Net, wait_for, settled  # noqa: E402

TICK = os.sysconf('SC_CLK_TCK')


def indicator(n):
    """One indicator of about 875 bytes, as one line."""
    return json.dumps({
        'type': 'indicator', 'spec_version': '2.1',
        'id': 'indicator--%08x-1111-4111-8111-%012x' % (n, n * 7919 % 2**48),
        'created_by_ref': 'identity--c6d30005-c8c8-40a8-8bf3-4965aa5cd87a',
        'created': '2026-01-11T05:53:16.309Z',
        'modified': '2026-01-11T05:53:16.309Z',
        'name': 'bench: domain %d' % n,
        'description': 'A domain that a list of hosts published because '
                       'they deliver malware; it stands here for a '
                       'description of common length, neither short nor '
                       'very long.',
        'indicator_types': ['malicious-activity'],
        'pattern': "[domain-name:value = 'host-%d.example.com']" % n,
        'pattern_type': 'stix', 'pattern_version': '2.1',
        'valid_from': '2026-01-11T05:53:16.309Z',
        'labels': ['ioc', 'bench'], 'confidence': 60,
        'external_references': [{
            'source_name': 'bench',
            'url': 'https://example.org/lists/%d' % n}],
        'object_marking_refs': [TLP_GREEN]})


def cpu_seconds(pid):
    with open('/proc/%d/stat' % pid, encoding='ascii') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def processes(inst):
    """name -> pid of the supervisor, the vault and the session."""
    found, todo = {}, [inst.pid()]
    while todo:
        pid = todo.pop()
        with open('/proc/%d/comm' % pid, encoding='ascii') as f:
            found[f.read().strip()] = pid
        with open('/proc/%d/task/%d/children' % (pid, pid),
                  encoding='ascii') as f:
            todo += [int(c) for c in f.read().split()]
    return found


def received(inst):
    return inst.ask('status')['store']['records']


def run(build, records):
    net = Net(build, 2)
    failed = True
    try:
        net.start()
        a, b = net.all
        path = os.path.join(net.dir, 'in.jsonl')
        size = 0
        with open(path, 'w', encoding='ascii') as f:
            for i in range(records):
                size += f.write(indicator(i) + '\n')
        begin = time.monotonic()
        a.ctl('publish', path)
        published = records / (time.monotonic() - begin)
        first = {(i.id, n): cpu_seconds(p) for i in net.all
                 for n, p in processes(i).items()}
        for inst, other in ((a, b), (b, a)):
            inst.add_peer(other)
        # From the first record that is seen at B to the last.
        wait_for(lambda: received(b) > 0, 60, 'the first is at B', 0.01)
        begin, early = time.monotonic(), received(b)
        wait_for(lambda: received(b) >= records, 900, 'all are at B', 0.05)
        rate = (records - early) / (time.monotonic() - begin)
        cpu = {(i.id, n): cpu_seconds(p) - first.get((i.id, n), 0)
               for i in net.all for n, p in processes(i).items()}
        wait_for(lambda: settled(a), 60, 'settled')
        time.sleep(2)
        disk = b.ask('status')['store']['bytes']
        bound = json.loads(subprocess.check_output(
            [os.path.join(build, 'tests/bench/bench_bound'), net.dir]))
        failed = False
    finally:
        net.close(failed)
    report(records, rate, published, cpu, disk / size, bound)


def report(records, rate, published, cpu, disk, bound):
    goal = rate / bound['bound_per_second']
    print('exchange, %d records' % records)
    print('  publish          %9.0f records/s' % published)
    print('  durable at peer  %9.0f records/s' % rate)
    print('  serial bound B   %9.0f records/s (parse %.1f us, row %.1f us, '
          'TLS %.1f us)' % (bound['bound_per_second'], bound['parse_us'],
                            bound['row_us'], bound['tls_us']))
    print('  ratio to B       %9.2f  (goal >= 0.60) %s' % (
        goal, 'PASS' if goal >= 0.6 else 'MISS'))
    print('  bytes on disk    %9.2f x the record  (goal <= 1.30) %s' % (
        disk, 'PASS' if disk <= 1.3 else 'MISS'))
    for (inst, name), s in sorted(cpu.items()):
        print('  %-8s %-15s %6.1f us CPU per record' % (
            inst, name, s / records * 1e6))


if __name__ == '__main__':
    n = 50000
    if '--records' in sys.argv:
        n = int(sys.argv[sys.argv.index('--records') + 1])
    run(sys.argv[1], n)
