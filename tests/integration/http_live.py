#!/usr/bin/env python3
"""A client's connection over sockets and TLS: what is misread elsewhere, who
is slow, who goes away, and what an idle client costs."""
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

POST = b'POST /x HTTP/1.1\r\nHost: a\r\n'
CHUNKED = POST + b'Transfer-Encoding: chunked\r\n\r\n'
GET = b'GET /x HTTP/1.1\r\nHost: a\r\n'
SMUGGLED = b'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
CLIENTS = 300

# Each is answered by one error, and nothing behind it is done.
REFUSED = [
    b'GET /x HTTP/1.1\nHost: a\n\n',
    b'GET /x HTTP/1.1\r\nHost: a\n\r\n',
    b'GET /x HTTP/1.1\rHost: a\r\r',
    GET + b'A: b\rc\r\n\r\n',
    GET + b'A: b\x00c\r\n\r\n',
    GET + b'A: b\x01c\r\n\r\n',
    GET + b'A: b\r\n c\r\n\r\n',
    GET + b'A: b\r\n\tc\r\n\r\n',
    GET + b'A : b\r\n\r\n',
    GET + b'A b: c\r\n\r\n',
    GET + b': b\r\n\r\n',
    GET + b'A\r\n\r\n',
    GET + b'Host: b\r\n\r\n',
    b'GET /x HTTP/1.1\r\n\r\n',
    b'GET  /x HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /x HTTP/1.1 \r\nHost: a\r\n\r\n',
    b'GET /x\r\n\r\n',
    b'GET /x HTTP/1.2\r\nHost: a\r\n\r\n',
    b'GET /x http/1.1\r\nHost: a\r\n\r\n',
    b'GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\nHost: a\r\n\r\n',
    b'FOO /x HTTP/1.1\r\nHost: a\r\n\r\n',
    b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    GET + b'A: ' + b'b' * 17000 + b'\r\n\r\n',
    GET + b'A: b\r\n' * 101 + b'\r\n',
    POST + b'\r\n',
    POST + b'Content-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    POST + b'Content-Length: 0\r\nContent-Length: 37\r\n\r\n',
    POST + b'Content-Length: +1\r\n\r\nx',
    POST + b'Content-Length: 1, 1\r\n\r\nx',
    POST + b'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n'
    b'0\r\n\r\n',
    POST + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    POST + b'Transfer-Encoding: identity\r\n\r\n',
    POST + b'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    POST + b'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    CHUNKED + b'1;a=b\r\nx\r\n0\r\n\r\n',
    CHUNKED + b'0x1\r\nx\r\n0\r\n\r\n',
    CHUNKED + b'1\nx\n0\n\n',
    CHUNKED + b'1\r\nxy\r\n0\r\n\r\n',
    CHUNKED + b'000000001\r\nx\r\n0\r\n\r\n',
    CHUNKED + b'0\r\nA: b\r\n\r\n',
    POST + b'Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx',
    POST + b'Content-Length: 4194305\r\n\r\n',
]


