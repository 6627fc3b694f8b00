#!/usr/bin/env python3
"""comityctl without a daemon, and that its documents know every command."""
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import ROOT, Instance, equal, indicator  # noqa: E402
from daemons import TLP_RED, write_lines  # noqa: E402

USES = ['ops=secops', 'lea=law']


class Place:
    """A temporary directory with one fresh instance."""

    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix='comity-')
        self.inst = Instance(build, os.path.join(self.dir, 'cert-xa'))
        self.inst.init(7600, 'CERT "XA" ü', 'XA', USES)

    def __enter__(self):
        return self.inst

    def __exit__(self, *_):
        shutil.rmtree(self.dir)


def said(p, code):
    """Exit status and text of a failed command; its form is checked."""
    equal(p.returncode, code, p.stderr)
    text = p.stderr.decode()
    assert text.startswith('comityctl: '), text
    assert len(text.splitlines()) <= 2, text
    return text


def test_init(build):
    with Place(build) as i:
        for name in ('identity.key', 'tls.key'):
            equal(stat.S_IMODE(os.stat(i.path('state', name)).st_mode),
                  0o600, name)
        equal(stat.S_IMODE(os.stat(i.path('state')).st_mode), 0o700, 'state')
        text = subprocess.run(
            ['openssl', 'x509', '-in', i.path('state', 'tls.crt'), '-noout',
             '-text'], check=True, stdout=subprocess.PIPE).stdout.decode()
        equal(re.findall(r'URI:(\S+)', text), ['comity://cert-xa'], 'SAN')
        assert 'CA:FALSE' in text, text
        card = i.ask('card', 'show')
        equal(card['card']['name'], 'CERT "XA" ü', 'name')
        assert re.fullmatch(r'(\d{5}[ -]?){6}', card['code']), card['code']
        i.ctl('config', 'check')
        said(i.ctl_run('init', i.dir, '--cert-id', 'a', '--name', 'A',
                       '--country', 'XA'), 1)


def test_init_bad_arguments(build):
    inst = Instance(build, '/nonexistent/x')
    good = {'--cert-id': 'cert-xa', '--name': 'A', '--country': 'XA',
            '--listen': '127.0.0.1:7600', '--desk': 'ops=secops'}
    for option, bad in (('--cert-id', 'Cert_XA'), ('--cert-id', ''),
                        ('--country', 'xa'), ('--country', 'XAX'),
                        ('--listen', '127.0.0.1'), ('--listen', ':7600'),
                        ('--listen', 'x:70000'), ('--desk', 'ops'),
                        ('--desk', 'ops='), ('--desk', 'Ops=secops'),
                        ('--days', '0'), ('--name', '')):
        args = dict(good, **{option: bad})
        text = said(inst.ctl_run('init', '/nonexistent/x',
                                 *[a for kv in args.items() for a in kv]), 2)
        assert option in text, text


def test_keys_and_card(build):
    with Place(build) as i:
        pin = i.ask('key', 'show')['tls']['pin']
        code = i.ask('card', 'show')['code']
        said(i.ctl_run('key', 'generate', 'tls'), 1)
        i.ctl('key', 'generate', 'tls-next')
        card = i.ask('card', 'sign', '--listen', 'cert.example:7600')
        equal(card['code'], code, 'the code stays with the identity key')
        equal(i.ask('key', 'show')['tls']['pin'], pin, 'current pin')
        text = json.dumps(card['card'])
        assert 'cert.example:7600' in text, text
        assert i.ask('key', 'show')['tls-next']['pin'] != pin
        with open(i.path('state', 'card.json'), 'rb') as f:
            bytes_ = bytearray(f.read())
        bytes_[bytes_.index(b'cert.example')] ^= 1
        changed = i.path('changed.json')
        with open(changed, 'wb') as f:
            f.write(bytes_)
        assert 'signature' in said(i.ctl_run('card', 'show', changed), 1)


