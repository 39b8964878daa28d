# SPDX-License-Identifier: BSD-3-Clause
# A container engine for the tests of the image, where one can be had; sourced, not run. Always says what came of it. With root, what
# is missing is installed (in CI only) and started; without, only an engine that answers already is used.

engine_pid=

# engine_answers: whether docker has an engine to talk to.
engine_answers() {
    command -v docker >/dev/null && docker version >/dev/null 2>&1
}

# start_engine: never fails; the tests skip, with the reason, where there is no engine.
start_engine() {
    PATH=$PATH:/usr/sbin:/sbin
    if engine_answers; then
        say "engine: one answers, the image is tested on it"
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        say "engine: none answers and only root could start one; the tests of the image are skipped"
        return
    fi
    if [ "${CI:-}" = true ] && command -v apt-get >/dev/null; then
        for wanted in dockerd:docker.io docker:docker-cli debootstrap:debootstrap; do
            command -v "${wanted%%:*}" >/dev/null && continue
            say "engine: installing ${wanted#*:}"
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted#*:}"; } \
                >build/engine-install.log 2>&1 || say "engine: ${wanted#*:} could not be installed: $(tail -n 1 build/engine-install.log)"
        done
    fi
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
        say "engine: Docker is not installed; the tests of the image are skipped"
        return
    fi
    dockerd >build/engine.log 2>&1 &
    engine_pid=$!
    tries=0
    while ! engine_answers; do
        tries=$((tries + 1))
        if [ $tries = 60 ] || ! kill -0 $engine_pid 2>/dev/null; then
            say "engine: dockerd does not start here: $(tail -n 1 build/engine.log)"
            say "engine: the tests of the image are skipped"
            stop_engine
            return
        fi
        sleep 1
    done
    say "engine: started, the image is tested on it"
}

# stop_engine: ends what start_engine started.
stop_engine() {
    if [ -n "$engine_pid" ]; then
        kill $engine_pid 2>/dev/null || true
        wait $engine_pid 2>/dev/null || true
        engine_pid=
    fi
}
