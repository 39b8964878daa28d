# SPDX-License-Identifier: BSD-3-Clause
# What scripts/quickstart and scripts/test share; sourced, not run. Needs python3 (3.11 or newer) with its venv module and a
# package index, as pip's own settings name it. Everything goes into .venv at the top of the checkout.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 1

say() {
    printf '%s\n' "==> $*" >&2
}

die() {
    printf '%s\n' "error: $*" >&2
    exit 1
}

# setup [EXTRA]: makes .venv and installs the checkout into it, editable, with the packages of an extra of pyproject.toml.
# Does nothing when that was done before for the same pyproject.toml, place and interpreter.
setup() {
    extra=${1:-}
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null || die "there is no $python; on Debian: apt install python3 python3-venv"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$("$python" --version) is too old: 3.11 or newer is needed"

    wanted="$root $("$python" --version) $(cksum <pyproject.toml)"
    stamp=.venv/.installed-${extra:-run}
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    say "installing into .venv"
    if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        "$python" -m venv .venv || { rm -rf .venv; die "no virtual environment; on Debian: apt install python3-venv"; }
    fi
    rm -f .venv/.installed-*
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}" ||
        die "the packages could not be installed; is a package index within reach?"
    printf '%s\n' "$wanted" >"$stamp"
    # An extra includes what it takes to run.
    if [ -n "$extra" ]; then
        printf '%s\n' "$wanted" >.venv/.installed-run
    fi
}
