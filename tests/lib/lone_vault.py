"""A real vault, with a supervisor and fronts that the test plays."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile

from daemons import CRASH, PEER, POLICY, Instance

CONFIG, CONFIG_DONE, ADOPT, FRONT_ADOPT = 70, 71, 72, 84
CTL_REQUEST, CTL_REPLY = 96, 97
CLIENTS, QUERY, OBJECTS, POST, CANCEL, ITEMS, DONE = range(110, 117)
WHAT = {'collections': 1, 'collection': 2, 'status': 3, 'manifest': 4,
        'objects': 5, 'object': 6, 'versions': 7, 'delete': 8}
VERSION = {'last': 1, 'first': 2, 'all': 3}
OUTCOME = {1: 200, 2: 400, 3: 403, 4: 404, 5: 422, 6: 429, 7: 503, 8: 401}
NEVER = 2 ** 63 - 1


def str8(s):
    return struct.pack('>B', len(s.encode())) + s.encode()


def str16(s):
    return struct.pack('>H', len(s.encode())) + s.encode()


def str32(b):
    return struct.pack('>I', len(b)) + b


def frame(kind, payload=b''):
    return struct.pack('>IBxxx', len(payload), kind) + payload


class Channel:
    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(60)
        self.buffer = b''

    def send(self, kind, payload=b''):
        self.sock.sendall(frame(kind, payload))

    def next(self):
        """One frame: its type and payload; None at the end."""
        while True:
            if len(self.buffer) >= 8:
                n, kind = struct.unpack('>IBxxx', self.buffer[:8])
                if len(self.buffer) >= 8 + n:
                    payload = self.buffer[8:8 + n]
                    self.buffer = self.buffer[8 + n:]
                    return kind, payload
            data = self.sock.recv(1 << 20)
            if not data:
                return None
            self.buffer += data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), 'big')

    def text(self, n):
        return self.take(self.number(n))


class Answer:
    def __init__(self):
        self.items = []         # (added_us, id, version, bytes)
        self.status = self.more = self.next = self.body = None

    def ids(self):
        return [json.loads(i[3])['id'] for i in self.items]

    def objects(self):
        return [json.loads(i[3]) for i in self.items]

    def json(self):
        return json.loads(self.body)


class Front(Channel):
    """One front of a desk."""

    def __init__(self, sock):
        super().__init__(sock)
        self.number = 0
        self.gone = set()       # requests that were cancelled
        self.clients = {}       # name: number
        self.hear_clients(self.next())

    def hear_clients(self, f):
        assert f[0] == CLIENTS, f
        r = Reader(f[1])
        self.desk, self.title = r.text(1), r.text(1)
        self.clients, self.digests, self.expires = {}, {}, {}
        for _ in range(r.number(2)):
            number, login, name = r.number(4), r.number(1), r.text(1)
            self.digests[name.decode()] = login, r.take(32)
            self.expires[name.decode()] = r.number(8)
            self.clients[name.decode()] = number

    def wait_clients(self):
        self.hear_clients(self.next())

    def ask(self, client, what, collection='', obj='', after=None, limit=0,
            token='', ids=(), types=(), spec=(), versions=()):
        """Send a query; its number."""
        self.number += 1
        p = struct.pack('>QIB', self.number, client, WHAT[what])
        p += str8(collection) + str16(obj)
        p += struct.pack('>BqI', after is not None, after or 0, limit)
        p += str8(token)
        for values in ids, types, spec:
            p += struct.pack('>H', len(values))
            p += b''.join(str16(v) for v in values)
        p += struct.pack('>H', len(versions))
        for v in versions:
            p += struct.pack('>Bq', VERSION.get(v, 4),
                             0 if v in VERSION else v)
        self.send(QUERY, p)
        return self.number

    def cancel(self, number):
        self.gone.add(number)
        self.send(CANCEL, struct.pack('>Q', number))

    def post_begin(self, objects):
        """Send the objects of a POST; its number."""
        self.number += 1
        part, size = [], 0
        for o in objects + [None]:
            if part and (o is None or len(part) == 1000 or
                         size + len(o) > 900000):
                self.send(OBJECTS, struct.pack('>QH', self.number,
                                               len(part)) + b''.join(part))
                part, size = [], 0
            if o is not None:
                part.append(str32(o))
                size += 4 + len(o)
        return self.number

    def post(self, client, collection, objects):
        objects = [o if isinstance(o, bytes) else json.dumps(o).encode()
                   for o in objects]
        number = self.post_begin(objects)
        self.send(POST, struct.pack('>QI', number, client) +
                  str8(collection) + struct.pack('>I', len(objects)))
        return self.answers(number)[number]

    def answers(self, *numbers):
        """Read until all of these are answered."""
        got = {n: Answer() for n in numbers}
        while any(a.status is None for a in got.values()):
            f = self.next()
            assert f is not None, 'the vault has closed the front'
            if f[0] == CLIENTS:
                self.hear_clients(f)
                continue
            r = Reader(f[1])
            # One that was cancelled may have been answered before.
            number = r.number(8)
            a = Answer() if number in self.gone else got[number]
            if f[0] == ITEMS:
                a.items += [(r.number(8), r.text(2).decode(),
                             r.text(1).decode(), r.text(4))
                            for _ in range(r.number(2))]
            else:
                assert f[0] == DONE, f[0]
                a.status = OUTCOME[r.number(1)]
                a.more = r.number(1) == 1
                a.next = r.text(1).decode()
                a.body = r.text(4).decode()
        return got

    def get(self, *args, **kw):
        number = self.ask(*args, **kw)
        return self.answers(number)[number]

    def pages(self, *args, **kw):
        """Every page of a query."""
        pages = [self.get(*args, **kw)]
        while pages[-1].more:
            pages.append(self.get(*args, token=pages[-1].next, **kw))
        return pages


class LoneVault:
    def __init__(self, build, more='', desks=('ops',)):
        self.dir = tempfile.mkdtemp(prefix='comity-')
        self.inst = Instance(build, os.path.join(self.dir, 'cert-xa'))
        self.build = build
        self.inst.init(7600, 'CERT XA', 'XA',
                       [d + '=secops' for d in desks])
        peers = ''.join(PEER % {'id': 'cert-x' + c, 'country': 'X' +
                                c.upper()} for c in 'bc')
        text = POLICY % {'id': 'cert-xa', 'country': 'XA', 'peers': peers,
                         'more': more}
        text = text.replace('desks: {ops: [secops]}}\npurposes',
                            'desks: {%s}}\npurposes' % ', '.join(
                                d + ': [secops]' for d in desks))
        self.files = {'policy.yaml': text}
        with open(self.inst.path('config', 'comityd.yaml'),
                  encoding='utf-8') as f:
            self.files['comityd.yaml'] = f.read()
        self.process = None

    def start(self):
        self.super, theirs = socket.socketpair()
        self.log = open(self.inst.log, 'ab')
        fd = theirs.fileno()
        self.process = subprocess.Popen(
            [os.path.join(self.build, 'daemon/vault/comity-vault'),
             '--state', self.inst.path('state'), '--identity-key',
             self.inst.path('state', 'identity.key'), '--cert-id',
             'cert-xa'], stdout=self.log, stderr=self.log,
            preexec_fn=lambda: os.dup2(fd, 3) if fd != 3 else
            os.set_inheritable(3, True), close_fds=False)
        theirs.close()
        self.channel = Channel(self.super)
        self.configure(0)
        return self

    def configure(self, cause):
        p = struct.pack('>BH', 1, len(self.files))
        for name in sorted(self.files):
            p += str16(name) + str32(self.files[name].encode())
        self.channel.send(CONFIG, bytes([1, cause]) + p)
        while True:
            kind, payload = self.channel.next()
            if kind == CONFIG_DONE:
                assert payload[0] == 1, payload
                return

    def adopt(self, kind, payload):
        ours, theirs = socket.socketpair()
        socket.send_fds(self.super, [frame(kind, payload)],
                        [theirs.fileno()])
        theirs.close()
        return ours

    def front(self, desk='ops'):
        return Front(self.adopt(FRONT_ADOPT, str8(desk)))

    def ctl(self, command, **arguments):
        """One request on the control socket: all of its answers."""
        c = Channel(self.adopt(ADOPT, b'C' + struct.pack('>Q', 1) +
                               str8('') + str16('root') +
                               struct.pack('>III', 0, 0, 1)))
        c.send(CTL_REQUEST, json.dumps({'v': 1, 'command': command,
                                        'arguments': arguments}).encode())
        answer = json.loads(c.next()[1])
        c.sock.close()
        return answer

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.super.close()
        self.log.close()

    def stop(self):
        """Shut down in order."""
        self.super.close()
        self.process.wait(timeout=60)
        self.log.close()

    def close(self, failed):
        if self.process is not None and self.process.returncode is None:
            self.stop()
        with open(self.inst.log, encoding='utf-8', errors='replace') as f:
            text = f.read()
        found = CRASH.findall(text)
        if failed or found:
            print(text[-8000:])
        shutil.rmtree(self.dir)
        return found
