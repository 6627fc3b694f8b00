#!/usr/bin/env python3
"""Exports: what a desk may see as files that its tools read."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import (  # noqa: E402
    TLP_GREEN, Net, crash, equal, indicator, main, wait_for, write_lines)

PAP_GREEN = 'marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9'
CIRCLES = '''  - {id: out-net, out: {circle: net}, kind: [botnet], for: [secops],
     tlp: <=green, cap: {hops: 0}}
circles:
  net: {members: [%s], foci: [botnet], charter: "sha256:7c1e", quorum: 1}
  far: {members: [%s], foci: [vuln], charter: "sha256:7c1f", quorum: 1}
''' % (('cert-xb',) * 2)
BLOCKING = ('rpz', 'hosts', 'nftables')


def green(n, **more):
    """An indicator that may be used for blocking too."""
    return indicator(n, object_marking_refs=[TLP_GREEN, PAP_GREEN], **more)


def give_fusion(inst):
    """A second desk, on the other side of the wall."""
    path = inst.path('config', 'policy.yaml')
    with open(path, encoding='utf-8') as f:
        text = f.read()
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace('desks: {ops: [secops]}}\npurposes',
                             'desks: {ops: [secops], fusion: [intel]}}'
                             '\npurposes'))


def desks(function):
    """Run it with two daemons that have the desks ops and fusion."""
    def run(build):
        net = Net(build, 2, CIRCLES)
        failed = True
        for inst in net.all:
            give_fusion(inst)
        try:
            net.start()
            function(net, net.all[0])
            failed = False
        finally:
            crashes = net.close(failed)
        equal(crashes, [], 'crashes')
    return run


def publish(net, inst, objects, desk='ops'):
    inst.ctl('publish', '--desk', desk, write_lines(
        os.path.join(net.dir, 'in.jsonl'), objects))


def export(net, inst, form, *args, desk='ops'):
    """The file, and what --json says of it."""
    path = os.path.join(net.dir, 'out.' + form)
    r = inst.ask('export', '--format', form, '--desk', desk, '--output',
                 path, *args)
    with open(path, encoding='utf-8', newline='') as f:
        return f.read(), r


def consumer(*args):
    """Run it if it is installed: exit status and what it says, or None."""
    path = shutil.which(args[0]) or shutil.which('/usr/sbin/' + args[0])
    if path is None:
        print('skipped: %s is not installed' % args[0])
        return None
    p = subprocess.run([path, *args[1:]], capture_output=True, timeout=60,
                       check=False)
    return p.returncode, (p.stdout + p.stderr).decode()


@desks
def test_consumers_read_them(net, a):
    ip = "[ipv4-addr:value = '%s']"
    publish(net, a, [green(i) for i in range(20)] + [
        green(100, pattern=ip % '198.51.100.7'),
        green(101, pattern=ip % '198.51.100.0/25'),
        green(102, pattern=ip % '203.0.113.1'),
        green(103, pattern="[ipv6-addr:value = '2001:db8::/48']"),
        green(104, pattern="[domain-name:value = 'x.example\\n* CNAME .']"),
        green(105, pattern="[domain-name:value = '_dmarc.a--b.example']")])
    text, r = export(net, a, 'rpz')
    equal(r['entries'], 21, 'names in the zone')
    path = os.path.join(net.dir, 'out.rpz')
    got = consumer('named-checkzone', 'comity.rpz', path)
    if got is not None:
        equal(got[0], 0, got[1])
        assert 'loaded serial' in got[1], got
    text, r = export(net, a, 'nftables')
    equal(r['entries'], 4, 'addresses')
    assert '198.51.100.7' not in text, text
    got = consumer('nft', '-c', '-f', os.path.join(net.dir, 'out.nftables'))
    if got is not None and 'not permitted' in got[1].lower():
        print('skipped: nft may not look at the kernel here')
    elif got is not None:
        equal(got[0], 0, got[1])
    for form, program in (('stix', '.objects | length'),
                          ('jsonl', '.id')):
        export(net, a, form)
        got = consumer('jq', program, os.path.join(net.dir, 'out.' + form))
        if got is not None:
            equal(got[0], 0, got[1])
    text, r = export(net, a, 'hosts')
    equal(len(text.splitlines()), 21, 'hosts')
    assert all(line.startswith('0.0.0.0 ') and len(line.split()) == 2
               for line in text.splitlines()), text


@desks
def test_stix_comes_back_byte_by_byte(net, a):
    odd = json.dumps(green(1))[:-1] + ', "x_b" : [1.50, "\\u00e9\u00e9"],' \
        '"x_a":  {"z":1,"a":1e3}}'
    lines = [json.dumps(green(i)) for i in range(2, 40)] + [odd]
    publish(net, a, lines)
    text, r = export(net, a, 'jsonl')
    equal(sorted(text.splitlines()), sorted(lines), 'the lines')
    bundle, r = export(net, a, 'stix')
    equal(r['entries'], 39, 'objects')
    assert all(line in bundle for line in lines)
    path = os.path.join(net.dir, 'out.stix')
    b = net.all[1]
    b.ctl('publish', '--desk', 'ops', path)
    # The same: nothing is written.
    before = os.stat(path)
    again, r = export(net, b, 'stix')
    equal(again, bundle, 'the bundle of who read it')
    equal(r['changed'], False, 'changed')
    equal(os.stat(path).st_ino, before.st_ino, 'the file')


@desks
def test_nothing_is_blocked_without_right(net, a):
    past, future = '2026-01-02T00:00:00Z', '2099-01-01T00:00:00Z'
    publish(net, a, [
        green(1), indicator(2), green(3, valid_until=past),
        green(4, valid_from=future), green(5, revoked=True),
        green(6, indicator_types=['benign']),
        green(7, pattern="[domain-name:value = 'h7.example.net' AND "
              "domain-name:value != 'x.example']")])
    publish(net, a, [green(8)])
    publish(net, a, [green(8, modified='2026-02-01T00:00:00.000Z',
                           pattern="[domain-name:value = 'new.example']")])
    for form in BLOCKING[:2]:
        text, r = export(net, a, form)
        equal([w for w in ('h1.', 'h2.', 'h3.', 'h4.', 'h5.', 'h6.', 'h7.',
                           'h8.', 'new.') if w in text], ['h1.', 'new.'],
              form)
        equal(r['left_out'], {
            'pap': 1, 'expired': 1, 'not-yet-valid': 1, 'revoked': 1,
            'superseded': 1, 'benign': 1, 'conditions': 1}, 'left out')
    text, r = export(net, a, 'suricata', '--use', 'block')
    assert 'h2.' not in text and 'drop dns' in text, text
    # Detection is within PAP:AMBER.
    text, r = export(net, a, 'suricata')
    assert 'h2.' in text and 'alert dns' in text, text
    text, r = export(net, a, 'list', '--use', 'block')
    equal(text.split(), ['h1.example.net', 'new.example'], 'list')
    text, r = export(net, a, 'jsonl', '--versions')
    equal(r['entries'], 9, 'every version')
    for args in (('--format', 'rpz', '--use', 'detect'),
                 ('--format', 'rpzz'), (), ('--format', 'rpz', '--watch'),
                 ('--format', 'rpz', '--kind', 'nonsense'),
                 ('--format', 'rpz', '--desk', 'nobody'),
                 ('--format', 'list', '--use', 'nonsense'),
                 ('--format', 'list', '--age', 'long'),
                 ('--format', 'list', '--confidence', '101'),
                 ('--format', 'nftables', '--name', 'a; flush ruleset')):
        p = a.ctl_run('export', *args)
        equal(p.returncode, 2, '%r: %r' % (args, p.stderr))


@desks
def test_a_desk_gets_its_own(net, a):
    publish(net, a, [green(i) for i in range(5)])
    for form in ('stix', 'jsonl', 'csv', 'list', 'suricata', 'zeek'):
        args = ('--use', 'collect') if form in ('suricata', 'zeek') else ()
        text, r = export(net, a, form, *args, desk='fusion')
        equal((r['entries'], r['left_out']), (0, {}), form)
        assert 'example' not in text, text
    # Blocking is no use of that desk, whatever it sees.
    publish(net, a, [indicator(9)], desk='fusion')
    text, r = export(net, a, 'rpz', desk='fusion')
    equal(r['entries'], 0, 'entries')
    assert 'h9' not in text, text
    text, r = export(net, a, 'list', desk='fusion')
    equal(text, 'h9.example.net\n', 'its own')


@desks
def test_filters(net, a):
    publish(net, a, [
        green(1, labels=['botnet', 'mirai'], confidence=90),
        green(2, labels=['botnet'], confidence=50),
        green(3, labels=['ioc']),
        {'type': 'identity', 'spec_version': '2.1', 'name': 'x',
         'id': 'identity--0c1f2e3d-0000-4000-8000-000000000001',
         'created': '2026-01-01T00:00:00.000Z',
         'modified': '2026-01-01T00:00:00.000Z',
         'object_marking_refs': [TLP_GREEN, PAP_GREEN]}])

    def names(*args):
        text, r = export(net, a, 'jsonl', *args)
        return [json.loads(line)['name'][:2] for line in text.splitlines()]
    equal(sorted(names('--kind', 'botnet')), ['h1', 'h2'], 'kind')
    equal(sorted(names('--kind', 'botnet', '--kind', 'ioc')),
          ['h1', 'h2', 'h3'], 'kinds')
    equal(names('--tag', 'mirai'), ['h1'], 'tag')
    equal(names('--confidence', '60'), ['h1'], 'confidence')
    equal(names('--type', 'identity'), ['x'], 'type')
    equal(sorted(names('--circle', 'net')), ['h1', 'h2'], 'circle')
    equal(names('--circle', 'far'), [], 'another circle')
    p = a.ctl_run('export', '--format', 'list', '--circle', 'nothing')
    equal(p.returncode, 2, p.stderr)
    equal(len(names('--age', '1h')), 4, 'age')
    time.sleep(0.05)
    equal(names('--age', '1ms'), [], 'too old')


def ask_raw(inst, command, **arguments):
    """One request on the control socket, whatever is in it."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(inst.path('state', 'control.sock'))
        text = json.dumps({'v': 1, 'command': command,
                           'arguments': arguments}).encode()
        s.sendall(struct.pack('>IBxxx', len(text), 96) + text)
        with s.makefile('rb') as f:
            n, _ = struct.unpack('>IBxxx', f.read(8))
            return json.loads(f.read(n))


