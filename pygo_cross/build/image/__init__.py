# SPDX-License-Identifier: BSD-3-Clause
"""What the Dockerfile runs to make the image, and the cache program that the image brings.

These programs run before anything is installed and on whatever Python the base has, so they import nothing but the
standard library (`sbom` excepted: it runs last). Invariants: what they write depends on their input alone, never on the
clock, the umask or the order in which a file system lists; and a file of the base ships only because a line here
picks it.
"""