def test_keys_of_tools(build):
    with Place(build) as i:
        front, siem = i.path('front'), i.path('siem.example')
        i.ctl('key', 'generate', 'front', front, '--host', 'taxii.example',
              '--host', '2001:db8::1', '--host', '192.0.2.1')
        text = subprocess.run(
            ['openssl', 'x509', '-in', front + '.crt', '-noout', '-text'],
            check=True, stdout=subprocess.PIPE).stdout.decode()
        for name in ('DNS:taxii.example', 'IP Address:2001:DB8:0:0:0:0:0:1',
                     'IP Address:192.0.2.1', 'TLS Web Server'):
            assert name in text, text
        r = i.ask('key', 'generate', 'client', siem)
        equal(r['name'], 'siem.example', 'name')
        der = subprocess.run(
            'openssl x509 -in %s.crt -noout -pubkey | '
            'openssl pkey -pubin -outform DER' % siem, shell=True,
            check=True, stdout=subprocess.PIPE).stdout
        equal(r['pin'], 'sha256:' + hashlib.sha256(der).hexdigest(), 'pin')
        for path in (front, siem):
            equal(stat.S_IMODE(os.stat(path + '.key').st_mode), 0o600, path)
        said(i.ctl_run('key', 'generate', 'client', siem), 1)
        said(i.ctl_run('key', 'generate', 'front', i.path('x')), 2)
        for host in ('a,IP:10.0.0.1', 'a b', '127.0.0.1:80', '', '-a',
                     '@section'):
            said(i.ctl_run('key', 'generate', 'front', i.path('x'),
                           '--host=' + host), 1)
        said(i.ctl_run('key', 'generate', 'client', i.path('a,b')), 1)


def test_usage(build):
    inst = Instance(build, '/nonexistent/x')
    assert 'did you mean' in said(inst.ctl_run('stauts'), 2)
    said(inst.ctl_run('lookup'), 2)
    said(inst.ctl_run('lookup', 'a', 'b'), 2)
    said(inst.ctl_run('status', '--nonsense'), 2)
    said(inst.ctl_run('lookup', 'a', '--limit', '-1'), 2)
    assert 'hint: ' in said(inst.ctl_run('status'), 3)
    equal(json.loads(inst.ctl_run('--json', 'status').stdout)['exit'], 3,
          'exit in the document')
    for c in inst.ask('help')['commands']:
        text = inst.ctl(*c['command'].split(), '-h')
        assert text.startswith('comityctl ' + c['command']), text


def test_documents_know_every_command(build):
    inst = Instance(build, '/nonexistent/x')
    commands = {c['command']: c for c in inst.ask('help')['commands']}
    with open(os.path.join(ROOT, 'man/comityctl.1'), encoding='utf-8') as f:
        page = f.read()
    page = page[:page.index('.Sh CONTROL SOCKET')]
    with open(os.path.join(ROOT, 'contrib/completion/comityctl.bash'),
              encoding='utf-8') as f:
        text = f.read()
    listed = re.search(r'_comityctl_commands="([^"]*)"', text).group(1)
    equal(set(listed.split('\n')), set(commands), 'completion')
    for name, c in commands.items():
        for option in re.findall(r'--[a-z-]+', c['usage']):
            assert 'Fl -' + option[2:] in page, (name, option)


def test_policy_commands(build):
    with Place(build) as i:
        policy = os.path.join(ROOT, 'config/examples/reference.yaml')
        i.ctl('policy', 'check', policy)
        r = i.ask('policy', 'test', policy)
        assert r['passed'] > 0 and r['failed'] == 0, r
        coverage = r['coverage']
        equal(coverage['rules'] - coverage['exercised'],
              len(coverage['missed']), 'coverage')
        for m in coverage['missed']:
            assert ('%s:%d:%d: no test exercises %s "%s"' % (
                m['file'], m['line'], m['column'], m['kind'], m['id'])
                in i.ctl('policy', 'test', policy, '--coverage')), m
        out = i.ctl('policy', 'explain', policy,
                    'to: cert-xb/ops, kind: botnet, tlp: green')
        assert 'out-clean' in out, out
        bad = i.path('bad.yaml')
        with open(bad, 'w', encoding='utf-8') as f:
            f.write('policy: 1\nalow: 1\n')
        text = said(i.ctl_run('policy', 'check', bad), 1)
        assert 'bad.yaml:2:1' in text, text
        said(i.ctl_run('policy', 'check', '/nonexistent.yaml'), 4)
        with open(policy, encoding='utf-8') as f:
            text = f.read()
        # What only takes away: cert-xb is one organisation, not two desks.
        at = text.index('attested', text.index('cert-xb: {'))
        new = i.path('new.yaml')
        with open(new, 'w', encoding='utf-8') as f:
            f.write(text[:at] + 'none' + text[at + 8:])
        d = i.ask('policy', 'diff', policy, new)
        equal((d['opens'], d['terms'], d['facts'], d['people']),
              (0, 0, [], 1), 'diff')
        equal({(s['change'], s['lineage'], s['desks'], s['after'])
               for s in d['sets']},
              {('closes', 'ngo', 'cert-xb/ops', 'forbid by W-NGO')}, 'sets')
        out = i.ctl('policy', 'diff', policy, new)
        assert 'was permit by out-clean  reference.yaml:' in out, out
        assert 'hint: ' in said(i.ctl_run('policy', 'diff', new), 3)


