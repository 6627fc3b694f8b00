#!/usr/bin/env python3
"""Functions, files and headers stay small enough to be read."""
import sources

FUNCTION_LINES = 80
FILE_LINES = 800
HEADER_INCLUDES = 5


def functions(text):
    """(name, first line, lines) of each function definition."""
    lines = sources.blank_comments(text).split('\n')
    start = None
    for i, line in enumerate(lines):
        if line.rstrip() == '{':
            start = i
        elif line.startswith('}') and start is not None:
            head = start - 1
            while head > 0 and (lines[head].startswith(('\t', ' '))
                                or not lines[head].strip()):
                head -= 1
            yield lines[head].split('(')[0], start + 1, i - start + 1
            start = None


def main():
    found = []
    for _, path in sources.files('.c', '.h'):
        text = sources.read(path)
        if path.endswith('.c') and text.count('\n') > FILE_LINES:
            found.append('%s: %d lines; at most %d'
                         % (path, text.count('\n'), FILE_LINES))
        for name, line, size in functions(text):
            if size > FUNCTION_LINES:
                found.append('%s:%d: %s has %d lines; at most %d'
                             % (path, line, name, size, FUNCTION_LINES))
        listed = [n for _, n, project in sources.includes(text)
                  if project and not n.endswith('.def')]
        if path.endswith('.h') and len(listed) > HEADER_INCLUDES:
            found.append('%s: includes %d of our headers; at most %d'
                         % (path, len(listed), HEADER_INCLUDES))
    sources.finish(found, 'sizes')


main()
