"""A small TAXII 2.1 client that looks at everything it is answered."""
import http.client
import json
import re
import ssl
import urllib.parse

MEDIA = 'application/taxii+json;version=2.1'
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')
UUID4 = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-'
                   r'[0-9a-f]{12}')


def no_duplicates(pairs):
    """I-JSON (RFC 7493 2.3): member names are unique."""
    names = [n for n, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError('a name twice in %r' % names)
    return dict(pairs)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body.decode('utf-8'),
                          object_pairs_hook=no_duplicates)

    def __repr__(self):
        return '%d %r' % (self.status, self.body[:300])


def tls(cafile, cert=None, key=None, version=None):
    context = ssl.create_default_context(cafile=cafile)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context


class Client:
    """Requests to one front with one identity."""

    def __init__(self, url, context, headers=None):
        self.where = urllib.parse.urlsplit(url)
        self.context = context
        self.headers = headers or {}
        self.connection = None

    def connect(self):
        return http.client.HTTPSConnection(
            self.where.hostname, self.where.port, context=self.context,
            timeout=60)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method, path, body=None, headers=None, fresh=False):
        """One request; headers given as None are left out."""
        h = {'Accept': MEDIA}
        if body is not None:
            h['Content-Type'] = MEDIA
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        h.update(self.headers)
        h.update(headers or {})
        h = {k: v for k, v in h.items() if v is not None}
        for again in (True, False):
            if fresh:
                self.close()
            if self.connection is None:
                self.connection = self.connect()
                again = False
            try:
                self.connection.request(method, path, body=body, headers=h)
                r = self.connection.getresponse()
                data = r.read()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError,
                    ConnectionResetError):
                self.close()
                if not again:
                    raise
        if r.will_close:
            self.close()
        return Answer(r.status, r.headers, data)

    def get(self, path, **headers):
        return self.ask('GET', path, headers={
            k.replace('_', '-'): v for k, v in headers.items()})


def query(**filters):
    """added_after='..', limit=2, type='a,b': as the query of a target."""
    parts = []
    for name, value in filters.items():
        if name not in ('added_after', 'limit', 'next'):
            name = 'match[%s]' % name
        parts.append((name, str(value)))
    return '?' + urllib.parse.urlencode(parts) if parts else ''
