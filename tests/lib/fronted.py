"""A network of test daemons whose desk `ops` has a TAXII front."""
from daemons import Net, wait_for, with_net
from ports import take_ports
from fronts import make_fronts, reach  # noqa: E402
from instance import Failed

CIRCLES = '''  - {id: ring, out: {circle: clean-net}, kind: technical, for: [secops],
     tlp: <=amber}
  - {id: ring2, out: {circle: capacity-net}, kind: technical, for: [secops],
     tlp: <=clear}
circles:
  clean-net: {members: [%(members)s], foci: [botnet, ioc], charter: "sha256:7c1e",
              quorum: 2}
  capacity-net: {members: [%(members)s], foci: [advisory],
                 charter: "sha256:55ab", quorum: 1}
'''


class FrontedNet(Net):
    """with_net's net; .entry[id]: what demo/taxii.json says of its desk."""

    def __init__(self, build, n, more=''):
        super().__init__(build, n)
        self.front_ports = take_ports(n)
        for i, inst in enumerate(self.all):
            self.write_policy(i, CIRCLES % {'members': ', '.join(
                o.id for o in self.all if o is not inst)} + more)
            make_fronts(inst, ['ops'], [self.front_ports[i]])
        self.entry = {}

    def start(self):
        super().start()
        for inst, port in zip(self.all, self.front_ports):
            self.entry[inst.id] = wait_for(
                lambda i=inst, p=port: self.try_reach(i, p), 30,
                'the front of %s' % inst.id)

    @staticmethod
    def try_reach(inst, port):
        try:
            return reach(inst, 'ops', port)
        except (OSError, Failed):
            return None


def with_fronts(n, more='', introduced=False):
    """Decorator, as with_net."""
    return with_net(n, more, introduced, FrontedNet)
