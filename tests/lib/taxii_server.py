"""A small TAXII 2.1 server that can also behave badly."""
import http.server
import json
import ssl
import threading
import time
import urllib.parse
import uuid

MEDIA = 'application/taxii+json;version=2.1'


class Server(http.server.ThreadingHTTPServer):
    """collections: {id: [(date_added, object)]}; bad: how it misbehaves."""
    daemon_threads = True

    def __init__(self, port, cert, key, ca=None):
        super().__init__(('127.0.0.1', port), Handler)
        self.port = port
        self.collections = {}
        self.log = []           # (method, path, query, authorization)
        self.posted = []
        self.bad = None
        self.page = 1000
        self.refuse = set()     # ids that a push of is a failure
        self.pending = 0        # how often a status is that first
        self.login = None       # the Authorization that is wanted
        self.lock = threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        if ca:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(ca)
        self.thread = threading.Thread(target=self.serve_forever,
                                       kwargs={'poll_interval': 0.05})
        self.thread.start()

    def get_request(self):
        sock, address = self.socket.accept()
        sock.settimeout(30)
        return sock, address

    def finish_request(self, request, client_address):
        # The handshake in the request's own thread.
        try:
            request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            request.close()
        except OSError:
            pass

    def handle_error(self, request, client_address):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    def add(self, collection, *objects, at=None):
        with self.lock:
            rows = self.collections.setdefault(collection, [])
            for o in objects:
                rows.append((at or '2026-01-01T00:00:%02d.%06dZ' % (
                    len(rows) // 1000 % 60, len(rows) % 1000000), o))

    def gets(self, collection=''):
        with self.lock:
            return [r for r in self.log if r[0] == 'GET' and
                    '/collections/%s' % collection in r[1]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def begin(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.parts = [p for p in url.path.split('/') if p]
        with self.server.lock:
            self.server.log.append((
                self.command, url.path, self.query,
                self.headers.get('Authorization')))
        want = self.server.login
        if want and self.headers.get('Authorization') != want:
            self.answer(401, {'title': 'no'})
            return False
        bad = self.server.bad
        if bad is not None:
            return bad(self)
        return True

    def answer(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        headers.setdefault('Content_Type', MEDIA)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if not self.begin():
            return
        if self.parts[1] == 'status':
            self.status()
        elif self.parts[2] in self.server.collections:
            self.objects(self.parts[2])
        else:
            self.answer(404, {'title': 'none'})

    def objects(self, collection):
        after = self.query.get('added_after', '')
        start = int(self.query.get('next', '0'))
        with self.server.lock:
            rows = [r for r in self.server.collections[collection]
                    if r[0] > after]
        page = rows[start:start + min(
            self.server.page, int(self.query.get('limit', 1000)))]
        body = {}
        headers = {}
        if page:
            body['objects'] = [o for _, o in page]
            headers['X_TAXII_Date_Added_First'] = page[0][0]
            headers['X_TAXII_Date_Added_Last'] = page[-1][0]
        if start + len(page) < len(rows):
            body['more'] = True
            body['next'] = str(start + len(page))
        self.answer(200, body, **headers)

    def do_POST(self):
        data = self.rfile.read(int(self.headers['Content-Length']))
        if not self.begin():
            return
        objects = json.loads(data)['objects']
        with self.server.lock:
            self.server.posted.append(data)
            self.server.last = objects
        self.status(202)

    def status(self, code=200):
        s = self.server
        with s.lock:
            pending = s.pending > 0
            s.pending -= pending
            failed = [o for o in s.last if o['id'] in s.refuse]
        body = {'id': str(uuid.uuid4()),
                'status': 'pending' if pending else 'complete',
                'total_count': len(s.last), 'pending_count': 0,
                'success_count': len(s.last) - len(failed),
                'failure_count': len(failed)}
        if failed:
            body['failures'] = [{'id': o['id'], 'version': o['modified'],
                                 'message': 'not wanted'} for o in failed]
        self.answer(code, body)


# How a server may misbehave: each answers, and says whether to go on.

def slow(h):
    h.send_response(200)
    h.send_header('Content-Type', MEDIA)
    h.send_header('Content-Length', '100000')
    h.end_headers()
    try:
        for _ in range(120):
            h.wfile.write(b' ')
            time.sleep(0.5)
    except OSError:
        pass
    return False


def endless(h):
    h.send_response(200)
    h.send_header('Content-Type', MEDIA)
    h.send_header('Connection', 'close')
    h.end_headers()
    try:
        while True:
            h.wfile.write(b'{"objects":[' + b' ' * (1 << 20))
    except OSError:
        pass
    h.close_connection = True
    return False


def endless_pages(h):
    h.answer(200, {'more': True, 'next': str(uuid.uuid4())})
    return False


def circles(h):
    h.answer(200, {'more': True, 'next': 'again', 'objects': [
        {'type': 'nothing'}]}, X_TAXII_Date_Added_Last='2026-01-01T00:00:00Z')
    return False


def broken(h):
    h.answer(200, b'{"objects":[{"type":"indicator"')
    return False


def not_envelope(h):
    h.answer(200, b'["objects"]')
    return False


def html(h):
    h.answer(200, b'<html></html>', Content_Type='text/html')
    return False


def status(code, **headers):
    def f(h):
        h.answer(code, {'title': 'no'}, **headers)
        return False
    return f


def cut(h):
    h.send_response(200)
    h.send_header('Content-Type', MEDIA)
    h.send_header('Content-Length', '1000')
    h.end_headers()
    h.wfile.write(b'{"objects":[]}')
    h.close_connection = True
    return False


def headers(h):
    h.send_response(200)
    h.send_header('Content-Type', MEDIA)
    for i in range(4000):
        h.send_header('X-%d' % i, 'x' * 100)
    h.send_header('Content-Length', '2')
    try:
        h.end_headers()
        h.wfile.write(b'{}')
    except OSError:
        pass
    return False
