#!/usr/bin/env python3
"""Every comityctl line of README.md does what it says, on a demonstration."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import ROOT, Instance, equal, indicator, main  # noqa: E402
from taxii_client import Client, tls  # noqa: E402


class Demo:
    """contrib/quickstart after its build, in a temporary directory."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.dir = tempfile.mkdtemp(prefix='comity-')

    def run(self, what, *args):
        return subprocess.run(
            [sys.executable, os.path.join(ROOT, 'contrib/lib/demo.py'),
             self.build, what] + list(args), cwd=self.dir, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=900)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run('stop')
        shutil.rmtree(self.dir, ignore_errors=True)


def result(p):
    equal(p.returncode, 0, p.stdout + p.stderr)
    return json.loads(p.stdout.decode().splitlines()[-1])


def test_quickstart_once_and_again(build):
    with Demo(build) as demo:
        r = result(demo.run('run', '--json'))
        assert r['converged'] and r['correct'], r
        assert r['published'] >= 500, r
        seen = {c for p in r['peers'].values() for c, n in p.items() if n}
        equal(seen, {'delivered', 'redacted', 'consulted', 'denied',
                     'forbidden'}, 'outcomes that occur')
        xd = Instance(build, os.path.join(demo.dir, 'demo', 'cert-xd'))
        for row in xd.ask('records')['records']:
            label = xd.ask('show', row['id'])['label']
            lineage = re.search(r'^lineage=(.*)$', label, re.M).group(1)
            assert 'secops' not in lineage.split(','), row
        again = result(demo.run('run', '--once', '--json'))
        equal(again['published'], 0, 'published twice')
        equal(again['peers'], r['peers'], 'counts of the second run')
        for name in r['peers']:
            pid = os.path.join(demo.dir, 'demo', name, 'comityd.pid')
            assert not os.path.exists(pid), name + ' still runs'


def readme_commands():
    with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as f:
        text = f.read()
    for block in re.findall(r'```\n(.*?)```', text, re.S):
        for line in block.replace('\\\n', ' ').splitlines():
            if line.startswith(('$ctl ', 'curl ')):
                yield line


def test_readme_commands(build):
    with Demo(build) as demo:
        result(demo.run('run', '--json'))
        os.symlink(os.path.join(ROOT, 'config'),
                   os.path.join(demo.dir, 'config'))
        xb = Instance(build, os.path.join(demo.dir, 'demo', 'cert-xb'))
        record = xb.ask('records')['records'][0]['id']
        ctl = os.path.join(demo.build, 'daemon/ctl/comityctl')
        lines = list(readme_commands())
        assert len(lines) >= 8, lines
        with open(os.path.join(demo.dir, 'demo/taxii.json'),
                  encoding='utf-8') as f:
            words = {'ID': record, 'URL': json.load(f)['cert-xb/ops']['url']}
        for line in lines:
            for word, text in words.items():
                line = re.sub(r'\b%s\b' % word, text, line)
            p = subprocess.run(
                ['bash', '-c', line], cwd=demo.dir,
                env=dict(os.environ, ctl=ctl), check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            equal(p.returncode, 0, '%s: %r' % (line, p.stderr))
            assert p.stdout, line
            if ' token add ' in line:
                words['TOKEN'] = p.stdout.decode().split()[-1]
            if line.startswith('curl '):
                equal(len(json.loads(p.stdout)['objects']), 2, line)


def test_posted_between_two_runs(build):
    """What a tool posts is no mistake of the demonstration's."""
    with Demo(build) as demo:
        result(demo.run('run', '--json'))
        with open(os.path.join(demo.dir, 'demo/taxii.json'),
                  encoding='utf-8') as f:
            e = json.load(f)['cert-xa/ops']
        c = Client(e['url'], tls(e['cafile'], e['cert'], e['key']))
        r = c.ask('POST', '/ops/collections/%s/objects/' % e['collection'],
                  {'objects': [indicator(1)]})
        equal(r.status, 202, r)
        c.close()
        assert result(demo.run('run', '--once', '--json'))['correct']


main(globals())