@desks
def test_no_filter_means_all_by_mistake(net, a):
    publish(net, a, [green(1)])
    for command in ('export', 'watch'):
        for wrong in ({'kind': 'ioc'}, {'kind': [1]}, {'tag': {}},
                      {'type': ['x'] * 65}, {'confidence': '60'},
                      {'confidence': 101}, {'confidence': -1},
                      {'age_ms': 1.5}, {'use': 1}, {'use': 'nonsense'},
                      {'circle': []}, {'circle': 'nonsense'}, {'desk': 1},
                      {'desk': 'nobody'}, {'since': 1}, {'since': 'e-1'},
                      {'since': 'e01'}, {'since': 'w.0'}, {'since': ''},
                      {'nonsense': 1}):
            r = ask_raw(a, command, **dict({'desk': 'ops'}, **wrong))
            equal((r['ok'], r.get('code')), (False, 'ERR_USAGE'),
                  '%s %r: %r' % (command, wrong, r))
    equal(ask_raw(a, 'watch')['code'], 'ERR_USAGE', 'no desk')
    # Long answers come in pages, each within its frame.
    big = [green(i, description='"' * 130000) for i in range(10, 16)]
    publish(net, a, big)
    seen, since, pages = [], {}, 0
    while since is not None:
        r = ask_raw(a, 'export', desk='ops', **since)
        seen += [json.loads(x['object'])['name'] for x in r['records']]
        since = {'since': r['next']} if 'next' in r else None
        pages += 1
    equal(sorted(seen), sorted(o['name'] for o in [green(1)] + big), 'all')
    assert pages > 2, pages