class Server:
    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix='comity-')
        pair = [os.path.join(self.dir, n) for n in ('crt', 'key')]
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=a', '-days',
             '2', '-out', pair[0], '-keyout', pair[1]],
            check=True, stderr=subprocess.DEVNULL)
        program = os.path.join(build, 'tests', 'integration', 'http_server')
        with open(program, 'rb') as f:
            self.is_sanitized = b'__asan_init' in f.read()
        self.process = subprocess.Popen([program] + pair,
                                        stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE
        self.tls.load_cert_chain(*pair)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(10)
        shutil.rmtree(self.dir)
        assert code == 0, code

    def connect(self, buffer=None):
        sock = socket.socket()
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.settimeout(10)
        sock.connect(('127.0.0.1', self.port))
        return self.tls.wrap_socket(sock)

    def http(self):
        return http.client.HTTPSConnection('127.0.0.1', self.port,
                                           timeout=20, context=self.tls)

    def state(self):
        client = self.http()
        client.request('GET', '/state')
        found = json.loads(client.getresponse().read())
        client.close()
        return found

    def wait_open(self, n):
        """Until only n clients and the asker are left."""
        for _ in range(100):
            found = self.state()
            if found['open'] <= n + 1:
                return found
            time.sleep(0.05)
        raise AssertionError('still open: %r' % found)


def read_all(sock):
    """All bytes until the server closes."""
    out = b''
    while True:
        try:
            piece = sock.recv(65536)
        except (ssl.SSLEOFError, ConnectionError):
            return out
        if not piece:
            return out
        out += piece


def test_keep_alive(server):
    client = server.http()
    for i in range(50):
        body = b'z' * (i * 997)
        client.request('POST', '/p%d' % i, body)
        answer = client.getresponse()
        assert answer.status == 200 and answer.getheader('Date')
        assert answer.read() == b'/p%d ' % i + body
        client.request('HEAD', '/h')
        assert client.getresponse().read() == b''
    client.request('POST', '/c', iter([b'a' * 70000, b'b']),
                   encode_chunked=True)
    assert client.getresponse().read() == b'/c ' + b'a' * 70000 + b'b'
    client.close()


def test_refused(server):
    for shape in REFUSED:
        sock = server.connect()
        before = server.state()['requests']
        start = time.monotonic()
        sock.sendall(shape + SMUGGLED)
        answer = read_all(sock)
        took = time.monotonic() - start
        sock.close()
        assert answer.startswith((b'HTTP/1.1 4', b'HTTP/1.1 5')), (
            shape, answer)
        assert answer.count(b'\r\nDate: ') == 1, (shape, answer)
        assert b'\r\nConnection: close\r\n' in answer, answer
        assert took < 5, (shape, took)
        assert server.state()['requests'] == before + 1, shape
    print('%d shapes refused, none hangs' % len(REFUSED))


def test_pipelined(server):
    sock = server.connect()
    sock.sendall(b''.join(b'GET /%d HTTP/1.1\r\nHost: a\r\n%s\r\n' % (
        i, b'Connection: close\r\n' if i == 9 else b'') for i in range(10)))
    bodies = [part.split(b'\r\n\r\n')[1] for part in
              read_all(sock).split(b'HTTP/1.1 200')[1:]]
    assert bodies == [b'/%d ' % i for i in range(10)], bodies


def test_expect(server):
    sock = server.connect()
    sock.sendall(POST + b'Content-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    assert sock.recv(100) == b'HTTP/1.1 100 Continue\r\n\r\n'
    sock.sendall(b'ab')
    assert sock.recv(1000).startswith(b'HTTP/1.1 200')
    sock.close()


def test_large(server):
    client = server.http()
    client.request('GET', '/big')
    data = client.getresponse().read()
    assert len(data) >= 8 << 20
    assert data.startswith(b'0\n2\n4\n')
    client.request('POST', '/y', b'x' * (4 << 20))
    assert client.getresponse().read()[:4] == b'/y x'
    client.close()


def test_too_large(server):
    """Who sends all of it before it looks still reads the answer."""
    sock = server.connect()
    sock.sendall(POST + b'Content-Length: 6000000\r\n\r\n')
    sock.sendall(b'x' * 6000000)
    assert read_all(sock).startswith(b'HTTP/1.1 413'), 'no answer'


def slow(server, start, drip):
    """Seconds until the server ends a client that sends byte after byte."""
    sock = server.connect()
    sock.sendall(start)
    began = time.monotonic()
    sock.settimeout(0.1)
    answer = b''
    while time.monotonic() - began < 8:
        try:
            sock.sendall(drip)
            piece = sock.recv(1000)
            if not piece:
                break
            answer += piece
        except (TimeoutError, socket.timeout):
            continue
        except OSError:
            break
    sock.close()
    return answer, time.monotonic() - began


def test_slow(server):
    answer, took = slow(server, b'', b'G')
    assert answer.startswith(b'HTTP/1.1 408'), answer
    assert 0.5 < took < 5, took
    answer, took = slow(server, POST + b'Content-Length: 1000\r\n\r\n', b'b')
    assert answer.startswith(b'HTTP/1.1 408'), answer
    assert 0.5 < took < 5, took
    # Nothing said at all: no handshake, and a handshake only.
    silent = socket.create_connection(('127.0.0.1', server.port))
    idle = server.connect()
    silent.settimeout(6)
    assert silent.recv(1) == b''
    assert read_all(idle) == b''
    silent.close()
    server.wait_open(0)


def test_strangers(server):
    """Many who are slow: each gets 408, and others do not notice."""
    slow_ones = []
    for _ in range(200):
        slow_ones.append(server.connect())
        slow_ones[-1].sendall(b'GET /x HTTP/1.1\r\nHo')
    client = server.http()
    took = []
    for _ in range(100):
        start = time.monotonic()
        client.request('GET', '/x')
        assert client.getresponse().read() == b'/x '
        took.append(time.monotonic() - start)
    client.close()
    assert sorted(took)[-2] < 0.5, took
    for sock in slow_ones:
        assert read_all(sock).startswith(b'HTTP/1.1 408')
        sock.close()
    server.wait_open(0)


def test_slow_reader(server):
    sock = server.connect(buffer=4096)
    sock.sendall(b'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
    found = server.wait_open(0)
    assert found['held'] < 1000, found
    sock.close()


def test_cut(server):
    for data in (POST + b'Content-Length: 10\r\n\r\n12345', GET,
                 CHUNKED + b'5\r\nab', b''):
        for orderly in (True, False):
            sock = server.connect()
            sock.sendall(data)
            if orderly:
                try:
                    sock.unwrap()
                except OSError:
                    pass
            sock.close()
    found = server.wait_open(0)
    assert found['held'] < 1000, found


def test_idle(server):
    """What idle clients cost; the sanitizers multiply it."""
    first = [server.http() for _ in range(20)]
    for client in first:
        client.request('GET', '/x')
        client.getresponse().read()
    before = server.state()['resident']
    clients = [server.http() for _ in range(CLIENTS)]
    for client in clients:
        client.request('GET', '/x')
        client.getresponse().read()
    found = server.state()
    assert found['open'] == CLIENTS + 21, found
    each = (found['resident'] - before) / CLIENTS / 1024
    print('an idle client: %.1f KiB' % each)
    assert server.is_sanitized or each <= 32, each
    for client in first + clients:
        client.close()
    server.wait_open(0)


def main():
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            start = time.monotonic()
            with Server(sys.argv[1]) as server:
                test(server)
            print('%s: %.1f s' % (name, time.monotonic() - start))


main()
