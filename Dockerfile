# SPDX-License-Identifier: BSD-3-Clause
# pygo-cross in an image. README.md, "In a container", says how to use it.
#
#   docker build -t pygo-cross .
#
# BASE is any image of a glibc system with python3 (3.11 or newer) and its venv module; files of it are picked, so a large
# one makes no larger image. git and the certificate authorities are taken from it where it has them. Beyond that only
# Python packages are fetched: from the index of PIP_INDEX_URL, or pip's default; with PIP_NO_INDEX=1, from
# build/wheelhouse alone. To fill that, with the Python release and processor of BASE:
#
#   python3 -m pip download -d build/wheelhouse -r pygo_cross/build/image/requirements.txt
#   python3 -m pip download -d build/wheelhouse -r pygo_cross/build/image/build-requirements.txt
ARG BASE=python:3.11-bookworm

# What others wrote. pip, the wheels and the index's address (it may hold a password) all stay behind here.
FROM ${BASE} AS packages
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
ENV PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_NO_DEPS=1 PIP_FIND_LINKS=/wheelhouse PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/pygo-cross
# The pattern lets a build without a wheelhouse pass: a COPY needs one file that is there, and LICENSE is.
COPY LICENSE build/wheelhous[e] /wheelhouse/
COPY pygo_cross/build/image/requirements.txt pygo_cross/build/image/build-requirements.txt /
RUN /pip/bin/pip --python /opt/pygo-cross/bin/python install --require-hashes -r /requirements.txt \
    && /pip/bin/pip install --require-hashes -r /build-requirements.txt

# GOROOT, and the standard library compiled for every target: minutes, so this depends on nothing else of ours. STD names a few packages,
# in place of all that are public.
FROM packages AS goroot
WORKDIR /image
COPY pygo_cross/__init__.py pygo_cross/
COPY pygo_cross/build/__init__.py pygo_cross/build/
COPY pygo_cross/build/image/__init__.py pygo_cross/build/image/goroot.py pygo_cross/build/image/sizes.py pygo_cross/build/image/
ARG WARM=
ARG STD=
RUN STD="${STD}" python3 -m pygo_cross.build.image.goroot /opt/pygo-cross/lib/python3*/site-packages/go /go ${WARM}

# The packages with assembly once more, by our assembler: this depends on it and on nothing else that is not above.
FROM goroot AS assembled
COPY pygo_cross/diag.py pygo_cross/toolflags.py pygo_cross/wholefile.py pygo_cross/
COPY pygo_cross/arch pygo_cross/arch
COPY pygo_cross/asm pygo_cross/asm
COPY pygo_cross/obj pygo_cross/obj
COPY pygo_cross/cli/__init__.py pygo_cross/cli/main.py pygo_cross/cli/asm.py pygo_cross/cli/pidone.py pygo_cross/cli/toolasm.py pygo_cross/cli/
COPY pygo_cross/build/stageid.py pygo_cross/build/toolexec.sh pygo_cross/build/
COPY pygo_cross/build/image/assembled.py pygo_cross/build/image/gocache.py pygo_cross/build/image/
ARG WARM=
ARG STD=
RUN STD="${STD}" python3 -m pygo_cross.build.image.assembled /go/assembled ${WARM}

# And all packages, by our compiler, for the targets that it makes code for: minutes again. OURS says which, in place of those of STD.
FROM assembled AS compiled
COPY pygo_cross/compile.py pygo_cross/compileflags.py pygo_cross/compileimports.py pygo_cross/compileswitches.py pygo_cross/gostrings.py pygo_cross/native.py pygo_cross/recursion.py pygo_cross/
COPY pygo_cross/codegen pygo_cross/codegen
COPY pygo_cross/frontend pygo_cross/frontend
COPY pygo_cross/lower pygo_cross/lower
COPY pygo_cross/opt pygo_cross/opt
COPY pygo_cross/ssa pygo_cross/ssa
COPY pygo_cross/syntax pygo_cross/syntax
COPY pygo_cross/types pygo_cross/types
COPY pygo_cross/unicode pygo_cross/unicode
COPY pygo_cross/build/caches.py pygo_cross/build/kept.py pygo_cross/build/stockcache.py pygo_cross/build/toolexec.py pygo_cross/build/
COPY pygo_cross/build/image/compiled.py pygo_cross/build/image/
ARG WARM=
ARG STD=
ARG OURS=
RUN STD="${STD}" OURS="${OURS}" python3 -m pygo_cross.build.image.compiled /go/compiled ${WARM}

# Our own, and the files of the base that all of it needs.
FROM compiled AS rootfs
WORKDIR /build
COPY Dockerfile pyproject.toml README.md LICENSE ./
COPY targets targets
COPY pygo_cross pygo_cross
RUN /pip/bin/pip wheel --no-index --no-build-isolation --wheel-dir /own . \
    && /pip/bin/pip --python /opt/pygo-cross/bin/python install --no-index /own/*.whl
ARG SOURCE_DATE_EPOCH
RUN python3 -m pygo_cross.build.image.rootfs /rootfs && /opt/pygo-cross/bin/python -m pygo_cross.build.image.sbom /rootfs

FROM scratch
# In the order in which they change: a new pygo-cross is a new last layer.
COPY --from=rootfs /rootfs/base /
COPY --from=goroot /go/go /
COPY --from=goroot /go/cache /
COPY --from=rootfs /rootfs/packages /
COPY --from=assembled /go/assembled /
COPY --from=compiled /go/compiled /
COPY --from=rootfs /rootfs/own /
ENV PATH=/opt/pygo-cross/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin HOME=/cache LANG=C.UTF-8 \
    GOCACHE=/cache/go-build GOMODCACHE=/cache/mod PYGO_CROSS_IN_IMAGE=1 \
    PYGO_CROSS_RECORDS=/opt/go-records \
    GOCACHEPROG="/opt/pygo-cross/bin/python -ISs /opt/pygo-cross/share/gocache.py /opt/go-cache"
# In numbers, for Kubernetes' runAsNonRoot asks for them; 1000 is who most machines' first user is.
USER 1000:1000
WORKDIR /src
HEALTHCHECK --interval=5m --timeout=30s CMD ["pygo-cross", "healthcheck", "--quick", "--quiet"]
ENTRYPOINT ["pygo-cross"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
ARG CREATED=
LABEL org.opencontainers.image.title="pygo-cross" \
      org.opencontainers.image.description="Cross-compile Go for Linux and macOS, and run every binary under emulation" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="BSD-3-Clause AND GPL-2.0-or-later"
