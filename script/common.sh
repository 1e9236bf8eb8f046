# What the scripts share; sourced, with the repository's root as working directory.

python_version=3.14
python_floor=3.14.2 # what the hub asks for
uv_version=0.13.5   # what is installed where there is no uv; any newer one will do

# Trust whom this machine trusts, as pip and apt do: behind a company's proxy uv's own list fails.
[ ! -s /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() {
    printf '\033[1;31m== %s\033[0m\n' "$*" >&2
    exit 1
}

# UV becomes the uv to call: the machine's own, or one that pip puts into .tools.
find_uv() {
    UV=$(command -v uv || true)
    if [ -z "$UV" ] || ! "$UV" --version > /dev/null 2>&1; then
        UV=$PWD/.tools/uv/bin/uv
    fi
    "$UV" --version > /dev/null 2>&1 && return
    say "Installing uv $uv_version into .tools/"
    rm -rf .tools/uv
    if python3 -m venv .tools/uv > /dev/null 2>&1; then
        .tools/uv/bin/pip install --quiet "uv==$uv_version"
    else # Debian keeps venv apart from Python
        rm -rf .tools/uv
        python3 -m pip install --quiet --target .tools/uv "uv==$uv_version" ||
            fail "Install uv, or python3-venv for this script to install it (apt-get install python3-venv)."
    fi
}

# PYTHON becomes a Python 3.14: the machine's, one that uv downloads, or Debian's unpacked.
find_python() {
    local wanted=">=$python_floor,<3.15"
    if PYTHON=$("$UV" python find --no-project --system "$wanted" 2> /dev/null); then
        return
    fi
    PYTHON=$PWD/.python/bin/python$python_version
    if [ -e .python/.complete ]; then
        return
    fi
    say "Getting Python $python_version (there is none here)"
    if UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=0 timeout 300 "$UV" python install --quiet "$python_version" 2> /dev/null &&
        PYTHON=$("$UV" python find --no-project "$wanted" 2> /dev/null); then
        return
    fi
    echo "uv can download none here; unpacking Debian's packages into .python/ instead."
    PYTHON=$PWD/.python/bin/python$python_version
    script/get-python .python || fail \
        "No Python $python_version: install it (>= $python_floor) with uv or your system's packages and try again."
}

# The hub's version that a requirements file is for.
hub_version() { sed -n 's/^homeassistant==//p' "requirements/$1.in"; }
