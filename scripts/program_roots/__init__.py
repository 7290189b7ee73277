"""Program roots: programs that the host's distribution lacks or has too old.

A program root is the closure of a few signed Debian packages of a named suite, unpacked into the state directory
and run by the C library of that root. Nothing of it is installed on the host. See README.md beside this file.
"""
