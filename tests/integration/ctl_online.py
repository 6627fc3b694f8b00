#!/usr/bin/env python3
"""comityctl against a daemon played by this program: what it asks, how it
takes every kind of answer, and what it does when the daemon misbehaves."""
import gzip
import json
import os
import shutil
import socket
import struct
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import Instance, equal, indicator, write_lines  # noqa: E402

REQUEST, REPLY, OBJECTS, END = 96, 97, 98, 99
PEER = {'id': 'cert-xb', 'state': 'ready', 'lag': 0, 'delivered': 7,
        'redacted': 1, 'consulted': 0, 'denied': 2, 'forbidden': 3,
        'received': 0, 'refused': 0, 'unchanged': 0, 'posture': 'normal',
        'trust': {'discretion': 'A', 'reliability': 'B'},
        'last_contact': '2026-01-01T00:00:00.000Z'}
STATUS = {'cert_id': 'cert-xa', 'version': '0', 'uptime_ms': 5000,
          'state': 'ready', 'published': 10, 'peers': [PEER],
          'policy': {'digest': 'ab' * 32, 'generation': 1,
                     'loaded_at': '2026-01-01T00:00:00.000Z',
                     'warnings': ['one']},
          'store': {'records': 1, 'tombstones': 0, 'bytes': 4096,
                    'wal_bytes': 0, 'free_bytes': 1 << 40, 'full': False},
          'libraries': {'openssl': '3.0'}, 'counters': {}}


def frame(kind, payload):
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return struct.pack('>IB3x', len(payload), kind) + payload


def ok(**fields):
    return frame(REPLY, dict({'v': 1, 'ok': True}, **fields))


def refused(code, hint=None):
    r = {'v': 1, 'ok': False, 'code': code, 'error': 'no \x1b[31mway'}
    if hint:
        r['hint'] = hint
    return frame(REPLY, r)


class Vault:
    """Answers each connection by script(this, connection)."""

    def __init__(self, build, script):
        self.dir = tempfile.mkdtemp(prefix='comity-')
        self.inst = Instance(build, os.path.join(self.dir, 'cert-xa'))
        os.makedirs(self.inst.path('state'))
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.inst.path('state', 'control.sock'))
        self.server.listen(8)
        self.script = script
        self.asked = []
        self.frames = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                c = self.server.accept()[0]
            except OSError:
                return
            try:
                self.script(self, c)
            except (ConnectionError, EOFError):
                pass
            c.close()

    def read(self, c):
        head = self.exactly(c, 8)
        n, kind = struct.unpack('>IB3x', head)
        payload = self.exactly(c, n)
        if kind == REQUEST:
            payload = json.loads(payload)
            self.asked.append(payload)
        return kind, payload

    @staticmethod
    def exactly(c, n):
        data = b''
        while len(data) < n:
            more = c.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        shutil.rmtree(self.dir)


def answering(reply):
    def script(vault, c):
        vault.read(c)
        c.sendall(reply)
    return script


def test_status_and_peers(build):
    with Vault(build, answering(ok(**STATUS))) as v:
        equal(v.inst.ask('status')['store']['records'], 1, 'document')
        text = v.inst.ctl('status')
        for word in ('cert-xb', 'ready', 'one', 'openssl 3.0', '1.0 TiB'):
            assert word in text, (word, text)
        equal(v.asked[0], {'v': 1, 'command': 'status', 'arguments': {}},
              'request')
        v.inst.ctl('peers')
        equal(v.asked[-1]['command'], 'peer list', 'peers')


def test_refusals_become_exit_codes(build):
    for code, status in (('ERR_NOT_FOUND', 4), ('ERR_DENIED', 5),
                         ('ERR_USAGE', 2), ('ERR_FULL', 1),
                         ('ERR_TIMEOUT', 6), ('', 1)):
        with Vault(build, answering(refused(code, 'do this'))) as v:
            p = v.inst.ctl_run('show', 'x')
            equal(p.returncode, status, code)
            equal(p.stderr, b'comityctl: show: no \\x1b[31mway\n'
                  b'hint: do this\n', 'text')


def test_daemon_misbehaves(build):
    replies = (b'', b'\0', b'\xff' * 8, struct.pack('>IB3x', 2 << 20, REPLY),
               struct.pack('>IB3x', 10, 5) + b'x' * 10,
               frame(REPLY, b'not JSON'), frame(REPLY, b'[1]'),
               frame(REPLY, b'{"ok":true,"ok":true}'),
               ok(**STATUS)[:-5])
    for reply in replies:
        with Vault(build, answering(reply)) as v:
            p = v.inst.ctl_run('status')
            assert p.returncode in (1, 3), (reply, p)
            assert p.stderr.startswith(b'comityctl: status: '), p.stderr
    # Fields that are missing or of another kind are no reason to fall over.
    with Vault(build, answering(ok(peers=[1, {}, {'trust': 7}],
                                   policy=[]))) as v:
        v.inst.ctl('status')
        v.inst.ctl('consult', 'list')
        v.inst.ctl('log', 'tail')
        v.inst.ctl('records')
        v.inst.ctl('peer', 'show', 'x')


