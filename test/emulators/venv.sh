# Sourced: installs requirements.txt into a venv of its own, once, and puts its programs behind $venv.
requirements="test/emulators/requirements.txt"
venv="$PWD/.cache/emulators-$(cksum <"$requirements" | cut -d ' ' -f 1)"

# The stamp comes last: an installation that broke off is begun anew.
if [ ! -f "$venv/installed" ]; then
  python3 -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --no-compile --quiet --disable-pip-version-check -r "$requirements"
  touch "$venv/installed"
fi
