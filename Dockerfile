# The webhook as an image: one file and Node, no shell, no package manager, no root.
# Other base images: --build-arg BUILD_IMAGE=… (needs node, npm and a shell), RUNTIME_IMAGE=… (needs /nodejs/bin/node).
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src src
COPY tools/build.ts tools/
RUN node tools/build.ts

FROM ${RUNTIME_IMAGE}
COPY --from=build /src/dist/podgraft.mjs /src/dist/LICENSES.txt /
USER 65532:65532
EXPOSE 8443 8080
# A review's garbage dies young where there is room for it. With less (V8 would take 2 in a container of 512 MiB) some of it lives
# on until a collection that stops all reviews; with more, the room for it alone grows to more than all else together.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=32", "/podgraft.mjs"]
CMD ["serve"]
