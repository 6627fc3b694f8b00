#!/usr/bin/env python3
"""No notes to self in what is shipped."""
import os
import re

import sources

WORDS = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX)\b')
TOPS = ('proto', 'config', 'daemon', 'tests', 'man', 'contrib', '.ci')
ENDINGS = ('.c', '.h', '.def', '.py', '.sh', '.build', '.sql', '.yaml', '.1',
           '.5', '.7', '.8', '.md', '.txt')


def main():
    found = []
    for top in TOPS:
        for at, dirs, names in os.walk(os.path.join(sources.ROOT, top)):
            dirs[:] = [d for d in dirs if d not in ('corpus', 'data')]
            for name in sorted(names):
                if not name.endswith(ENDINGS) and '.' in name:
                    continue
                path = os.path.relpath(os.path.join(at, name), sources.ROOT)
                try:
                    text = sources.read(path)
                except UnicodeDecodeError:
                    continue  # not a text
                for i, line in enumerate(text.split('\n')):
                    if WORDS.search(line):
                        found.append('%s:%d: %s'
                                     % (path, i + 1, line.strip()))
    sources.finish(found, 'words')


main()
