#!/usr/bin/env python3
"""A vault that keeps a diary instead of records, to test the supervisor.

Started by comityd as comity-vault.  It writes every frame as a line of JSON
to $FAKE_VAULT/diary and does what the words in $FAKE_VAULT/mode say:
refuse, refuse-reload, crash, hang.  Lines of $FAKE_VAULT/dial are dialled.
"""
import json
import os
import select
import socket
import struct
import sys

CONFIG, CONFIG_DONE, ADOPT, GONE, DIAL, READY = range(70, 76)
STOP, STOPPED, HEARTBEAT, PENALTY = range(77, 81)
SETTLED = 82
FRONT_ADOPT = 84
HERE = os.environ['FAKE_VAULT']


def mode():
    try:
        with open(os.path.join(HERE, 'mode'), encoding='ascii') as f:
            return f.read().split()
    except OSError:
        return []


def note(**facts):
    with open(os.path.join(HERE, 'diary'), 'a', encoding='utf-8') as f:
        f.write(json.dumps(dict(facts, pid=os.getpid())) + '\n')


def frame(kind, payload=b''):
    return struct.pack('>IBxxx', len(payload), kind) + payload


def str16(text):
    return struct.pack('>H', len(text)) + text.encode()


class Vault:
    def __init__(self):
        self.super = socket.socket(fileno=3)
        self.buffer = b''
        self.fds = []
        self.config = b''
        self.sessions = {}     # socket: [number, bytes so far]
        self.fronts = []       # sockets, kept open

    def frames(self):
        data, fds, _, _ = socket.recv_fds(self.super, 1 << 20, 16)
        self.fds += fds
        if not data:
            sys.exit(0)
        self.buffer += data
        while len(self.buffer) >= 8:
            n, kind = struct.unpack('>IBxxx', self.buffer[:8])
            if len(self.buffer) < 8 + n:
                return
            payload = self.buffer[8:8 + n]
            self.buffer = self.buffer[8 + n:]
            yield kind, payload

    def configure(self, p):
        self.config += p[2:]
        if not p[0]:
            return
        text, self.config = self.config, b''
        note(type='CONFIG', reload=p[1],
             text=text.decode('utf-8', 'replace'))
        words = mode()
        refused = 'refuse' in words or 'refuse-reload' in words and p[1]
        self.super.sendall(frame(CONFIG_DONE, bytes([not refused]) + str16(
            'policy.yaml:1:1: not today' if refused else '')))
        if 'refuse' in words:
            sys.exit(78)
        if 'crash' in words:
            os.abort()

    def adopt(self, p):
        number, = struct.unpack('>Q', p[1:9])
        at = 10 + p[9]
        n, = struct.unpack('>H', p[at:at + 2])
        uid, gid, pid = struct.unpack('>III', p[at + 2 + n:])
        note(type='ADOPT', what=chr(p[0]), number=number,
             cert_id=p[10:at].decode(),
             address=p[at + 2:at + 2 + n].decode(), uid=uid, gid=gid,
             caller=pid, fds=len(self.fds))
        self.sessions[socket.socket(fileno=self.fds.pop(0))] = [number, b'']

    def handle(self, kind, p):
        if kind == CONFIG:
            self.configure(p)
        elif kind == ADOPT:
            self.adopt(p)
        elif kind == FRONT_ADOPT:
            note(type='FRONT_ADOPT', desk=p[1:].decode(), fds=len(self.fds))
            self.fronts.append(socket.socket(fileno=self.fds.pop(0)))
        elif kind == GONE:
            number, status = struct.unpack('>QI', p)
            note(type='GONE', number=number, status=status)
        elif kind == HEARTBEAT:
            self.super.sendall(frame(HEARTBEAT, p))
        elif kind == STOP:
            note(type='STOP')
            if 'hang' not in mode():
                self.super.sendall(frame(STOPPED))
        else:
            note(type=kind)

    def session(self, s):
        """A session said something, or went away."""
        try:
            data = s.recv(1 << 20)
        except ConnectionError:
            data = b''
        said = self.sessions[s]
        said[1] += data
        while len(said[1]) >= 8:
            n, kind = struct.unpack('>IBxxx', said[1][:8])
            if len(said[1]) < 8 + n:
                break
            note(type='session', number=said[0], kind=kind,
                 text=said[1][12:8 + n].decode('utf-8', 'replace'))
            said[1] = said[1][8 + n:]
        if not data:
            del self.sessions[s]
            s.close()

    def orders(self):
        """Words to the supervisor: DIAL, PENALTY or SETTLED, a number."""
        path = os.path.join(HERE, 'orders')
        try:
            with open(path, encoding='ascii') as f:
                lines = f.read().splitlines()
            os.unlink(path)
        except OSError:
            return
        for line in lines:
            what, number, address = (line + ' ').split(' ', 2)
            p = struct.pack('>Q', int(number))
            if what == 'DIAL':
                p += b'\x07cert-zz' + str16(address.strip())
            self.super.sendall(frame({'DIAL': DIAL, 'PENALTY': PENALTY,
                                      'SETTLED': SETTLED}[what], p))

    def run(self):
        fds = sorted(int(n) for n in os.listdir('/proc/self/fd'))
        note(type='start', argv=sys.argv[1:], fds=fds[:-1],
             own_group=os.getpgid(0) == os.getpid())
        while True:
            ready, _, _ = select.select([3] + list(self.sessions), [], [],
                                        0.05)
            self.orders()
            for s in ready:
                if s == 3:
                    for kind, p in self.frames():
                        self.handle(kind, p)
                else:
                    self.session(s)


Vault().run()
