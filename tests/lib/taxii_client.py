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


def is_text(v):
    return isinstance(v, str) and v != ''


def is_time(v):
    return isinstance(v, str) and TIME.fullmatch(v) is not None


def is_uuid(v):
    return isinstance(v, str) and UUID4.fullmatch(v) is not None


def is_flag(v):
    return isinstance(v, bool)


def is_count(v):
    return isinstance(v, int) and not isinstance(v, bool) and \
        0 <= v < 2 ** 53


def is_root(v):
    return is_text(v) and re.fullmatch(r'(https://[^?]+|/[^/?][^?]*)/',
                                       v) is not None


def is_media(v):
    return is_text(v) and ';version=' in v


def list_of(check):
    return lambda v: isinstance(v, list) and v != [] and all(map(check, v))


def resource(required, optional=None):
    """Exactly these properties, each of its type (TAXII 2.1 2, 4, 5)."""
    optional = optional or {}

    def check(v):
        if not isinstance(v, dict):
            return False
        for name in v:
            if name not in required and name not in optional:
                raise ValueError('no property is called %r' % name)
        for name, test in list(required.items()) + list(optional.items()):
            if name in v and not test(v[name]):
                raise ValueError('%r: %r' % (name, v[name]))
            if name not in v and name in required:
                raise ValueError('%r is missing in %r' % (name, v))
        return True
    return check


DETAILS = list_of(resource({'id': is_text, 'version': is_text},
                           {'message': is_text}))
COLLECTION = resource(
    {'id': is_uuid, 'title': is_text, 'can_read': is_flag,
     'can_write': is_flag},
    {'description': is_text, 'alias': is_text,
     'media_types': list_of(is_media)})
STATUS = resource(
    {'id': is_uuid, 'status': lambda v: v in ('complete', 'pending'),
     'total_count': is_count, 'success_count': is_count,
     'failure_count': is_count, 'pending_count': is_count},
    {'request_timestamp': is_time, 'successes': DETAILS,
     'failures': DETAILS, 'pendings': DETAILS})
PAGE = {'more': is_flag, 'next': is_text}
ENVELOPE = resource({}, dict(PAGE, objects=list_of(
    lambda v: isinstance(v, dict))))
ERROR = resource({'title': is_text}, {
    'description': is_text, 'error_id': is_text, 'error_code': is_text,
    'http_status': lambda v: re.fullmatch('[1-5][0-9][0-9]', v),
    'external_details': is_text, 'details': lambda v: isinstance(v, dict)})
# What is found where: the first pattern that the whole path matches.
SHAPES = [
    (r'(/taxii2)?/', resource({'title': is_text}, {
        'description': is_text, 'contact': is_text, 'default': is_root,
        'api_roots': list_of(is_root)})),
    (r'/[^/]+/', resource({'title': is_text, 'versions': list_of(is_media),
                           'max_content_length': lambda v: is_count(v) and
                           v > 0}, {'description': is_text})),
    (r'/[^/]+/status/[^/]+/', STATUS),
    (r'/[^/]+/collections/', resource({}, {
        'collections': list_of(COLLECTION)})),
    (r'/[^/]+/collections/[^/]+/', COLLECTION),
    (r'/[^/]+/collections/[^/]+/manifest/', resource({}, dict(
        PAGE, objects=list_of(resource(
            {'id': is_text, 'date_added': is_time, 'version': is_text},
            {'media_type': is_media}))))),
    (r'/[^/]+/collections/[^/]+/objects/([^/]+/)?', ENVELOPE),
    (r'/[^/]+/collections/[^/]+/objects/[^/]+/versions/', resource(
        {}, dict(PAGE, versions=list_of(is_text)))),
]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.method, self.path = None, ''

    def strict(self):
        """ValueError unless the body is just what belongs there."""
        if self.status >= 400 or self.method == 'POST':
            (ERROR if self.status >= 400 else STATUS)(self.json)
            return
        if self.method == 'DELETE' and self.body == b'':
            return
        path = self.path.partition('?')[0]
        for pattern, check in SHAPES:
            if re.fullmatch(pattern, path):
                check(self.json)
                return
        raise ValueError('nothing is found at %s' % path)

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
        answer = Answer(r.status, r.headers, data)
        answer.method, answer.path = method, path
        return answer

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