def publisher(refuse=(), quit_after=None):
    """Answers frames late, so that several are under way."""
    def script(vault, c):
        vault.read(c)
        waiting, stored, frames = [], 0, 0
        while True:
            kind, payload = vault.read(c)
            if kind == OBJECTS:
                vault.frames.append(payload)
                waiting.append(struct.unpack('>QH', payload[:10]))
                frames += 1
                if quit_after is not None and frames > quit_after:
                    return
                c.settimeout(0.2)
                try:
                    ready = c.recv(1, socket.MSG_PEEK)
                except socket.timeout:
                    ready = b''
                c.settimeout(None)
                assert len(waiting) <= 4, waiting
                if ready and len(waiting) < 4:
                    continue
            for first, n in waiting:
                bad = [i for i in refuse if first <= i < first + n]
                stored += n - len(bad)
                c.sendall(ok(more=True, first=first, n=n,
                             stored=n - len(bad), unchanged=0, unkeyed=0,
                             refused=[{'index': i, 'id': 'x--1',
                                       'reason': 'json', 'text': 'bad'}
                                      for i in bad]))
            waiting = []
            if kind == END:
                c.sendall(ok(stored=stored, unchanged=0, unkeyed=0,
                             refused=len(refuse)))
                return
    return script


def test_publish_window_and_bytes(build):
    objects = [json.dumps(indicator(i, description='d' * 900))
               for i in range(9000)]
    with Vault(build, publisher()) as v:
        path = write_lines(os.path.join(v.dir, 'in.jsonl'), objects)
        with open(path, 'rb') as f, gzip.open(path + '.gz', 'wb') as g:
            g.write(f.read())
        r = v.inst.ask('publish', path + '.gz', '--desk', 'liaison')
        equal((r['objects'], r['published'], r['refused']),
              (9000, 9000, []), 'counts')
        equal(v.asked[0]['arguments'], {'desk': 'liaison'}, 'desk')
        sent = []
        for payload in v.frames:
            first, n = struct.unpack('>QH', payload[:10])
            equal(first, len(sent), 'first')
            at = 10
            for _ in range(n):
                size, = struct.unpack('>I', payload[at:at + 4])
                sent.append(payload[at + 4:at + 4 + size].decode())
                at += 4 + size
            equal(at, len(payload), 'length')
        equal(sent, objects, 'bytes')


def test_publish_refused_of_two_files(build):
    with Vault(build, publisher(refuse=(1, 12))) as v:
        one = write_lines(os.path.join(v.dir, 'one.jsonl'),
                          [indicator(i) for i in range(10)])
        two = write_lines(os.path.join(v.dir, 'two.jsonl'),
                          [indicator(i) for i in range(5)] +
                          ['{"x":"' + 'y' * 300000 + '"}', '{"broken"'])
        p = v.inst.ctl_run('publish', one, two)
        equal(p.returncode, 7, p.stderr)
        text = p.stderr.decode()
        assert 'one.jsonl: object 1 x--1: refused (json): bad' in text, text
        assert 'two.jsonl: object 2 x--1: refused (json)' in text, text
        assert 'two.jsonl: object 5: refused (limit)' in text, text
        assert b'published' in p.stdout, p.stdout
        p = v.inst.ctl_run('publish', '/nonexistent')
        equal(p.returncode, 4, p.stderr)


def test_publish_daemon_gone(build):
    with Vault(build, publisher(quit_after=1)) as v:
        path = write_lines(os.path.join(v.dir, 'in.jsonl'),
                           [indicator(i, description='d' * 900)
                            for i in range(5000)])
        p = v.inst.ctl_run('publish', path)
        assert p.returncode in (1, 3), p
        assert b'closed the connection' in p.stderr, p.stderr


def test_records_pages(build):
    def script(vault, c):
        while True:
            asked = vault.read(c)[1]['arguments']
            page = int(asked.get('since', 'c0')[1:])
            rows = [{'id': 'x--%d' % (page * 2 + i), 'modified': 'm',
                     'kind': 'ioc', 'tlp': 'red', 'source': 's'}
                    for i in range(2)]
            more = {'next': 'c%d' % (page + 1)} if page < 2 else {}
            c.sendall(ok(records=rows, **more))
    with Vault(build, script) as v:
        equal(v.inst.ids(), ['x--%d' % i for i in range(6)], 'ids')
        equal(len(v.inst.ask('records', '--limit', '3')['records']), 4,
              'pages until there are enough')
        v.inst.ids('--source', 'own', '--derived')
        equal(v.asked[-1]['arguments']['source'], 'own', 'source')
        equal(v.asked[-1]['arguments']['derived'], True, 'derived')


def test_no_confirmation_without_terminal(build):
    with Vault(build, answering(ok(id='x', changed=True))) as v:
        for words in (['peer', 'remove', 'cert-xb'],
                      ['recall', 'x--1', '--reason', 'r']):
            p = v.inst.ctl_run(*words)
            equal(p.returncode, 1, words)
            assert b'--yes' in p.stderr, p.stderr
        equal(v.asked, [], 'nothing was asked')
        v.inst.ctl('peer', 'remove', 'cert-xb', '--yes')
        equal(v.asked[0]['arguments'], {'id': 'cert-xb'}, 'arguments')


def test_long_path_to_socket(build):
    def script(vault, c):
        answering(ok(**STATUS))(vault, c)
    with Vault(build, script) as v:
        long = os.path.join(v.dir, 'd' * 60, 'e' * 60)
        os.makedirs(long)
        os.rename(v.inst.dir, os.path.join(long, 'cert-xa'))
        v.inst = Instance(build, os.path.join(long, 'cert-xa'))
        v.inst.ctl('status')


def test_lookup_nothing(build):
    with Vault(build, answering(ok(records=[], cut=False))) as v:
        equal(v.inst.ctl_run('lookup', 'x.example').returncode, 4, 'status')
        equal(v.inst.ctl_run('--json', 'lookup', 'x').returncode, 4, 'json')


if __name__ == '__main__':
    from daemons import main
    main(globals(), 'daemon/ctl/comityctl')
