#!/usr/bin/env python3
"""comity-verify as a person runs it: what it prints and how it ends."""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import ROOT, equal  # noqa: E402

GOOD = os.path.join(ROOT, 'tests/fuzz/corpus/certificate/good')


def run(build, *args, **named):
    return subprocess.run([build + '/daemon/verify/comity-verify', *args],
                          capture_output=True, text=True, check=False,
                          timeout=60, **named)


def test_good(build):
    p = run(build, GOOD)
    equal(p.returncode, 0, p.stderr)
    lines = p.stdout.splitlines()
    equal(lines[0], 'W-SEP holds: 4 states, if '
          'hops-honoured,walls-attested', 'claim')
    equal(lines[1], 'release R-STATS loses lineage on purpose, outside of '
          'these claims', 'release')
    assert re.fullmatch('policy sha256:[0-9a-f]{64}', lines[2]), lines
    assert re.fullmatch('compiled sha256:[0-9a-f]{64}', lines[3]), lines
    with open(GOOD, encoding='ascii') as f:
        equal(run(build, '-', stdin=f).stdout, p.stdout, 'stdin')
    equal(run(build, '-q', GOOD).stdout, '', 'quiet')
    for name, line in (('--policy', lines[2]), ('--compiled', lines[3])):
        digest = line.split()[1]
        equal(run(build, name, digest, GOOD).returncode, 0, name)
        other = digest[:-1] + ('0' if digest[-1] != '0' else '1')
        p = run(build, name, other, GOOD)
        equal(p.returncode, 1, name)
        assert p.stderr.endswith('not %s\n' % other), p.stderr


def test_json(build):
    got = json.loads(run(build, '--json', GOOD).stdout)
    equal(got['holds'], True, 'holds')
    equal(got['claims'], [{'wall': 'W-SEP', 'states': 4, 'assume':
                           'hops-honoured,walls-attested'}], 'claims')
    equal((got['releases'], got['unclaimed']), (['R-STATS'], []), 'rest')
    p = run(build, '--json', '/nowhere')
    equal(p.returncode, 1, 'status')
    equal(json.loads(p.stdout), {'holds': False, 'error':
                                 'No such file or directory'}, 'error')


def test_bad(build):
    with open(GOOD, encoding='ascii') as f:
        good = f.read()
    rows = {
        '': 'line 1: it ends here, too soon',
        good.replace('state 3 1 1 0\n', ''):
            'line 73: the digest is sha256:',
        good.replace('attested onward', 'attested  onward'):
            'line 11: want " onward " here',
        good + good: 'line 74: more after the end',
        good[:-1]: 'line 73: it ends here, too soon',
    }
    for text, want in rows.items():
        p = run(build, '-', input=text)
        equal(p.returncode, 1, text)
        equal(p.stdout, '', text)
        equal(len(p.stderr.splitlines()), 1, p.stderr)
        if want not in p.stderr:
            raise AssertionError('%r; want %s' % (p.stderr, want))
        p = run(build, '--json', '-', input=text)
        equal(json.loads(p.stdout)['holds'], False, text)


def test_examples(build):
    """What comityctl proves, comity-verify believes; altered, it does not."""
    folder = os.path.join(ROOT, 'config/examples')
    names = sorted(n for n in os.listdir(folder) if n.endswith('.yaml')
                   and n != 'comityd.yaml')
    assert 'reference.yaml' in names, names
    with tempfile.TemporaryDirectory() as d:
        cert = os.path.join(d, 'cert')
        for name in names:
            path = os.path.join(folder, name)
            if 'walls:' not in open(path, encoding='utf-8').read():
                continue
            subprocess.run([build + '/daemon/ctl/comityctl', 'policy',
                            'prove', path, '--certificate', cert],
                           check=True, stdout=subprocess.DEVNULL)
            p = run(build, '--json', cert)
            equal(p.returncode, 0, name + p.stdout)
            got = json.loads(p.stdout)
            equal(got['unclaimed'], [], name)
            shown = json.loads(subprocess.run(
                [build + '/daemon/ctl/comityctl', '--json', 'policy',
                 'check', path], check=True, capture_output=True,
                timeout=60).stdout)
            equal(got['policy'], 'sha256:' + shown['digest'], name)
            equal(run(build, '-q', '--policy', shown['digest'],
                      cert).returncode, 0, name)
            if name == 'reference.yaml':
                equal([(c['wall'], c['states']) for c in got['claims']],
                      [('W-SEP', 41), ('W-NGO', 29), ('W-IP', 55)], name)
            with open(cert, 'rb') as f:
                data = f.read()
            for at in range(0, len(data), len(data) // 40):
                with open(cert, 'wb') as f:
                    f.write(data[:at] + bytes([data[at] ^ 1 << at % 8]) +
                            data[at + 1:])
                p = run(build, cert)
                equal(p.returncode, 1, (name, at))
                assert p.stderr.startswith('comity-verify: '), p.stderr


def test_usage(build):
    for args in ((), (GOOD, GOOD), ('--nothing', GOOD),
                 ('--policy', 'abc', GOOD), ('--compiled',)):
        p = run(build, *args)
        equal(p.returncode, 2, args)
        equal(p.stdout, '', args)
        assert p.stderr != '', args
    for arg in ('-h', '--help', '--version'):
        p = run(build, arg)
        equal((p.returncode, p.stderr), (0, ''), arg)
    page = open(os.path.join(ROOT, 'man/comity-verify.1'),
                encoding='utf-8').read()
    for option in re.findall(r'--([a-z]+)', run(build, '-h').stdout):
        assert 'Fl -' + option in page, option
    with tempfile.TemporaryDirectory() as d:
        equal(run(build, d).returncode, 1, 'a directory')


def main():
    build = os.path.abspath(sys.argv[1])
    for name, test in sorted(globals().items()):
        if name.startswith('test_'):
            test(build)
            print('ok', name)


main()
