# The server in a container: docker build --tag zveno . && docker run --publish 8080:8080 --volume zveno:/data zveno
# Secrets and single settings come from the environment: --env ZVENO_PUBLIC_URL=https://go.shop.example
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libsqlite3-dev zlib1g-dev libcurl4-openssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The dependencies have a layer of their own: a change of the sources does not fetch them again.
COPY Package.swift ./
RUN swift package resolve
COPY Migrations Migrations
COPY Sources Sources
# Not built here, but the manifest names them.
COPY Tests Tests
RUN swift build -c release --product zveno --static-swift-stdlib \
 && install -D --strip "$(swift build -c release --product zveno --static-swift-stdlib --show-bin-path)/zveno" /out/zveno

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libsqlite3-0 libstdc++6 tzdata zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 zveno \
 && useradd --system --uid 10001 --gid zveno --home-dir /data --no-create-home --shell /usr/sbin/nologin zveno \
 && install -d --owner zveno --group zveno --mode 0750 /data
COPY --from=build /out/zveno /usr/local/bin/zveno
COPY config /etc/zveno
USER zveno
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD zveno health --alive --url http://127.0.0.1:8080 || exit 1
ENTRYPOINT ["zveno"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/data", "--config", "/etc/zveno/zveno.json", "--apply", "/etc/zveno"]
