#!/usr/bin/env python3
"""What the HTTP reader accepts, h11 accepts too and understands the same.

Requests are made by a grammar with a taste for what has been misread before,
and then damaged.  COMITY_REQUESTS says how many; COMITY_SEED another row.
"""
import os
import random
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append('/usr/lib/python3/dist-packages')
try:
    import h11
except ImportError:
    print('skipped: h11 is not installed (Debian: python3-h11)')
    sys.exit(77)

BATCH = 5000
FRAMING = (b'content-length', b'transfer-encoding')

METHODS = [b'GET', b'GET', b'GET', b'POST', b'POST', b'POST', b'HEAD',
           b'DELETE', b'PUT', b'OPTIONS', b'PATCH', b'TRACE', b'get', b'',
           b'G ET', b'GE\x00T', b'P"']
TARGETS = [b'/', b'/taxii2/', b'/a/collections/b/objects/?limit=10',
           b'/a?match[id]=x--1,y--2&next=aGk%3D', b'/%41', b'//', b'/a;b=c',
           b'/?', b'/a%2', b'/%00', b'*', b'http://a/', b'/a#b', b'/a b',
           b'/\xc3\xa9', b'/a\tb', b'', b'/{}', b'/' + b'a' * 300]
VERSIONS = [b'HTTP/1.1'] * 20 + [
    b'HTTP/1.0', b'HTTP/1.2', b'HTTP/2.0', b'HTTP/0.9', b'http/1.1', b'',
    b'HTTP/1.1 ', b'HTTP/1.10', b'HTTP/11', b'HTTP/1,1']
HOSTS = [b'Host: a.example:8443'] * 20 + [
    b'Host: [2001:db8::1]:1', b'host:a', b'Host: ', b'Host: a b',
    b'Host: a\r\nHost: a', b'Host : a', b'X-Host: a', b'Host: a, b',
    b'Host:\t192.0.2.1 ', b'Host: a/b', b'']
FIELDS = [b'Accept: application/taxii+json;version=2.1', b'X-Empty:',
          b'Authorization: Bearer abc', b'Connection: close',
          b'Connection: keep-alive, Upgrade', b'Expect: 100-continue',
          b'Expect: x', b'Content-Type: a/b', b'X: \xe9\xff',
          b'Cookie: a="b; c"', b'TE: trailers', b'Upgrade: h2c',
          b'X:\ta \t', b'x' * 200 + b': y']
ODD_FIELDS = [b' X: y', b'\tX: y', b'X : y', b'X', b': y', b'X: a\r\n b',
              b'X: a\x00b', b'X: a\x0bb', b'X: a\rb', b'X: a\nb', b'X(: y',
              b'X\x7f: y', b'X: \x7f', b'X\xe9: y', b'']
LENGTHS = [b'%d', b'%d', b'%d', b'+%d', b'-%d', b'0%d', b'%d, %d', b' %d ',
           b'%dx', b'0x%d', b'%d\r\nContent-Length: %d',
           b'%d\r\ncontent-length: 0', b'', b'1%d', b'%d\t', b'%d_0']
CODINGS = [b'chunked'] * 6 + [
    b'Chunked', b'gzip, chunked', b'chunked, chunked', b'identity', b'',
    b'chunked;q=1', b'\x0bchunked', b'chunked\r\nTransfer-Encoding: chunked',
    b'xchunked', b'"chunked"', b'chunked\r\nTransfer-Encoding: identity']
ENDS = [b'\r\n'] * 60 + [b'\n', b'\r', b'\r\r\n', b'\n\r', b'\r\n ']


def some(rng, usual, odd, chance):
    """One of the usual ones, or now and then an odd one."""
    return rng.choice(odd if rng.random() < chance else usual)


def fill(text, n):
    return text.replace(b'%d', str(n).encode())


def chunks(rng):
    """A chunked body, with what has been smuggled in such."""
    out = []
    for _ in range(rng.randrange(3)):
        data = bytes(rng.choice(b'ab\r\n0;') for _ in range(
            rng.choice([1, 2, 9, 17])))
        size = b'%x' % (len(data) + some(rng, [0], [-1, 1], 0.02))
        size = some(rng, [size], [size.upper(), b'0' + size, b'0x' + size,
                                  b' ' + size, size + b' ', b'+' + size,
                                  size + b';a=b', size + b';',
                                  b'0' * 8 + size, size + b'\t', b''], 0.08)
        out += [size, some(rng, [b'\r\n'], ENDS, 0.1), data,
                some(rng, [b'\r\n'], ENDS, 0.1)]
    out.append(some(rng, [b'0'], [b'00', b'0;x', b'0 ', b'', b'-0', b'0x0'],
                    0.05))
    out.append(some(rng, [b'\r\n\r\n'], [b'\r\n', b'\n\n', b'\r\nX: y\r\n\r\n',
                                       b'\r\n\r', b'\r\n\n', b'\r\n \r\n'],
                    0.08))
    return b''.join(out)