@desks
def test_watch_keeps_it_up_to_date(net, a):
    path = os.path.join(net.dir, 'zone')
    publish(net, a, [green(1)])
    p = subprocess.Popen(
        [os.path.join(net.build, 'daemon', 'ctl', 'comityctl'), '-C', a.dir,
         '--json', 'export', '--format', 'rpz', '--desk', 'ops', '--output',
         path, '--watch'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def has(*names):
        try:
            with open(path, encoding='utf-8') as f:
                text = f.read()
        except FileNotFoundError:
            return False
        # Whole at every moment.
        assert text.startswith('$TTL') and text.endswith('.\n'), text
        return all((n in text) == there for n, there in names)
    try:
        wait_for(lambda: has(('h1.', True)), 30, 'the first file')
        publish(net, a, [green(2)])
        wait_for(lambda: has(('h1.', True), ('h2.', True)), 30, 'the second')
        crash(a)
        publish(net, a, [green(3)])
        wait_for(lambda: has(('h3.', True)), 60, 'what came after kill -9')
        a.ctl('recall', green(1)['id'], '--reason', 'wrong', '--yes')
        wait_for(lambda: has(('h1.', False), ('h3.', True)), 30,
                 'what was recalled is gone')
    finally:
        p.send_signal(signal.SIGTERM)
        out, err = p.communicate(timeout=30)
    equal(p.returncode, 0, err)
    told = [json.loads(line) for line in out.decode().splitlines()]
    equal([t['entries'] for t in told][-1], 2, 'entries')
    assert len(told) >= 4, told
    equal([n for n in os.listdir(net.dir) if n.startswith('zone')], ['zone'],
          'nothing is left behind')


class Watch:
    """comityctl watch, its lines as they come."""

    def __init__(self, net, inst, *args):
        self.out = os.path.join(net.dir, 'watch.%d' % time.monotonic_ns())
        with open(self.out, 'wb') as f:
            self.process = subprocess.Popen(
                [os.path.join(net.build, 'daemon', 'ctl', 'comityctl'), '-C',
                 inst.dir, 'watch', '--desk', 'ops', *args], stdout=f,
                stderr=subprocess.PIPE)

    def lines(self):
        with open(self.out, encoding='utf-8') as f:
            return [json.loads(line) for line in f
                    if line.endswith('\n')]

    def names(self):
        return [line['object']['name'] for line in self.lines()]

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        err = self.process.communicate(timeout=30)[1]
        if how != signal.SIGKILL:
            equal(self.process.returncode, 0, err)
        return self.lines()


@desks
def test_watch_loses_and_repeats_nothing(net, a):
    publish(net, a, [green(i) for i in range(3)])
    new = Watch(net, a)
    every = Watch(net, a, '--since', 'start')
    wait_for(lambda: len(every.lines()) == 3, 30, 'what was there')
    publish(net, a, [green(i) for i in range(3, 400)])
    publish(net, a, [indicator(1000)], desk='fusion')
    wait_for(lambda: len(every.lines()) > 100, 30, 'the first lines')
    crash(a)
    publish(net, a, [green(i) for i in range(400, 500)])
    want = {green(i)['name'] for i in range(500)}
    wait_for(lambda: set(every.names()) == want, 60, 'all of them')
    # The reader dies, and goes on where its last line was.
    cut = every.end(signal.SIGKILL)[249]['cursor']
    equal(len(every.names()), 500, 'each once')
    again = Watch(net, a, '--since', cut, '--tag', 'ioc')
    wait_for(again.lines, 30, 'it goes on')
    crash(a)
    wait_for(lambda: len(again.lines()) >= 250, 60, 'the rest')
    time.sleep(1)
    equal(again.names(), every.names()[250:], 'from where it was')
    again.end(signal.SIGTERM)
    got = new.end()
    equal({g['object']['name'] for g in got},
          want - {green(i)['name'] for i in range(3)}, 'only what was new')
    for args in (('--since', 'nonsense'), ('--since', cut + '0'),
                 ('--circle', 'net', '--since', cut),
                 ('--desk', 'fusion', '--since', cut)):
        p = a.ctl_run('watch', *(args if '--desk' in args else
                                 ('--desk', 'ops') + args))
        equal(p.returncode, 2, '%r: %r' % (args, p.stderr))


@desks
def test_watch_ends_with_its_reader(net, a):
    publish(net, a, [green(1)])
    p = subprocess.Popen(
        [os.path.join(net.build, 'daemon', 'ctl', 'comityctl'), '-C', a.dir,
         'watch', '--desk', 'ops', '--since', 'start'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = json.loads(p.stdout.readline())
    equal((line['object'], line['kind'], line['tlp'], line['pap'],
           line['source']), (green(1), 'ioc', 'green', 'green', a.id),
          'the line')
    p.stdout.close()
    p.wait(timeout=10)
    equal((p.returncode, p.stderr.read()), (0, b''), 'how it ends')
    p.stderr.close()


if __name__ == '__main__':
    main(globals())
