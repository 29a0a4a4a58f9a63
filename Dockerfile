# Puntual in a container: the package's JavaScript on a slim Node, not root, on a read-only root.
#
#   docker build -t puntual .
#   docker run --read-only --tmpfs /tmp --env-file .env -v puntual:/srv/puntual/data -v ./config:/srv/puntual/config:ro puntual

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No package needs its install script: better-sqlite3 brings its binaries along, and Node is the image's.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY migrations ./migrations
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
# The young garbage of a burst would take 80 MB more (docs/performance.md).
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=16
COPY --from=build /src/node_modules /opt/puntual/node_modules
COPY --from=build /src/dist /opt/puntual/dist
COPY package.json /opt/puntual/
COPY config /opt/puntual/config
COPY src/entrypoints/cli/puntual.js /opt/puntual/src/entrypoints/cli/puntual.js
RUN ln -s /opt/puntual/src/entrypoints/cli/puntual.js /usr/local/bin/puntual \
  && chmod 755 /opt/puntual/src/entrypoints/cli/puntual.js \
  && install -d -o node -g node -m 700 /srv/puntual/data
USER node
# config/ is mounted here, and data/ holds the database.
WORKDIR /srv/puntual
VOLUME /srv/puntual/data
# Longer than the longest charge: CONEKTA_TIMEOUT_MS and its commit. Give `docker stop` the same: --time 45.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT || 8080}/healthz`).then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "puntual"]
CMD ["start"]
