#!/usr/bin/env python3
"""Every exported prototype has a comment: above it, or above its group.

A group is a run of declarations without an empty line between them.  A
comment elsewhere in the header that names the function counts too, and so
does the comment of the struct right above the group.
"""
import re

import sources

PROTOTYPE = re.compile(
    r'^(?!typedef|static|#|struct \w+ \{|enum)[a-z][^;{}=]*?'
    r'\b(\w+)\s*\([^;{}]*\)[^;{}()]*(?:\([^;{}]*\)[^;{}]*)*;', re.M | re.S)
# What these do is said once, in the house style: free all, NULL is fine.
CONVENTION = ('_free', '_clear', '_auto_')
COMMENT = re.compile(r'/\*.*?\*/', re.S)


def group_start(lines, at):
    """The first line of the group that line number at is in."""
    while at > 0 and lines[at - 1].strip():
        at -= 1
    return at


def is_documented(name, text, lines, at, comments):
    first = group_start(lines, at)
    # A comment in the group, not below the prototype.
    if any('/*' in line or '*/' in line for line in lines[first:at + 1]):
        return True
    # The group follows a struct or a comment.
    above = lines[first - 2] if first >= 2 else ''
    if above.startswith('};') or above.rstrip().endswith('*/'):
        return True
    return any(re.search(r'\b%s\b' % name, c) for c in comments)


def main():
    found = []
    for _, path in sources.files('.h'):
        text = sources.read(path)
        comments = COMMENT.findall(text)
        bare = sources.blank_comments(text)
        # What is inside braces is no prototype of ours.
        bare = re.sub(r'\{[^{}]*\}', lambda m: re.sub(
            r'[^\n]', ' ', m.group(0)), bare)
        bare = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: re.sub(
            r'[^\n]', ' ', m.group(0)), bare, flags=re.M)
        lines = text.split('\n')
        for m in PROTOTYPE.finditer(bare):
            name = re.match(r'[^(]*?(\w+)\s*\(', m.group(0)).group(1)
            if name.isupper() or name.endswith(CONVENTION):
                continue
            at = bare.count('\n', 0, m.start())
            if not is_documented(name, text, lines, at, comments):
                found.append('%s:%d: %s has no comment'
                             % (path, at + 1, name))
    sources.finish(found, 'prototypes')


main()