def test_policy_expect(build):
    with Place(build) as i:
        policy = os.path.join(ROOT, 'config/examples/demo/cert-xa.yaml')
        path = write_lines(i.path('in.jsonl'), [
            indicator(1, labels=['botnet']), indicator(2, tlp=TLP_RED),
            'not JSON'])
        r = i.ask('policy', 'expect', path, '--policy', policy, '--desk',
                  'ops')
        equal((r['records'], r['refused']), (2, 1), 'counts')
        for peer in r['peers'].values():
            equal(sum(peer['counts'].values()), 2, 'an outcome each')
        equal(r['peers']['cert-xd']['counts']['forbid'], 2, 'the wall')


VECTORS = os.path.join(ROOT, 'tests/vectors/trust')


def test_trust_replay_vectors(build):
    with Place(build) as i:
        for n in '123':
            name = os.path.join(VECTORS, 'vector-%s.' % n)
            with open(name + 'txt', encoding='utf-8') as f:
                want = f.read()
            p = i.ctl_run('trust', 'replay', name + 'jsonl')
            equal(p.stdout.decode(), want, name)
            rows = i.ask('trust', 'replay', name + 'jsonl')['scores']
            equal([r['b'] for r in rows], re.findall(r' b (\S+)', want),
                  name)
            # The order of lines of other times is none of its business.
            with open(name + 'jsonl', encoding='utf-8') as f:
                lines = f.read().splitlines()
            days = {}
            for line in lines:
                days.setdefault(json.loads(line)['at'], []).append(line)
            turned = write_lines(i.path('turned.jsonl'), [
                line for at in sorted(days, reverse=True)
                for line in days[at]])
            equal(i.ctl_run('trust', 'replay', turned).stdout.decode(), want,
                  'turned')


def test_trust_replay_bad_lines(build):
    plain = {'at': '2026-01-01T00:00:00Z', 'peer': 'cert-xb',
             'dimension': 'reliability', 'pool': 'costly', 'weight': '1.0'}
    kind = {'at': plain['at'], 'peer': 'cert-xb', 'kind': 'stale'}
    rows = [
        ('{', ':2:1: not JSON'),
        ('[]', ':2: not an object'),
        ('{"at":"x","at":"x"}', ':2:'),
        ({**plain, 'at': 'yesterday'}, '"at" is "yesterday"'),
        ({**plain, 'at': '1969-12-31T00:00:00Z'}, '"at"'),
        ({**plain, 'weight': 1.5}, 'write it as text'),
        ({**plain, 'weight': '-1'}, '"weight" is "-1"'),
        ({**plain, 'weight': '1e3'}, '"weight" is "1e3"'),
        ({**plain, 'pool': 'deep'}, '"pool" is "deep"'),
        ({**plain, 'dimension': 'looks'}, '"dimension" is "looks"'),
        ({**plain, 'wieght': '1'}, 'did you mean "weight"'),
        ({**plain, 'peer': 7}, '"peer" is not text'),
        ({**plain, 'kind': 'stale'}, 'either "kind"'),
        ({**plain, 'print': True}, 'two lines'),
        ({**plain, 'print': 'yes'}, 'neither true nor false'),
        ({**kind, 'kind': 'stole'}, '"kind" is "stole"'),
        ({**kind, 'kind': 'vouch'}, '"by" is missing'),
        ({**kind, 'kind': 'referral', 'by': 'cert-xc'},
         '"dimension" is missing'),
        ({**kind, 'kind': 'referral', 'by': 'cert-xc', 'b': '0.6',
          'd': '0.6', 'dimension': 'reliability'}, 'above 1'),
        ({'peer': 'cert-xb'}, '"at" is missing'),
        ({'peer': 'cert-xb', 'group': 'ngo'}, 'was another'),
    ]
    with Place(build) as i:
        for row, want in rows:
            path = write_lines(i.path('bad.jsonl'), [
                json.dumps({'peer': 'cert-xb', 'group': 'national'}),
                row if isinstance(row, str) else json.dumps(row)])
            text = said(i.ctl_run('trust', 'replay', path), 1)
            assert 'bad.jsonl:2' in text and want in text, text
        said(i.ctl_run('trust', 'replay', '/nonexistent'), 4)


