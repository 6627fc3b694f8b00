#!/usr/bin/env python3
"""Every header compiles alone and twice, with each compiler given."""
import concurrent.futures
import re
import shutil
import subprocess
import sys

import sources

FLAGS = ['-fsyntax-only', '-std=gnu17', '-D_GNU_SOURCE', '-Wall', '-Wextra',
         '-Werror', '-Wstrict-prototypes', '-x', 'c', '-']


def compile_alone(job):
    compiler, path = job
    dirs = ['-I' + sources.ROOT + d for d in ('/proto', '/daemon', '')]
    name = '/'.join(path.split('/')[-2:])
    run = subprocess.run([compiler] + dirs + FLAGS, text=True,
                         input='#include "%s"\n' % name * 2,
                         capture_output=True)
    return '' if run.returncode == 0 else '%s: %s:\n%s' % (
        path, compiler, run.stderr)


def check_guard(path, found):
    want = re.sub(r'[^A-Z0-9]', '_', '_'.join(path.split('/')[-2:]).upper())
    if not re.search(r'^#ifndef %s\n#define %s\n' % (want, want),
                     sources.read(path), re.M):
        found.append('%s: want the include guard %s' % (path, want))


def main():
    found = []
    headers = [path for _, path in sources.files('.h')]
    compilers = [c for c in sys.argv[1:] if shutil.which(c)]
    for path in headers:
        check_guard(path, found)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found += [r for r in pool.map(compile_alone, [
            (c, h) for c in compilers for h in headers]) if r]
    sources.finish(found, '%d headers alone with %s'
                   % (len(headers), ' and '.join(compilers)))


main()
