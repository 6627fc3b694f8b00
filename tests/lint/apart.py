#!/usr/bin/env python3
"""A program shares no code with libraries: neither includes nor symbols.

usage: apart.py FOLDER PROGRAM LIBRARY...

FOLDER includes nothing of the project but itself, and no function or object
that a LIBRARY defines is in PROGRAM.
"""
import subprocess
import sys

import sources


def defined(path):
    """The names of functions and objects that others can see."""
    out = subprocess.run(['nm', '--defined-only', '--extern-only', path],
                         check=True, capture_output=True, text=True).stdout
    words = [line.split() for line in out.splitlines()]
    # Letters of code and data; the sanitizers add names of their own.
    return {w[2] for w in words if len(w) == 3 and w[1] in 'TDBR'
            and not w[2].startswith('__')}


def main():
    folder, program, libraries = sys.argv[1], sys.argv[2], sys.argv[3:]
    found = []
    for where, path in sources.files('.c', '.h'):
        if where != folder:
            continue
        for line, name, project in sources.includes(sources.read(path)):
            if project and not name.startswith(folder + '/'):
                found.append('%s:%d: "%s"' % (path, line, name))
    have = defined(program)
    if 'main' not in have:
        found.append('%s: no symbols to compare' % program)
    for library in libraries:
        names = defined(library)
        if not names:
            found.append('%s: no symbols to compare' % library)
        for name in sorted(have & names):
            found.append('%s: %s is of %s' % (program, name, library))
    sources.finish(found, 'apart')


main()