def test_trust_manual(build):
    """Its example is so, and every kind of evidence has its paragraph."""
    with open(os.path.join(ROOT, 'man/comity-trust.7'),
              encoding='utf-8') as f:
        text = f.read()
    lines, score = re.search(r'EXAMPLES.*?-literal\n(.*?)\.Ed.*?-literal\n'
                             r'(.*?)\.Ed', text, re.S).groups()
    with Place(build) as i:
        path = write_lines(i.path('in.jsonl'), lines.splitlines())
        equal(i.ctl_run('trust', 'replay', path).stdout.decode(), score,
              'example')
    with open(os.path.join(ROOT, 'daemon/trust/kinds.c'),
              encoding='utf-8') as f:
        kinds = set(re.findall(r'^\t\[TRUST_\w+\] = \{ "([a-z-]+)"',
                               f.read(), re.M)) - {'plain'}
    heads = re.findall(r'^\.It Cm (.*)', text, re.M)
    told = {name for head in heads for name in re.split(r'[ ,]+', head)}
    equal(told - {'reliability', 'discretion', 'judgement'}, kinds, 'kinds')


def test_trust_replay_initial(build):
    peer = {'peer': 'cert-xb'}
    first = {**peer, 'dimension': 'reliability', 'initial': 'B'}
    with Place(build) as i:
        path = write_lines(i.path('in.jsonl'), [json.dumps(o) for o in (
            first, {**peer, 'at': '2026-01-01T00:00:00Z', 'print': True},
            {**peer, 'at': '2036-01-01T00:00:00Z', 'print': True})])
        scores = i.ask('trust', 'replay', path)['scores']
        equal([(s['band'], s['b']) for s in scores],
              [('B', '0.650000')] * 2, 'it does not wear off')
        for row, want in (
                ({**first, 'initial': 'F'}, '"initial" is "F"'),
                ({**first, 'at': '2026-01-01T00:00:00Z'}, 'has no time'),
                ({**peer, 'initial': 'B'}, '"dimension" is missing'),
                ({**first, 'initial': 'C'}, 'was another before')):
            path = write_lines(i.path('bad.jsonl'), [
                json.dumps(first), json.dumps(row)])
            text = said(i.ctl_run('trust', 'replay', path), 1)
            assert 'bad.jsonl:2' in text and want in text, text


def test_trust_replay_notes(build):
    day = {'at': '2026-01-01T00:00:00Z', 'peer': 'cert-xb'}
    with Place(build) as i:
        path = write_lines(i.path('in.jsonl'), [json.dumps(o) for o in (
            {**day, 'kind': 'sighted', 'record': 'a'},
            {**day, 'kind': 'sighted', 'record': 'a'},
            {**day, 'kind': 'confirmed', 'record': 'b', 'by': 'cert-xb'},
            {**day, 'kind': 'confirmed', 'record': 'c', 'by': 'cert-xc'},
            {**day, 'print': True})])
        r = i.ask('trust', 'replay', path)
        equal([(n['line'], n['refused'], n['counted'], n['note'])
               for n in r['notes']], [
                   (2, True, '0.000000', 'counted already'),
                   (3, True, '0.000000',
                    'nobody is a witness about itself'),
                   (4, True, '0.000000', 'the witness has no standing')],
              'notes')
        equal([s['r'] for s in r['scores']], ['1.000000'], 'r')


if __name__ == '__main__':
    from daemons import main
    main(globals(), 'daemon/ctl/comityctl')
