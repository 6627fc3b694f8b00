"""A peer that misbehaves: tests/integration/hostile_peer.c."""
import os
import subprocess

from daemons import equal


class Hostile:
    """Speaks to the last daemon of a net with the keys of the first."""

    def __init__(self, net):
        self.net = net
        self.us, self.them = net.all[0], net.all[-1]
        self.about = []         # an id and its key, for some scenarios
        self.cert = self.us.path('state', 'tls.crt')
        self.key = self.us.path('state', 'tls.key')
        self.identity = self.us.path('state', 'identity.key')
        self.program = os.path.join(net.build,
                                    'tests/integration/hostile_peer')

    def start(self, scenario):
        return subprocess.Popen(
            [self.program, str(self.net.ports[-1]), scenario, self.cert,
             self.key, self.identity, self.us.id, self.them.id] + self.about,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, scenario):
        p = self.start(scenario)
        out = p.communicate(timeout=90)[0].decode()
        equal(p.returncode, 0, '%s: not closed: %s' % (scenario, out))
        return out


def silence(net):
    """The first daemon keeps quiet: somebody else speaks with its keys."""
    net.all[0].stop()
