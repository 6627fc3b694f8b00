"""Four CERTs with the policies of the demonstration, each desk with a
front: who is behind a wall, and who is not."""
import os
import shutil

from daemons import ROOT, Net, equal, parts, wait_for
from fronts import make_fronts, reach
from instance import Failed, Instance
from ports import take_ports
from taxii_client import Client, query, tls

DESKS = {'cert-xa': ['ops=secops', 'liaison=law'],
         'cert-xb': ['ops=secops', 'lea=law'],
         'cert-xc': ['ops=secops'],
         'cert-xd': ['ops=secops', 'fusion=intel']}
POLICIES = os.path.join(ROOT, 'config', 'examples', 'demo')


class WalledNet(Net):
    """.reach[id, desk]: how a front is reached, as in demo/taxii.json."""

    DESKS = DESKS

    def __init__(self, build):
        super().__init__(build, 4)
        self.named = {i.id: i for i in self.all}
        self.front_ports, self.reach = {}, {}
        for inst in self.all:
            desks = [d.split('=')[0] for d in DESKS[inst.id]]
            ports = take_ports(len(desks))
            make_fronts(inst, desks, ports)
            for desk, port in zip(desks, ports):
                self.front_ports[inst.id, desk] = port
            shutil.copy(os.path.join(POLICIES, inst.id + '.yaml'),
                        inst.path('config', 'policy.yaml'))

    def start(self):
        super().start()
        for (name, desk), port in self.front_ports.items():
            self.reach[name, desk] = wait_for(
                lambda n=name, d=desk, p=port: self.try_reach(n, d, p), 30,
                'the front %s/%s' % (name, desk))

    def try_reach(self, name, desk, port):
        try:
            return reach(self.named[name], desk, port)
        except (OSError, Failed):
            return None

    def client(self, name, desk, cert='cert', **more):
        """A tool of that desk; .root and .objects are paths of it."""
        return self.visitor(name, desk, self.reach[name, desk], cert, **more)

    def visitor(self, name, desk, entry, cert='cert', **headers):
        """A tool with what `entry` holds, at the front of name/desk."""
        there = self.reach[name, desk]
        c = Client(there['url'], tls(
            there['cafile'], cert and entry[cert],
            cert and entry[cert.replace('cert', 'key')]), headers)
        c.root = '/%s/' % desk
        c.objects = c.root + 'collections/all/objects/'
        c.manifest = c.root + 'collections/all/manifest/'
        return c

    def edit_policy(self, name, old, new):
        """Change what is in the policy file, and put it into force."""
        inst = self.named[name]
        path = inst.path('config', 'policy.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        assert old in text, old
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text.replace(old, new, 1))
        self.apply(inst)


def front_pids(inst):
    """desk: pid of the fronts of an instance that run."""
    found = {}
    for pid in parts(inst.pid()):
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                words = f.read().split(b'\0')
        except OSError:
            continue
        if words[0] == b'comity-front':
            found[words[1].decode()] = pid
    return found


def process_named(inst, program):
    """The pid of the only process of an instance with that name."""
    for pid in parts(inst.pid()):
        try:
            with open('/proc/%d/cmdline' % pid, 'rb') as f:
                if f.read().split(b'\0')[0] == program:
                    return pid
        except OSError:
            pass
    raise AssertionError('%s has no %r' % (inst.id, program))


def all_pages(client, path, **filters):
    """Every item of an answer, page by page."""
    found = []
    while True:
        r = client.get(path + query(**filters))
        equal(r.status, 200, path)
        found += r.json.get('objects', [])
        if not r.json.get('more'):
            return found
        filters['next'] = r.json['next']


class Poller:
    """A tool that asks again and again for what was added."""

    def __init__(self, client):
        self.client, self.last, self.seen = client, None, []

    def poll(self):
        filters = {} if self.last is None else {'added_after': self.last}
        while True:
            r = self.client.get(self.client.objects + query(**filters))
            equal(r.status, 200, 'poll')
            new = [o['id'] for o in r.json.get('objects', [])]
            self.seen += new
            if new:
                self.last = r.headers['X-TAXII-Date-Added-Last']
            if not r.json.get('more'):
                return self.seen
            filters['next'] = r.json['next']

    def has(self, wanted):
        return set(wanted) <= set(self.poll())


__all__ = ['Instance', 'Poller', 'WalledNet', 'all_pages', 'front_pids',
           'process_named']
