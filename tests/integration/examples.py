#!/usr/bin/env python3
"""Every example policy loads, passes its tests and proves; without the line
that its comment marks the proof fails as the comment says."""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from daemons import ROOT, equal, main  # noqa: E402

EXAMPLES = os.path.join(ROOT, 'config', 'examples')
STORIES = [
    'alliance-botnet', 'alliance-constrained', 'cybercrime',
    'harmful-content', 'bilateral', 'case-by-case', 'vendor', 'ngo',
    'trusted-third-party', 'strained',
]
MARK = re.compile(r'# without this line: (\S+)\s*$')


def policies():
    """Every file of the examples that is a policy, by path."""
    found = []
    for where, _, names in os.walk(EXAMPLES):
        for name in names:
            path = os.path.join(where, name)
            with open(path, encoding='utf-8') as f:
                if name.endswith('.yaml') and re.search(
                        r'^policy: 1', f.read(), re.M):
                    found.append(path)
    return sorted(found)


def ctl(build, *args):
    return subprocess.run(
        [os.path.join(build, 'daemon/ctl/comityctl'), *args],
        capture_output=True, text=True, check=False, timeout=300)


def test_examples_load_without_a_warning(build):
    assert len(policies()) >= len(STORIES) + 5, policies()
    for path in policies():
        p = ctl(build, 'policy', 'check', path)
        equal((p.returncode, p.stderr), (0, ''), path)


def test_examples_pass_their_tests(build):
    for path in policies():
        p = ctl(build, 'policy', 'test', path)
        assert p.returncode == 0, p.stdout + p.stderr


def test_examples_prove(build):
    for path in policies():
        p = ctl(build, 'policy', 'prove', path)
        assert p.returncode == 0, path + '\n' + p.stdout + p.stderr


def test_examples_fail_without_the_marked_line(build):
    for name in STORIES:
        path = os.path.join(EXAMPLES, name + '.yaml')
        with open(path, encoding='utf-8') as f:
            lines = f.readlines()
        marked = [(i, m.group(1)) for i, line in enumerate(lines)
                  for m in [MARK.search(line)] if m]
        equal(len(marked), 1, 'marked lines of ' + path)
        at, claim = marked[0]
        with tempfile.TemporaryDirectory() as d:
            cut = os.path.join(d, name + '.yaml')
            with open(cut, 'w', encoding='utf-8') as f:
                f.writelines(lines[:at] + lines[at + 1:])
            p = ctl(build, 'policy', 'check', cut)
            assert p.returncode == 0, p.stderr
            p = ctl(build, 'policy', 'prove', cut)
        text = p.stdout + p.stderr
        assert p.returncode == 1, (name, p.returncode, text)
        assert claim in text, (name, claim, text)


main(globals(), 'daemon/ctl/comityctl')
