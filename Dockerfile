# One image for every role: `serve`, `web`, `worker` and the commands that come and go. The build is `make release`'s.
FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends nodejs npm zstd libssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
ENV XDG_CACHE_HOME=/cache
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/cache --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    dev/release && cp -r "$(ls -d target/vigie-*/)" /vigie

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home vigie
COPY --from=build /vigie /opt/vigie
USER vigie
WORKDIR /opt/vigie
ENV VIGIE_SITE=/opt/vigie/site
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/vigie/vigie"]
CMD ["serve"]
