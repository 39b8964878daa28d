# SPDX-License-Identifier: BSD-3-Clause
# pygo-cross in an image. README.md, "In a container", says how to use it.
#
#   docker build -t pygo-cross .
#
# BASE is any image with python3 (3.11 or newer) and its venv module. Beyond that only Python packages are fetched: from the
# index of PIP_INDEX_URL, or pip's default; with PIP_NO_INDEX=1, from build/wheelhouse alone. To fill that, with BASE's Python:
#
#   python3 -m pip wheel --wheel-dir build/wheelhouse . 'hatchling>=1.27'
ARG BASE=python:3.11-slim-bookworm

# What installs: pip, the build backend, the wheels and the index's address (it may hold a password) all stay behind here.
FROM ${BASE} AS install
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/pygo-cross
WORKDIR /build
# The pattern lets a build without a wheelhouse pass: a COPY needs one file that is there, and LICENSE is.
COPY LICENSE build/wheelhous[e] /wheelhouse/
COPY pyproject.toml README.md LICENSE ./
COPY targets targets
COPY pygo_cross pygo_cross
RUN /pip/bin/pip --python /opt/pygo-cross/bin/python install --no-cache-dir --find-links /wheelhouse .

FROM ${BASE}
LABEL org.opencontainers.image.title="pygo-cross" \
      org.opencontainers.image.description="Cross-compile Go for Linux and macOS, and run every binary under emulation" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="BSD-3-Clause AND GPL-2.0-or-later"
COPY --from=install /opt/pygo-cross /opt/pygo-cross
# Home to whoever runs it, for `docker run -u` names people that the image does not know. The go command's caches come to be here.
RUN mkdir -m 1777 /cache
ENV PATH=/opt/pygo-cross/bin:$PATH HOME=/cache
# In numbers, for Kubernetes' runAsNonRoot asks for them; 1000 is who most machines' first user is.
USER 1000:1000
WORKDIR /src
ENTRYPOINT ["pygo-cross"]
CMD ["--help"]