def request(rng):
    """One request: mostly good, each part sometimes odd."""
    end = some(rng, [b'\r\n'], ENDS, 0.03)
    method = some(rng, METHODS[:9], METHODS, 0.1)
    fields = [some(rng, HOSTS[:1], HOSTS, 0.2)]
    for _ in range(rng.randrange(4)):
        fields.append(some(rng, FIELDS, ODD_FIELDS, 0.04))
    body = b''
    kind = rng.random()
    if method in (b'POST', b'PUT', b'PATCH') or kind < 0.06:
        if kind < 0.5:
            body = bytes(rng.choice(b'{}"a\r\nGET / HTTP') for _ in range(
                rng.choice([0, 1, 5, 30])))
            n = max(0, len(body) + some(rng, [0], [-1, 1, 20], 0.05))
            fields.append(b'Content-Length: ' + fill(
                some(rng, LENGTHS[:1], LENGTHS, 0.25), n))
        if kind > 0.47:
            body = chunks(rng) if rng.random() < 0.97 else b''
            fields.append(b'Transfer-Encoding: ' +
                          some(rng, CODINGS[:1], CODINGS, 0.2))
    if rng.random() < 0.4:
        rng.shuffle(fields)
    line = some(rng, [b' '], [b'  ', b'\t', b''], 0.01).join([
        method, some(rng, TARGETS[:8], TARGETS, 0.15),
        some(rng, VERSIONS[:1], VERSIONS, 0.15)])
    lines = [line] + fields
    head = b''.join(x + (end if rng.random() < 0.1 else b'\r\n')
                    for x in lines)
    return head + some(rng, [b'\r\n'], ENDS, 0.03) + body


def damage(rng, data):
    """A byte or a piece more, less or other."""
    i = rng.randrange(len(data) + 1)
    j = min(len(data), i + rng.randrange(1, 9))
    piece = some(rng, [b' ', b'\r', b'\n', b'\r\n', b':', b'\t', b'0', b','],
                 [bytes([rng.randrange(256)])], 0.4)
    return rng.choice([data[:i] + piece + data[i:],
                       data[:i] + data[j:],
                       data[:i] + piece + data[i + 1:],
                       data[:j] + data[i:]])


def connection(rng):
    data = request(rng)
    while rng.random() < 0.15:
        data += request(rng)
    while rng.random() < 0.25:
        data = damage(rng, data)
    return data


def told(request_, body):
    """A request in the words of http_reader.c."""
    text = b''.join([request_.method, b'\n', request_.target, b'\n'] + [
        b'%s:%s\n' % (name, value) for name, value in request_.headers
        if name not in FRAMING] + body)
    return struct.pack('>I', len(text)) + text


def by_h11(data):
    """All requests that h11 finds, and whether it refused something."""
    conn = h11.Connection(h11.SERVER)
    conn.receive_data(data)
    out = []
    head, body = None, []
    try:
        while True:
            event = conn.next_event()
            if event is h11.NEED_DATA:
                return b''.join(out), False
            if isinstance(event, h11.Request):
                head, body = event, []
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                out.append(told(head, body))
                conn.send(h11.Response(status_code=200, headers=[
                    ('Content-Length', '0')]))
                conn.send(h11.EndOfMessage())
                if conn.our_state is not h11.DONE:
                    return b''.join(out), False
                conn.start_next_cycle()
            else:
                return b''.join(out), False
    except h11.RemoteProtocolError:
        return b''.join(out), True


def by_us(build, inputs):
    run = subprocess.run(
        [os.path.join(build, 'tests', 'integration', 'http_reader')],
        input=b''.join(struct.pack('>I', len(x)) + x for x in inputs),
        stdout=subprocess.PIPE, check=True)
    at = 0
    for _ in inputs:
        n, = struct.unpack_from('>I', run.stdout, at)
        yield run.stdout[at + 4:at + 4 + n]
        at += 4 + n
    assert at == len(run.stdout), 'more was told than asked'


def main():
    build = sys.argv[1]
    total = int(os.environ.get('COMITY_REQUESTS', '20000'))
    seed = int(os.environ.get('COMITY_SEED', '1'))
    rng = random.Random(seed)
    made = accepted = stricter = refused = 0
    while made < total:
        inputs = [connection(rng) for _ in range(min(BATCH, total - made))]
        for data, ours in zip(inputs, by_us(build, inputs)):
            theirs, error = by_h11(data)
            if not theirs.startswith(ours):
                print('seed %d: not as h11 (%s):\n%r\nread as\n%r\nnot\n%r'
                      % (seed, h11.__version__, data, ours, theirs))
                sys.exit(1)
            accepted += ours != b''
            stricter += len(ours) < len(theirs)
            refused += error
        made += len(inputs)
    # A reader that refuses everything agrees too.
    assert total / 4 < accepted < total * 9 / 10, accepted
    assert stricter > total / 100 and refused > total / 100
    print('%d connections: %d with a request accepted by both, %d in which '
          'h11 %s took more than we do, %d with something it refused; '
          'nothing accepted that it refuses or reads otherwise'
          % (made, accepted, stricter, h11.__version__, refused))


main()
