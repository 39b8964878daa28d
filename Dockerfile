# SPDX-License-Identifier: BSD-3-Clause
# pygo-cross in an image. BASE is any Debian-like image with python3 (3.11 or newer) and its venv module.
#
#   docker build -t pygo-cross .
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" pygo-cross build
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
# Which package index pip uses; its default when empty.
ARG PIP_INDEX_URL=
WORKDIR /src
RUN python3 -m venv /opt/pygo-cross
COPY pyproject.toml README.md LICENSE ./
COPY targets targets
COPY pygo_cross pygo_cross
RUN /opt/pygo-cross/bin/python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && /opt/pygo-cross/bin/python -m pip install --no-cache-dir /wheels/*.whl

FROM ${BASE}
COPY --from=build /opt/pygo-cross /opt/pygo-cross
# Any user may run it: the cache and what the go command calls home are open to all.
RUN useradd --create-home pygo && mkdir -p /cache /work && chmod 1777 /cache && chown pygo /work
ENV PATH=/opt/pygo-cross/bin:$PATH PYGO_CROSS_CACHE=/cache GOMODCACHE=/cache/mod GOENV=off PYTHONDONTWRITEBYTECODE=1
USER pygo
WORKDIR /work
ENTRYPOINT ["pygo-cross"]
CMD ["--help"]
