# docker build -t keyward . && docker run --rm --read-only --tmpfs /tmp keyward demo
# Tags, not digests: pin both images by the digest that your registry shows.
FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY LICENSE README.md ./
COPY cli cli
COPY docs docs
COPY infra infra
COPY sandbox sandbox
COPY scripts scripts
COPY shared shared
RUN npm pack && tar -xzf keyward-*.tgz

# No shell, no npm, no compiler; its user is nonroot (65532).
FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=build /build/package /keyward
# What is scanned, and where formats are written, if anything is: -v "$PWD:/work"
WORKDIR /work
USER 65532
ENTRYPOINT ["/nodejs/bin/node", "/keyward/dist/keyward.js"]
CMD ["--help"]
